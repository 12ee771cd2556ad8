#include "gateway/ws/session.hpp"

#include <simdjson.h>

#include <algorithm>

#include "gateway/services.hpp"

namespace nip::gateway::ws {

session::session(services& shard, outbox& out, broker::caller self,
                 std::optional<message::ack_level> level)
    : shard_(shard), out_(out), self_(self), level_(level) {
  shard_.counts.websockets_open.add(1);
}

session::~session() { shard_.counts.websockets_open.add(-1); }

bool session::takes_more() const {
  const limits& bounds = shard_.settings.bounds;
  return !finished_ && !draining_ && open_ < bounds.ws_window_max &&
         out_.size() < bounds.output_bytes_max;
}

std::size_t session::feed(std::span<char> bytes) {
  std::size_t used = 0;
  needed_ = 0;
  while (used < bytes.size() && takes_more()) {
    const auto rest = bytes.subspan(used);
    const frame next = look_at(rest, shard_.settings.bounds.ws_message_bytes_max);
    if (next.what == frame::kind::incomplete) {
      needed_ = next.size;
      break;
    }
    shard_.counts.frames_in.add();
    if (next.what == frame::kind::ordinary && !codec_) {
      take_text(unmask(rest, next));
    } else if (next.op == opcode::close && close_code_of(rest, next) > close_code_max) {
      // Beast would take it, and answer with the same.
      shard_.counts.protocol_errors.add();
      close(close_protocol_error, "a close code over 4999");
    } else {
      take_slow(rest.first(next.size));
    }
    used += next.size;
  }
  return finished_ ? bytes.size() : used;
}

void session::take_text(std::string_view text) {
  // simdjson would find it too, but only the close code 1007 tells the peer what it did.
  if (!simdjson::validate_utf8(text.data(), text.size()))
    return close(close_bad_payload, "a text frame is not valid UTF-8");
  if (!is_operation(text)) return publish(text, level_, std::nullopt);
  const auto parsed = shard_.operations.parse(text);
  if (!parsed) return refuse_frame(parsed.error());
  perform(**parsed);
}

void session::take_slow(std::span<const char> bytes) {
  shard_.counts.frames_slow.add();
  if (!codec_) codec_ = shard_.codecs.take();
  write_run();  // before what Beast may say, which may be the close
  const auto event = codec_->feed(bytes, out_.open());
  switch (event) {
    case codec::event::none:
      break;
    case codec::event::text: {
      // The codec keeps the text while it is handled, so it is not given back before. Beast does
      // not notice a sequence that an empty last fragment leaves unfinished: it is checked again.
      const auto held = std::move(codec_);
      take_text(held->message());
      return;
    }
    case codec::event::binary:
      close(close_unsupported, "nip.v4.json speaks text frames only");
      break;
    case codec::event::failed:
      shard_.counts.protocol_errors.add();
      [[fallthrough]];
    case codec::event::closed:
      finished_ = close_said_ = true;
      codec_.reset();
      break;
  }
  if (codec_ && codec_->is_clean()) shard_.codecs.give_back(std::move(codec_));
}

void session::publish(std::string_view text, std::optional<message::ack_level> level,
                      std::optional<nanoseconds> wait) {
  broker::submission what;
  what.text = text;
  what.who = &shard_.who;
  what.level = level;
  what.wait = wait;
  what.received = shard_.time.both();
  what.from = self_;
  what.from.ordinal = ++published_ | (wait ? wait_bit : 0);
  ++open_;
  shard_.counts.messages_in.add();
  shard_.port.submit(what);
}

void session::perform(const operation& what) {
  const auto level = what.level ? what.level : level_;
  switch (what.op) {
    case verb::publish:
      if (!what.has_messages) return publish(what.message, level, std::nullopt);
      for (const std::string_view one : what.messages) publish(one, level, std::nullopt);
      return;
    case verb::request:
      return publish(what.message, level,
                     std::min(what.wait.value_or(wait_default), shard_.settings.bounds.wait_max));
    case verb::subscribe:
      return subscribe(what);
    case verb::unsubscribe:
      return unsubscribe(what);
    case verb::credit:
      return add_credit(what);
    case verb::ping: {
      write_run();
      std::string text = R"({"op":"pong")";
      if (!what.ref.empty()) text.append(R"(,"ref":)").append(what.ref);
      return say(text += '}');
    }
    case verb::ack:
    case verb::nack:
      return say_error({errc::unsupported,
                        "ack and nack belong to durable subscriptions, which this version does not "
                        "have; a live subscription needs none",
                        std::source_location::current()},
                       what.ref);
  }
}

void session::drain() {
  draining_ = true;
  if (open_ == 0 && !finished_) close(close_going_away, "the server is stopping");
}

void session::idle() {
  if (pinged_) return close(close_going_away, "nothing heard within the idle time-out");
  pinged_ = true;
  append_frame(out_.open(), opcode::ping, {});
}

void session::close(std::uint16_t code, std::string_view reason) {
  if (finished_) return;
  write_run();
  finished_ = close_said_ = true;
  codec_.reset();
  append_close(out_.open(), code, reason);
}

void session::answered() {
  --open_;
  if (draining_ && open_ == 0) close(close_going_away, "the server is stopping");
}

void session::settle() {
  write_run();
  if (missed_any_) tell_missed();
}

}  // namespace nip::gateway::ws
