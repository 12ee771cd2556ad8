// A session table over a broker that accepts everything, for the gateway's fuzzers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "gateway/session_table.hpp"
#include "unit/gateway/fake_broker.hpp"

namespace nip::gateway {

/// One shard; what two inputs share is what a shard's connections share.
class fuzz_shard {
 public:
  fuzz_shard() {
    settings_.bounds.body_bytes_max = 4096;
    settings_.bounds.ws_message_bytes_max = 4096;
    settings_.bounds.output_bytes_max = 64 << 10;
    settings_.websocket_compression = true;
    auto made = session_table::make({settings_, port_, admin_, 0, clock_, counts_, loop_, 1, {}});
    if (!made) std::abort();
    table_ = *std::move(made);
    port_.accepts_for = table_.get();
  }

  std::uint32_t open() { return table_->open(); }
  void close(std::uint32_t slot) {
    table_->close(slot);
    port_.open.clear();
    port_.subscriptions.clear();
    port_.forgotten.clear();
    admin_.asked.clear();
  }
  bool is_websocket(std::uint32_t slot) { return table_->find(slot)->is_websocket(); }

  /// Sends `bytes` in pieces whose sizes come from `splits`, with a turn of the loop behind each.
  void send(std::uint32_t slot, std::string_view bytes, std::string_view splits) {
    std::size_t piece = 0;
    while (!bytes.empty() && !table_->find(slot)->finished()) {
      session& peer = *table_->find(slot);
      const std::size_t wanted =
          splits.empty()
              ? bytes.size()
              : std::size_t{1} + static_cast<unsigned char>(splits[piece++ % splits.size()]);
      if (peer.wants_input()) {
        const auto room = peer.room(buffer_);
        const std::size_t size = std::min({bytes.size(), room.size(), wanted});
        std::copy_n(bytes.data(), size, room.data());
        peer.received(size);
        bytes.remove_prefix(size);
      }
      turn(slot);
    }
  }

  void turn(std::uint32_t slot) {
    table_->begin_turn();
    port_.end_turn();
    for (const std::uint32_t one : table_->dirty()) table_->unmark(one);
    table_->dirty().clear();
    session& peer = *table_->find(slot);
    peer.settle();
    if (peer.output().size() > settings_.bounds.output_bytes_max + (1 << 20)) std::abort();
    peer.sent(peer.output().size());
    if (peer.wants_resume()) peer.resume();
  }

 private:
  options settings_;
  fake_port port_;
  fake_administration admin_;
  manual_clock clock_;
  counters counts_;
  boost::asio::io_context loop_;
  receive_buffer buffer_;
  std::unique_ptr<session_table> table_;
};

}  // namespace nip::gateway
