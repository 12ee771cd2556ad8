// Puts back to work what was accepted before a restart and had not finished.
#include <fmt/format.h>

#include <unordered_map>

#include "broker/house.hpp"

namespace nip::broker {
namespace {

/// A message of the journal whose deliveries have not all ended.
struct open_message {
  std::string envelope;
  router::plan_ptr plan;
  bus::message_record record;  ///< its views are not used
  std::vector<delivery::resumption> deliveries;
  std::vector<wall_time> next_at;
  std::uint32_t dead = 0;  ///< deliveries that are dead letters
  bool ageless = false;    ///< somebody redrove it: rule timeouts count from now
};

/// Follows the journal from its start: what is open, what is dead, which keys count.
class journal_reader final : public bus::visitor {
 public:
  journal_reader(shared& house, clock_source& clock) : house_(house), clock_(clock) {}

  bool on_message(const bus::message_record& record) override {
    auto plan = plan_of(record);
    if (!plan) return true;
    if (record.flags & bus::keyed) remember_key(record);
    if (!(*plan)->dead_reason().empty()) return bury_whole(record, **plan);
    const auto count = (*plan)->deliveries().size();
    if (count == 0) return true;
    auto& open = open_[record.seq];
    open.envelope = record.envelope;
    open.plan = *plan;
    open.record = record;
    for (std::uint16_t i = 0; i < count; ++i) open.deliveries.push_back({i, 0, {}});
    open.next_at.resize(count);
    return true;
  }

  bool on_outcome(const bus::outcome_record& record) override {
    using bus::outcome_kind;
    switch (record.kind) {
      case outcome_kind::retry:
        return on_retry(record);
      case outcome_kind::redriven:
        return reopen(record);
      case outcome_kind::purged:
        return purge(record);
      default:
        return on_end(record);
    }
  }

  std::unordered_map<seq_t, open_message>& open() { return open_; }
  std::uint64_t unreadable() const { return unreadable_; }

 private:
  result<router::plan_ptr> plan_of(const bus::message_record& record) {
    auto& known = plans_[record.plan_key];
    if (!known) {
      auto made = router::plan::restore(record.generation, record.plan);
      if (!made) {
        ++unreadable_;
        return made;
      }
      known = *made;
    }
    return known;
  }

  result<message::message_ptr> read(const bus::message_record& record, std::string_view envelope) {
    return message::restore_message(pool_, codec_, envelope, record.tenant, record.accepted_at);
  }

  void remember_key(const bus::message_record& record) {
    const auto age = clock_.wall() - record.accepted_at;
    if (age > house_.chosen.idempotency_window) return;
    const auto made = read(record, record.envelope);
    if (!made) return;
    const auto& view = (*made)->view();
    const auto key = view.idempotency_key.empty() ? view.id : view.idempotency_key;
    const mono_time then{clock_.mono().ns - std::max<std::int64_t>(age.count(), 0)};
    if (house_.keys.claim(record.tenant, key, then)) return;
    house_.keys.settle(
        record.tenant, key,
        {std::string(view.id), record.seq, record.tenant_seq,
         record.flags & bus::buffered ? message::ack_level::buffered : message::ack_level::fsync,
         record.generation, false});
  }

  bool bury_whole(const bus::message_record& record, const router::plan& plan) {
    const auto made = read(record, record.envelope);
    if (!made) return true;
    dead_letter letter;
    letter.seq = record.seq;
    letter.tenant_seq = record.tenant_seq;
    letter.tenant = record.tenant;
    letter.id = (*made)->view().id;
    letter.type = (*made)->view().type;
    letter.reason = plan.dead_reason();
    letter.error =
        plan.dead_reason() == "loop" ? "it passed through too many plugins" : "no rule matches it";
    letter.at = record.accepted_at;
    house_.dead.add(std::move(letter));
    return true;
  }

  bool on_retry(const bus::outcome_record& record) {
    const auto found = open_.find(record.seq);
    if (found == open_.end()) return true;
    for (auto& each : found->second.deliveries) {
      if (each.index != record.delivery) continue;
      each.attempt = record.attempt;
      found->second.next_at[record.delivery] = record.next_at;
    }
    return true;
  }

