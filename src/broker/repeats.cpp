// Idempotency: a repeated key gets the first one's answer, once there is one.
#include "broker/shard.hpp"

namespace nip::broker {

std::string_view shard::key_of(const message::fields& in) {
  if (!in.idempotency_key.empty()) return in.idempotency_key;
  return in.client_id ? in.id : std::string_view{};
}

bool shard::is_repeat(const submission& what, const message::message& made) {
  const auto key = key_of(made.view());
  if (key.empty()) return false;
  auto first = house_.keys.claim(made.tenant(), key, at_.clock.mono());
  if (!first) return false;
  counters_.duplicates.add(1);
  if (emitting_) {
    tell_emitter({.emitter = emitting_->from, .emitter_token = emitting_->token}, {});
    return true;
  }
  repeats_.push_back({what, std::string(what.text), std::string(key), made.tenant(), std::move(*first)});
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
    const auto known = house_.keys.find(one.tenant, one.key);
    if (!known) {  // the first was refused after all: this one takes its place
      one.text.append(message::message::padding, '\0');
      one.what.text = std::string_view(one.text).substr(0, one.text.size() - message::message::padding);
      submit(one.what);
    } else if (known->pending ||
               (known->level >= message::ack_level::fsync && known->seq > house_.events.durable())) {
      repeats_.push_back(std::move(one));
    } else {
      answer_repeat(one.what, *known);
    }
  }
  // A first one on another shard wakes nobody here.
  if (!repeats_.empty()) at_.timers.schedule(repeat_check_, at_.clock.mono() + std::chrono::milliseconds(1));
}

void shard::answer_repeat(const submission& what, const remembered& first) {
  client_->on_accepted(what.from, {first.id, first.tenant_seq, first.level, first.generation, true});
  if (!what.wait) return;
  const auto* flight = find(what.who->tenant, first.id);
  if (flight && flight->reply)
    client_->on_reply(what.from, flight->reply);
  else
    client_->on_no_reply(what.from, no_reply::late, "");
}

}  // namespace nip::broker
