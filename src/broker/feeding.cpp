// Subscriptions on a shard: those that listen to what comes, and those that a feed reads for.
#include "broker/feeds.hpp"
#include "broker/shard.hpp"

namespace nip::broker {

result<subscription_id> shard::subscribe(const subscription& wish) {
  if (!is_lossless(wish)) {
    auto made = subscriptions_.add(wish);
    count_listeners();
    return made;
  }
  NIP_TRY(start, parse_feed_start(wish.from));
  NIP_TRY(made, subscriptions_.add(wish));
  house_.feeding->join(
      {at_.number, made},
      {wish.who ? wish.who->tenant : default_tenant, wish.name, wish.topic, wish.filter}, start);
  return made;
}

status shard::unsubscribe(subscription_id sub) {
  NIP_CHECK(subscriptions_.remove(sub));
  count_listeners();
  return {};
}

status shard::add_credit(subscription_id sub, std::uint64_t events) {
  return subscriptions_.add_credit(sub, events);
}

status shard::acknowledge(subscription_id sub, std::vector<tenant_seq_t> seqs) {
  NIP_CHECK(subscriptions_.check_lossless(sub));
  house_.feeding->acknowledge({at_.number, sub}, std::move(seqs));
  return {};
}

status shard::acknowledge_up_to(subscription_id sub, tenant_seq_t last) {
  NIP_CHECK(subscriptions_.check_lossless(sub));
  house_.feeding->acknowledge_up_to({at_.number, sub}, last);
  return {};
}

status shard::reject(subscription_id sub, tenant_seq_t seq, nanoseconds delay) {
  NIP_CHECK(subscriptions_.check_lossless(sub));
  house_.feeding->reject({at_.number, sub}, seq, delay);
  return {};
}

void shard::on_passed_on(subscription_id which, std::uint64_t events) {
  house_.feeding->taken({at_.number, which}, events);
}

void shard::on_left(subscription_id which) { house_.feeding->leave({at_.number, which}); }

/// Other shards send what they accept only when somebody listens here.
void shard::count_listeners() {
  house_.peers[at_.number]->subscriptions.store(
      static_cast<std::uint32_t>(subscriptions_.listening()), std::memory_order_relaxed);
}

void shard::wake_feeds() {
  const auto durable = house_.events.durable();
  if (durable == seen_durable_) return;
  seen_durable_ = durable;
  if (house_.feeding && house_.feeding->anyone()) house_.feeding->wake();
}

void shard::keep_cursor(tenant_id tenant, std::string image, bool sync) {
  keep_note(bus::note_kind::cursor, tenant, std::move(image), sync);
}

void shard::keep_audit(std::string text, std::function<void(bool synced)> then) {
  keep_note(bus::note_kind::audit, default_tenant, std::move(text), true);
  if (then) audit_answers_.push_back(std::move(then));
}

void shard::keep_note(bus::note_kind kind, tenant_id tenant, std::string bytes, bool sync) {
  bus::note one;
  one.kind = kind;
  one.sync = sync;
  one.tenant = tenant;
  one.at = at_.clock.wall();
  one.bytes = note_texts_.emplace_back(std::move(bytes));
  notes_.push_back(one);
}

/// The journal took them with this append.
void shard::await_audit() {
  for (auto& each : audit_answers_) audit_syncing_.emplace_back(appends_, std::move(each));
  audit_answers_.clear();
}

void shard::release_audit() {
  if (audit_syncing_.empty()) return;
  const auto synced = house_.events.appends_synced(at_.number);
  for (; !audit_syncing_.empty() && audit_syncing_.front().first <= synced;
       audit_syncing_.pop_front())
    audit_syncing_.front().second(true);
}

/// The journal did not take them. A cursor comes again with the next step; an entry of the audit
/// trail is part of a chain, and waits: who asked for the change does not.
void shard::hold_audit_back() {
  for (const auto& each : std::exchange(audit_answers_, {})) each(false);
  std::vector<bus::note> held;
  std::deque<std::string> texts;
  for (auto& each : notes_) {
    if (each.kind != bus::note_kind::audit || held.size() == audit_waiting_max) continue;
    each.bytes = texts.emplace_back(each.bytes);
    held.push_back(each);
  }
  counters_.notes_lost.add(notes_.size() - held.size());
  notes_ = std::move(held);
  note_texts_ = std::move(texts);
}

}  // namespace nip::broker
