// Idempotency: a repeated key gets the first one's answer, once there is one.
#include "broker/compose.hpp"
#include "broker/shard.hpp"

namespace nip::broker {

std::string_view shard::key_of(const message::fields& in) {
  if (!in.idempotency_key.empty()) return in.idempotency_key;
  return in.client_id ? in.id : std::string_view{};
}

status shard::add_key(const submission& what, message::parsed& in) {
  if (what.idempotency_key.empty() || !in.view.idempotency_key.empty()) return {};
  const auto key = quoted(what.idempotency_key);
  scratch_.clear();
  NIP_TRY(again, codec_.parse(compose(scratch_, in, {.metadata = {{"idempotency_key", key}}})));
  in = again;
  return {};
}

bool shard::is_repeat(const submission& what, const message::message& made) {
  const auto key = key_of(made.view());
  if (key.empty()) return false;
  if (!house_.keys.claim(made.tenant(), key, at_.clock.mono())) return false;
  counters_.duplicates.add(1);
  if (emitting_) {
    tell_emitter({.emitter = emitting_->from, .emitter_token = emitting_->token}, {});
    return true;
  }
  repeats_.push_back({what, *what.who, std::string(what.text), std::string(what.idempotency_key),
                      std::string(what.traceparent), std::string(key)});
  return true;
}

void shard::withdraw(const message::message& what) {
  if (const auto key = key_of(what.view()); !key.empty()) house_.keys.withdraw(what.tenant(), key);
}

/// Repeats wait until the first one is numbered, and as safe as it was acknowledged.
void shard::look_after_repeats() {
  if (repeats_.empty()) return;
  auto parked = std::move(repeats_);
  repeats_.clear();
  for (auto& one : parked) {
    const auto known = house_.keys.find(one.who.tenant, one.key);
    one.what.who = &one.who;
    if (!known) {  // the first was refused after all: this one takes its place
      one.text.append(message::message::padding, '\0');
      one.what.text =
          std::string_view(one.text).substr(0, one.text.size() - message::message::padding);
      one.what.idempotency_key = one.idempotency_key;
      one.what.traceparent = one.traceparent;
      submit(one.what);
    } else if (known->pending || (known->level >= message::ack_level::fsync &&
                                  known->seq > house_.events.durable())) {
      repeats_.push_back(std::move(one));
    } else {
      answer_repeat(one.what, *known);
    }
  }
  // What was submitted just now belongs to a turn of its own.
  if (!turn_.empty() || !refusals_.empty()) at_.loop.post([] {});
  // A first one on another shard wakes nobody here.
  if (!repeats_.empty())
    at_.timers.schedule(repeat_check_, at_.clock.mono() + std::chrono::milliseconds(1));
}

void shard::answer_repeat(const submission& what, const remembered& first) {
  client_->on_accepted(what.from,
                       {first.id, first.tenant_seq, first.level, first.generation, true});
  if (!what.wait) return;
  const auto* flight = find(what.who->tenant, first.id);
  if (flight && flight->reply)
    client_->on_reply(what.from, flight->reply);
  else
    client_->on_no_reply(what.from, no_reply::late, "");
}

}  // namespace nip::broker
