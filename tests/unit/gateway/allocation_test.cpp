// Counts what the heap is asked for: after warm-up a message between socket and broker costs
// nothing.
#include "unit/allocations.hpp"
#include "unit/gateway/deflate.hpp"
#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

/// Keeps who submitted, in room that it has from the start.
class still_port final : public broker::shard_port {
 public:
  still_port() { open_.reserve(1024); }
  void submit(const broker::submission& what) override { open_.push_back(what.from); }
  result<broker::subscription_id> subscribe(const broker::subscription&) override {
    return fail(errc::unsupported, "no subscriptions here");
  }
  status unsubscribe(broker::subscription_id) override { return {}; }
  status add_credit(broker::subscription_id, std::uint64_t) override { return {}; }
  status acknowledge(broker::subscription_id, std::vector<tenant_seq_t>) override { return {}; }
  status acknowledge_up_to(broker::subscription_id, tenant_seq_t) override { return {}; }
  status reject(broker::subscription_id, tenant_seq_t, nanoseconds) override { return {}; }
  void forget(const broker::caller&) override {}
  void end_turn() override {
    for (const auto& from : open_)
      accepts_for->on_accepted(from, {"0193-id", tenant_seq_t(++last_), message::ack_level::memory,
                                      generation_id(1), false});
    open_.clear();
  }
  generation_id generation() const override { return generation_id(1); }

  broker::client* accepts_for = nullptr;

 private:
  std::vector<broker::caller> open_;
  std::uint64_t last_ = 0;
};

class gateway_allocations : public ::testing::Test {
 protected:
  void SetUp() override {
    table = *session_table::make({settings, port, admin, 0, clock, counts, loop, 1, {}});
    port.accepts_for = table.get();
    slot = table->open();
  }
  /// One turn: a receive of `bytes`, the broker's end, a send.
  void turn(std::string_view bytes) {
    session& peer = *table->find(slot);
    table->begin_turn();
    const auto room = peer.room(buffer);
    std::copy_n(bytes.data(), bytes.size(), room.data());
    peer.received(bytes.size());
    port.end_turn();
    table->dirty().clear();
    table->unmark(slot);
    peer.settle();
    sent += peer.output().size();
    peer.sent(peer.output().size());
  }
  std::size_t allocations_of_turns(std::string_view bytes) {
    for (int i = 0; i < 3; ++i) turn(bytes);
    const std::size_t before = allocations;
    sent = 0;
    for (int i = 0; i < 100; ++i) turn(bytes);
    EXPECT_GT(sent, 1000U);
    return allocations - before;
  }

  options settings;
  still_port port;
  fake_administration admin;
  manual_clock clock;
  counters counts;
  boost::asio::io_context loop;
  receive_buffer buffer;
  std::unique_ptr<session_table> table;
  std::uint32_t slot = 0;
  std::size_t sent = 0;
};

TEST_F(gateway_allocations, WarmWebSocketAllocatesNothing) {
  turn(get("/v4/stream", handshake_fields));
  std::string bytes;
  for (int i = 0; i < 64; ++i) bytes += client_frame(R"({"type":"a","data":{"text":"something"}})");
  EXPECT_EQ(allocations_of_turns(bytes), 0U);
}

TEST_F(gateway_allocations, WarmRequestsOverWebSocketAllocateNothing) {
  turn(get("/v4/stream", handshake_fields));
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += client_frame(R"({"op":"publish","message":{"type":"a"}})");
  EXPECT_EQ(allocations_of_turns(bytes), 0U);
}

TEST_F(gateway_allocations, WarmCompressedBodiesAllocateNothing) {
  const auto body = gzipped(R"({"type":"a"})");
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += post(body, "Content-Encoding: gzip\r\n");
  EXPECT_EQ(allocations_of_turns(bytes), 0U);
}

TEST_F(gateway_allocations, WarmDeflatedWebSocketAllocatesNothing) {
  settings.websocket_compression = true;
  turn(get("/v4/stream",
           std::string(handshake_fields) + "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  const auto frame = client_frame(deflated_message(R"({"type":"a","data":{}})"), 0xc1);
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += frame;
  EXPECT_EQ(allocations_of_turns(bytes), 0U);
  EXPECT_GT(counts.inflated.value(), 0U);
}

TEST_F(gateway_allocations, WarmHttpAllocatesNothing) {
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += post(R"({"type":"a"})", "Prefer: ack=memory\r\n");
  EXPECT_EQ(allocations_of_turns(bytes), 0U);
}

}  // namespace
}  // namespace nip::gateway