  bool on_end(const bus::outcome_record& record) {
    const auto found = open_.find(record.seq);
    if (found == open_.end()) return true;
    auto& message = found->second;
    if (record.delivery >= message.plan->deliveries().size()) return true;
    const auto& planned = message.plan->deliveries()[record.delivery];
    const bool dropped = record.kind == bus::outcome_kind::expired && planned.drop_expired;
    if (record.kind != bus::outcome_kind::done && !dropped) {
      bury(message, record, planned);
      ++message.dead;
    }
    std::erase_if(message.deliveries,
                  [&](const auto& each) { return each.index == record.delivery; });
    if (!message.deliveries.empty()) return true;
    // A dead letter may be redriven, so its message is kept at hand.
    if (message.dead > 0)
      buried_.insert(open_.extract(found));
    else
      open_.erase(found);
    return true;
  }

  void bury(const open_message& message, const bus::outcome_record& record,
            const router::planned_delivery& planned) {
    const auto made = read(message.record, message.envelope);
    if (!made) return;
    dead_letter letter;
    letter.seq = record.seq;
    letter.tenant_seq = message.record.tenant_seq;
    letter.tenant = message.record.tenant;
    letter.delivery = record.delivery;
    letter.id = (*made)->view().id;
    letter.type = (*made)->view().type;
    letter.rule = planned.rule;
    letter.target = record.target;
    letter.reason = record.kind == bus::outcome_kind::expired  ? "expired"
                    : record.attempt >= planned.retry.attempts ? "exhausted"
                                                               : "permanent";
    letter.error = record.text;
    letter.attempts = record.attempt;
    letter.at = record.at;
    house_.dead.add(std::move(letter));
  }

  bool reopen(const bus::outcome_record& record) {
    auto found = open_.find(record.seq);
    if (found == open_.end()) {
      const auto buried = buried_.find(record.seq);
      if (buried == buried_.end()) return true;
      found = open_.insert(buried_.extract(buried)).position;
    }
    house_.dead.remove(record.seq, record.delivery);
    auto& message = found->second;
    if (record.delivery >= message.next_at.size()) return true;
    message.deliveries.push_back({record.delivery, 0, {}});
    message.next_at[record.delivery] = {};
    message.ageless = true;
    if (message.dead > 0) --message.dead;
    return true;
  }

  bool purge(const bus::outcome_record& record) {
    house_.dead.remove(record.seq, record.delivery);
    const auto open = open_.find(record.seq);
    if (open != open_.end() && open->second.dead > 0) --open->second.dead;
    const auto buried = buried_.find(record.seq);
    if (buried != buried_.end() && --buried->second.dead == 0) buried_.erase(buried);
    return true;
  }

  shared& house_;
  clock_source& clock_;
  buffer_pool pool_;
  message::codec codec_;
  std::unordered_map<std::uint64_t, router::plan_ptr> plans_;
  std::unordered_map<seq_t, open_message> open_;
  std::unordered_map<seq_t, open_message> buried_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace

status house::recover() {
  journal_reader journal(shared_, parts_.clock);
  NIP_CHECK(parts_.events.scan(seq_t(1), journal));
  if (journal.unreadable() > 0)
    parts_.log.error(
        "{} messages of the journal have a plan that this version cannot read; they are kept "
        "and not delivered",
        journal.unreadable());
  std::vector<seq_t> order;
  for (const auto& [seq, message] : journal.open()) order.push_back(seq);
  std::ranges::sort(order);
  // Dealt out in turn, so the first message of shard i is the i-th.
  const auto shards = shards_.size();
  for (std::size_t i = 0; i < shards && i < order.size(); ++i)
    shards_[i]->expect_resumed(order[i], (order.size() - i + shards - 1) / shards);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto seq = order[i];
    auto& open = journal.open().at(seq);
    const auto now = parts_.clock.mono();
    for (auto& each : open.deliveries)
      if (const auto due = open.next_at[each.index]; due.ns != 0) {
        // Backoff goes on, but a wall clock that was set back must not stretch it beyond its bound.
        const auto left = std::min(due - parts_.clock.wall(),
                                   open.plan->deliveries()[each.index].retry.max_backoff);
        each.not_before = now + std::max(left, nanoseconds(0));
      }
    const auto number = i % shards;
    loops_[number]->post([this, number, open = std::move(open)] {
      shards_[number]->note_resumed();
      auto made =
          shards_[number]->restore(open.envelope, open.record.tenant, open.record.accepted_at);
      if (!made) {
        parts_.log.error("message seq {} of the journal cannot be read back: {}",
                         open.record.seq.value, made.error().detail);
        return;
      }
      shards_[number]->resume({std::move(*made), open.plan, open.record.seq, open.record.tenant_seq,
                               (open.record.flags & bus::wants_reply) != 0, open.deliveries,
                               open.ageless});
    });
    ++resumed_;
  }
  return {};
}

}  // namespace nip::broker
