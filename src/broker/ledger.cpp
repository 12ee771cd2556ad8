#include "broker/ledger.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/idempotency.hpp"

namespace nip::broker {
namespace {

/// Distinct plans whose meaning is kept at hand.
constexpr std::size_t plans_max = 4096;

}  // namespace

bool ledger::on_message(const bus::message_record& record) {
  const std::scoped_lock held(lock_);
  if (record.flags & bus::keyed) remember_key(record);
  const auto& facts = facts_of(record);
  if (!facts.readable) {
    ++unreadable_;
    return true;
  }
  if (facts.dead_whole) bury({record.seq, 0, 0, 0, record.accepted_at, false, true, {}, {}});
  for (std::uint16_t i = 0; i < facts.deliveries; ++i)
    open_.open(record.seq, i, !facts.drops_expired.empty() && facts.drops_expired[i]);
  if (facts.ordered && facts.deliveries > 0) open_.mark_ordered(record.seq);
  return true;
}

bool ledger::on_outcome(const bus::outcome_record& record) {
  using bus::outcome_kind;
  const std::scoped_lock held(lock_);
  const delivery_key key{record.seq.value, record.delivery};
  switch (record.kind) {
    case outcome_kind::retry:
      open_.retry(record.seq, record.delivery, record.attempt, record.next_at);
      return true;
    case outcome_kind::redriven:
      if (dead_.erase(key) > 0) open_.reopen(record.seq, record.delivery, record.attempt);
      return true;
    case outcome_kind::purged:
      dead_.erase(key);
      open_.forget(record.seq, record.delivery);
      return true;
    default:
      end(record);
      return true;
  }
}

bool ledger::on_note(const bus::note& record) {
  if (record.kind == bus::note_kind::cursor) keep_cursor(record);
  if (record.kind == bus::note_kind::audit) keep_audit(record.bytes);
  return true;
}

void ledger::keep_audit(std::string_view entry) {
  const std::scoped_lock held(lock_);
  if (audit_.size() == audit_entries_max) audit_.pop_front();
  audit_.emplace_back(entry);
}

void ledger::keep_cursor(const bus::note& record) {
  const auto said = nlohmann::json::from_cbor(record.bytes, true, false);
  if (!said.is_object() || !said.contains("name") || !said["name"].is_string()) return;
  const std::scoped_lock held(lock_);
  const std::pair by{record.tenant.value, said["name"].get<std::string>()};
  if (said.contains("ended"))
    cursors_.erase(by);
  else
    cursors_[by] = record.bytes;
}

std::vector<ledger::cursor> ledger::cursors() const {
  const std::scoped_lock held(lock_);
  std::vector<cursor> out;
  for (const auto& [by, image] : cursors_) out.push_back({tenant_id(by.first), image});
  return out;
}

std::vector<std::string> ledger::audit() const {
  const std::scoped_lock held(lock_);
  return {audit_.begin(), audit_.end()};
}

void ledger::end(const bus::outcome_record& record) {
  using bus::outcome_kind;
  if (!open_.is_open(record.seq, record.delivery)) return;
  const bool expired = record.kind == outcome_kind::expired;
  const bool dropped = expired && open_.drops(record.seq, record.delivery);
  const bool buried = record.kind != outcome_kind::done && !dropped;
  if (buried)
    bury({record.seq, record.delivery, record.attempt, open_.redrives(record.seq, record.delivery),
          record.at, expired, false, std::string(record.target), std::string(record.text)});
  open_.close(record.seq, record.delivery, buried);
}

void ledger::bury(dead_delivery letter) {
  const delivery_key key{letter.seq.value, letter.index};
  dead_.insert_or_assign(key, std::move(letter));
  if (dead_.size() <= most_.dead_letters_max) return;
  const auto& [seq, index] = dead_.begin()->first;
  open_.forget(seq_t(seq), index);
  dead_.erase(dead_.begin());
}

const ledger::plan_facts& ledger::facts_of(const bus::message_record& record) {
  if (plans_.size() > plans_max) plans_.clear();
  const auto [at, fresh] = plans_.try_emplace(record.plan_key);
  auto& facts = at->second;
  if (!fresh) return facts;
  const auto plan = router::plan::restore(record.generation, record.plan);
  if (!plan) {
    facts.readable = false;
    return facts;
  }
  facts.dead_whole = !(*plan)->dead_reason().empty();
  facts.ordered = (*plan)->ordered();
  const auto& deliveries = (*plan)->deliveries();
  facts.deliveries = static_cast<std::uint16_t>(deliveries.size());
  if (std::ranges::any_of(deliveries, &router::planned_delivery::drop_expired))
    for (const auto& each : deliveries) facts.drops_expired.push_back(each.drop_expired);
  return facts;
}

void ledger::remember_key(const bus::message_record& record) {
  if (most_.keys_max == 0 || most_.key_window.count() == 0) return;
  text_.assign(record.envelope);
  text_.append(message::message::padding, '\0');
  const auto in = codec_.parse(std::string_view(text_).substr(0, record.envelope.size()));
  if (!in) return;
  const auto& view = in->view;
  const auto key = view.idempotency_key.empty() ? view.id : view.idempotency_key;
  forget_old_keys(record.accepted_at);
  const bool by_id = key == view.id;
  keys_.push_back({.hash = idempotency::hash(record.tenant, key),
                   .seq = record.seq,
                   .tenant_seq = record.tenant_seq.value & tenant_seq_max,
                   .buffered = (record.flags & bus::buffered) != 0 ? 1U : 0U,
                   .keyed_by_id = by_id ? 1U : 0U,
                   .generation = record.generation,
                   .at = record.accepted_at});
  if (!by_id) other_ids_.emplace(record.seq.value, view.id);
}

/// By the times of acceptance. A wall clock that was set back only keeps keys for longer, up to
/// their number.
void ledger::forget_old_keys(wall_time now) {
  while (!keys_.empty() &&
         (keys_.size() >= most_.keys_max || now - keys_.front().at > most_.key_window)) {
    if (keys_.front().keyed_by_id == 0) other_ids_.erase(keys_.front().seq.value);
    keys_.pop_front();
  }
}

std::optional<seq_t> ledger::next_wanted(seq_t from) const {
  const std::scoped_lock held(lock_);
  const auto open = open_.next(from);
  const auto letter = dead_.lower_bound({from.value, 0});
  if (letter == dead_.end()) return open;
  const seq_t buried(letter->first.first);
  return open ? std::min(*open, buried) : buried;
}

open_deliveries ledger::open() const {
  const std::scoped_lock held(lock_);
  return open_;
}

std::vector<ledger::dead_delivery> ledger::dead() const {
  const std::scoped_lock held(lock_);
  std::vector<dead_delivery> out;
  out.reserve(dead_.size());
  for (const auto& [key, letter] : dead_) out.push_back(letter);
  return out;
}

std::uint64_t ledger::unreadable() const {
  const std::scoped_lock held(lock_);
  return unreadable_;
}

}  // namespace nip::broker
