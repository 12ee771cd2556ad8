// The HTTP half of a connection: requests in, answers out in order. Knows no socket.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "broker/client.hpp"
#include "gateway/batch/body.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/request_reader.hpp"
#include "gateway/http/response_writer.hpp"
#include "gateway/outbox.hpp"

namespace nip::gateway {
struct services;
}

namespace nip::gateway::http {

/// Owned by its connection; one thread. Fed with bytes, writes to an outbox.
class session {
 public:
  /// What the peer is in the middle of; each has its own time-out.
  enum class phase : std::uint8_t { idle, head, body };

  /// Bits of a caller's ordinal that number the entries of a batch.
  static constexpr unsigned entry_bits = 20;

  session(services& shard, outbox& out, broker::caller self);
  ~session();

  /// Takes whole requests off `bytes`, which are followed by message::padding readable bytes.
  /// Returns how many were consumed; the rest is given again with more behind it.
  std::size_t feed(std::span<char> bytes);
  /// Bytes that the unconsumed request has in all, when that is known; else 0.
  std::size_t needed() const { return needed_; }
  /// False while bounds hold reading back: answers outstanding, output waiting, or the end is near.
  bool takes_more() const;
  /// The peer sends no more: answers what is open, then ends.
  void end_of_input();
  /// Answers what is open with "Connection: close", takes no new request, ends.
  void drain();
  /// The current phase took too long: answers 408 and ends, or just ends when nothing was begun.
  void time_out();

  /// A batch waits for outcomes of its entries before it takes more.
  bool holds_back() const { return stream_ != nullptr && !stream_->has_room(); }
  /// It holds text of its body for which no bytes will come.
  bool holds_text() const { return stream_ != nullptr && stream_->holds_text(); }

  phase where() const { return phase_; }
  mono_time since() const { return since_; }
  bool is_busy() const { return !queue_.empty(); }
  /// No more will be written: close when the outbox is empty.
  bool finished() const { return finished_; }
  /// The end came from us with input still on its way: wait for the peer's end before closing.
  bool should_linger() const { return linger_; }

  /// A WebSocket handshake that this half has let through stands in services::request.
  bool wants_upgrade() const { return upgrade_ != nullptr; }
  /// The connection is a WebSocket from now on; what the handshake wrote was the answer.
  void upgraded();
  /// For the handler of the WebSocket route.
  void begin_upgrade(exchange& slot) { upgrade_ = &slot; }
  /// The handshake failed.
  void refuse_upgrade(const problem& why);

  // Answers of the broker; the ordinal carries exchange and entry.
  void on_accepted(std::uint64_t ordinal, const broker::accepted& what);
  void on_refused(std::uint64_t ordinal, const error& why);
  void on_reply(std::uint64_t ordinal, const message::message_ptr& reply);
  void on_no_reply(std::uint64_t ordinal, broker::no_reply how, std::string_view why);
  /// An answer to the exchange that `ordinal` names; falls away when it is no longer open.
  void give(std::uint64_t ordinal, const answer& what);

  // For handlers.
  void give(exchange& to, const answer& what);
  void refuse(exchange& to, const problem& why);
  broker::caller address_of(const exchange& which, std::uint64_t entry = 0) const;

 private:
  std::size_t feed_request(std::span<char> bytes);
  std::size_t feed_chunks(std::span<char> bytes);
  std::size_t feed_stream(std::span<char> bytes);
  exchange& open_exchange(const request& what);
  void begin_stream(request& what);
  void end_stream();
  void cut_stream(const problem& why);
  void take(request& what);
  void refuse_reading(const reading& why);
  void enter(phase next);
  void promise_continue(const request& what);
  void settle_entry(exchange& of, std::uint64_t entry, std::string_view outcome, bool refused);
  std::size_t waiting_bytes();
  void answer_wait(exchange& slot, std::string_view state);
  /// Where an answer to `slot` is written: straight to the peer when nothing older is open.
  std::string& line_for(exchange& slot);
  void complete(exchange& slot, unsigned status);
  void count(unsigned status);
  void flush_ready();

  services& shard_;
  outbox& out_;
  broker::caller self_;
  exchange_queue queue_;
  std::unique_ptr<chunk_reader> chunks_;
  std::unique_ptr<batch::body> stream_;  ///< its exchange is the last one, and open
  exchange* upgrade_ = nullptr;
  std::uint64_t last_ordinal_ = 0;
  std::size_t needed_ = 0;
  mono_time since_;
  phase phase_ = phase::idle;
  bool reading_over_ = false;  ///< no further request is taken
  bool finished_ = false;
  bool linger_ = false;
  bool draining_ = false;
  bool upgrade_waits_ = false;  ///< a handshake behind open exchanges
  bool continue_owed_ = false;
  bool continue_said_ = false;
};

}  // namespace nip::gateway::http
