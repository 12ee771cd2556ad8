#include "gateway/session.hpp"

#include <algorithm>

#include "gateway/services.hpp"
#include "gateway/text.hpp"

namespace nip::gateway {
namespace {

/// `ack` of the stream's URL. Fails with errc::invalid_argument for an unknown level.
result<std::optional<message::ack_level>> level_of(const http::request& request) {
  const std::string asked = query_value(request.query, "ack");
  if (asked.empty()) return std::nullopt;
  if (const auto level = message::parse_ack_level(asked)) return level;
  return fail(errc::invalid_argument,
              "?ack=" + asked + ": expected memory, buffered, fsync or replicated");
}

/// The subprotocol to answer with: ours when it is among those offered, none when none is offered.
/// Fails with errc::unsupported when only others are.
result<std::string_view> subprotocol_of(const http::request& request) {
  std::string_view offered = request.websocket_protocol;
  if (offered.empty()) return std::string_view{};
  while (!offered.empty())
    if (trim(take_until(offered, ',')) == ws::subprotocol) return ws::subprotocol;
  return fail(errc::unsupported, "Sec-WebSocket-Protocol \"" +
                                     std::string(request.websocket_protocol) +
                                     "\"; this server speaks nip.v4.json");
}

mono_time after(mono_time start, nanoseconds span) {
  return span.count() == 0 ? mono_time::never() : start + span;
}

}  // namespace

session::session(services& shard, broker::caller self)
    : shard_(shard),
      self_(self),
      out_(shard.shelf),
      http_(shard, out_, self),
      heard_(shard.time.now()),
      progress_(heard_) {}

session::~session() = default;

std::span<char> session::room(receive_buffer& shared) { return in_.room(shared, needed()); }

void session::received(std::size_t bytes) {
  heard_ = shard_.time.now();
  if (ws_) ws_->heard();
  const auto all = in_.gather(bytes);
  // What is known to be incomplete is not looked at again: a large body costs its bytes once.
  if (all.size() < needed()) return in_.keep(all);
  feed(all);
}

void session::resume() { feed(in_.carried()); }

void session::feed(std::span<char> bytes) {
  std::size_t used = 0;
  while (!ws_) {
    used += http_.feed(bytes.subspan(used));
    if (!http_.wants_upgrade()) break;
    upgrade();  // refused: what follows is HTTP still
  }
  if (ws_) used += ws_->feed(bytes.subspan(used));
  in_.keep(bytes.subspan(used));
  stalled_ = (used < bytes.size() || http_.holds_text()) && !takes_more();
}

void session::upgrade() {
  const http::request& request = shard_.request;
  const auto level = level_of(request);
  if (!level) return http_.refuse_upgrade(make_problem(level.error()));
  const auto protocol = subprotocol_of(request);
  if (!protocol) return http_.refuse_upgrade(make_problem(protocol.error()));
  const options& settings = shard_.settings;
  const auto accepted = shard_.codecs.accept(
      {request.head, *protocol, settings.server_name, settings.websocket_compression}, out_.open());
  if (!accepted) return http_.refuse_upgrade(make_problem(accepted.error()));
  http_.upgraded();
  ws_ = std::make_unique<ws::session>(shard_, out_, self_, *level, accepted->deflate);
}

void session::end_of_input() {
  input_over_ = true;
  if (ws_) return ws_->end_of_input();
  http_.end_of_input();
}

bool session::wants_input() const {
  return !input_over_ && !finished() && !stalled_ && takes_more();
}

void session::settle() {
  if (ws_) ws_->settle();
  if (out_.empty()) progress_ = shard_.time.now();
}

bool session::sent(std::size_t bytes) {
  out_.sent(bytes);
  if (bytes != 0) progress_ = shard_.time.now();
  return ws_ && out_.empty() && ws_->sent_all();
}

void session::drain() {
  if (ws_) return ws_->drain();
  http_.drain();
}

mono_time session::deadline() const {
  const limits& bounds = shard_.settings.bounds;
  if (!out_.empty()) return after(progress_, bounds.write_timeout);
  if (ws_) return after(heard_, bounds.idle_timeout / 2);
  switch (http_.where()) {
    case http::session::phase::head:
      return after(http_.since(), bounds.header_timeout);
    case http::session::phase::body:
      if (http_.holds_back()) return mono_time::never();  // the broker has to go on, not the peer
      return after(http_.since(), bounds.body_timeout);
    case http::session::phase::idle:
      break;
  }
  if (http_.is_busy()) return mono_time::never();  // the broker answers, or times out itself
  return after(http_.since(), bounds.idle_timeout);
}

bool session::expire() {
  if (!out_.empty()) {
    shard_.counts.timeouts.add();
    return true;
  }
  heard_ = shard_.time.now();  // the second half of a WebSocket's idle time begins
  if (ws_) {
    ws_->idle();
  } else {
    http_.time_out();
  }
  return false;
}

}  // namespace nip::gateway
