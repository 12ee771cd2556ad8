// One connection without its socket: bytes in, bytes out, first HTTP, then perhaps WebSocket.
#pragma once

#include <memory>

#include "gateway/http/session.hpp"
#include "gateway/intake.hpp"
#include "gateway/outbox.hpp"
#include "gateway/ws/session.hpp"

namespace nip::gateway {

/// Owned by a session_table; one thread. The transport asks for room, receives, says how much came,
/// sends what is pending, and closes when it is finished.
class session {
 public:
  session(services& shard, broker::caller self);
  ~session();

  /// Where the next receive goes; received() or nothing follows.
  std::span<char> room(receive_buffer& shared);
  /// `bytes` came into the room.
  void received(std::size_t bytes);
  /// The kernel had nothing for the room after all.
  void nothing_came() { in_.keep(in_.gather(0)); }
  /// The peer sends no more.
  void end_of_input();
  /// False while reading is held back; the transport then does not ask the kernel.
  bool wants_input() const;
  /// Carried bytes could go on now without a receive.
  bool wants_resume() const { return stalled_ && takes_more(); }
  void resume();
  /// Ends a turn, before sending.
  void settle();

  outbox& output() { return out_; }
  bool has_output() const { return !out_.empty(); }
  /// `bytes` of the output are with the kernel. True when the broker was told that more fits, so
  /// that another turn should follow.
  bool sent(std::size_t bytes);
  /// No more will be written.
  bool finished() const { return ws_ ? ws_->finished() : http_.finished(); }
  /// Finished before the peer: half-close and wait for it, or it may lose the answer.
  bool should_linger() const { return ws_ != nullptr || http_.should_linger(); }

  /// Finishes soon and politely: answers what is open, takes nothing new.
  void drain();
  /// When the time-out of the current phase ends; never() for none.
  mono_time deadline() const;
  /// The deadline has passed. True when the peer is to be cut off at once: it does not read.
  bool expire();

  bool is_websocket() const { return ws_ != nullptr; }
  http::session& http() { return http_; }
  ws::session* websocket() { return ws_.get(); }

 private:
  bool takes_more() const { return ws_ ? ws_->takes_more() : http_.takes_more(); }
  void feed(std::span<char> bytes);
  std::size_t needed() const { return ws_ ? ws_->needed() : http_.needed(); }
  void upgrade();

  services& shard_;
  broker::caller self_;
  outbox out_;
  intake in_;
  http::session http_;
  std::unique_ptr<ws::session> ws_;
  mono_time heard_;     ///< when the last byte came
  mono_time progress_;  ///< when the kernel last took a byte, or output began to wait
  bool stalled_ = false;
  bool input_over_ = false;
};

}  // namespace nip::gateway
