#include "gateway/ws/session.hpp"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "gateway/services.hpp"

namespace nip::gateway::ws {

session::session(services& shard, outbox& out, broker::caller self,
                 std::optional<message::ack_level> level, bool deflates)
    : shard_(shard), out_(out), self_(self), level_(level), deflates_(deflates) {
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
    } else if (next.what == frame::kind::deflated && deflates_ && !codec_) {
      take_deflated(unmask(rest, next));
    } else {
      take_slow(rest.first(next.size), next);
    }
    used += next.size;
  }
  return finished_ ? bytes.size() : used;
}

void session::take_text(std::string_view text) {
  // simdjson would find it too, but only the close code 1007 tells the peer what it did.
  if (!simdjson::validate_utf8(text.data(), text.size()))
    return close(close_bad_payload, "a text frame is not valid UTF-8");
  take_valid(text);
}

void session::take_valid(std::string_view text) {
  if (!is_operation(text)) return publish(text, level_, std::nullopt);
  const auto parsed = shard_.operations.parse(text);
  if (!parsed) return refuse_frame(parsed.error());
  perform(**parsed);
}

void session::take_deflated(std::string_view packed) {
  shard_.counts.inflated.add();
  const limits& bounds = shard_.settings.bounds;
  const std::size_t by_ratio = packed.size() * bounds.compression_ratio_max;
  const auto got = shard_.messages.inflate(packed, std::min(by_ratio, bounds.ws_message_bytes_max));
  if (got.how == inflation::outcome::whole) {
    take_text(got.text);
  } else {
    shard_.counts.inflate_refused.add();
    if (got.how == inflation::outcome::over) {
      close(close_too_big, by_ratio < bounds.ws_message_bytes_max
                               ? "a message inflates to more than limits.compression_ratio allows"
                               : "a message inflates to more than limits.ws_message_bytes");
    } else {
      close(close_bad_payload, "a compressed message is damaged");
    }
  }
  shard_.messages.rest();
}

void session::take_slow(std::span<char> bytes, const frame& which) {
  shard_.counts.frames_slow.add();
  if (!codec_) codec_ = shard_.codecs.take();
  write_run();  // before what Beast may say, which may be the close
  if (deflates_ && starts_deflated(bytes, which)) {
    collects_deflated_ = which.op == opcode::text;
    disguise(bytes);
  }
  const auto event = codec_->feed(bytes, out_.open());
  if (event == codec::event::text || event == codec::event::binary)
    return take_message(event == codec::event::text);
  if (event == codec::event::failed) shard_.counts.protocol_errors.add();
  if (event != codec::event::none) {
    finished_ = close_said_ = true;
    codec_.reset();
  } else if (codec_->is_clean()) {
    shard_.codecs.give_back(std::move(codec_));
  }
}

void session::take_message(bool is_text) {
  // The codec keeps the text while it is handled, so it is given back only then.
  auto held = std::move(codec_);
  if (std::exchange(collects_deflated_, false)) {
    take_deflated(held->message());
  } else if (is_text) {
    // Beast does not notice a sequence that an empty last fragment leaves unfinished.
    take_text(held->message());
  } else {
    return close(close_unsupported, "nip.v4.json speaks text frames only");
  }
  shard_.codecs.give_back(std::move(held));
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
      return acknowledge(what);
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
