// The end of a loop turn: one hand-over to the journal, acknowledgements, deliveries, events.
#include <fmt/format.h>

#include "broker/shard.hpp"

namespace nip::broker {

void shard::end_turn() {
  release_durable();
  wake_feeds();
  // Plugins that answer at once may emit messages, which walk through the same turn.
  constexpr int rounds_max = 64;
  for (int round = 0; round < rounds_max; ++round) {
    take_emissions();
    number_and_journal();
    answer_turn();
    keep_order();
    dispatcher_.pump();
    if (turn_.empty() && emissions_.empty()) break;
  }
  look_after_repeats();
  flush_outcomes();
  release_audit();
  show_events();
  finish_drain();
}

void shard::number_and_journal() {
  records_.clear();
  for (auto& one : turn_) {
    auto& flight = *one.flight;
    if (flight.level == message::ack_level::memory) {
      flight.seq = seq_t(volatile_bit | std::uint64_t{at_.number} << 48 | ++volatile_count_);
      flight.tenant_seq = {};  // the flight may have been another message's
      continue;
    }
    bus::message_record record;
    record.tenant = flight.message->tenant();
    record.accepted_at = flight.message->accepted_at();
    record.generation = flight.plan->generation();
    record.flags = static_cast<std::uint8_t>(
        (flight.wants_reply ? bus::wants_reply : 0) | (one.keyed ? bus::keyed : 0) |
        (flight.level == message::ack_level::buffered ? bus::buffered : 0));
    record.plan_key = flight.plan->key();
    record.plan = flight.plan->bytes();
    record.envelope = flight.message->json();
    records_.push_back(record);
  }
  if (records_.empty()) return;
  announce_numbers();
  if (auto taken = house_.events.append(at_.number, records_, outcomes_); !taken)
    return refuse_turn(taken.error());
  ++appends_;
  outcomes_.clear();
  outcome_texts_.clear();
  std::size_t next = 0;
  for (auto& one : turn_) {
    if (one.flight->level == message::ack_level::memory) continue;
    one.flight->seq = records_[next].seq;
    one.flight->tenant_seq = records_[next++].tenant_seq;
    if (one.flight->sampled) one.flight->mark(delivery::stage::numbered, at_.clock.mono());
  }
}

void shard::refuse_turn(const error& why) {
  std::vector<entry> kept;
  for (auto& one : turn_) {
    auto& flight = *one.flight;
    if (flight.level == message::ack_level::memory) {
      kept.push_back(one);
      continue;
    }
    counters_.refuse(why.code);
    if (one.keyed) withdraw(*flight.message);
    if (one.has_caller)
      refusals_.push_back({{flight.caller.slot, flight.caller.epoch, flight.caller.ordinal}, why});
    tell_emitter(one, std::unexpected(why));
    dispatcher_.withdraw(*flight.plan, *flight.message);
    dispatcher_.release(flight);
    --open_messages_;
  }
  turn_ = std::move(kept);
}

void shard::answer_turn() {
  for (auto& one : refusals_) client_->on_refused(one.to, one.why);
  refusals_.clear();
  // launch() may end a message at once, which must not disturb the walk over this turn's entries.
  launching_.swap(turn_);
  for (auto& one : launching_) {
    if (one.flight->level >= message::ack_level::fsync) {
      awaiting_.push_back(one);
      continue;
    }
    answer(one);
    launch(*one.flight);
  }
  launching_.clear();
}

void shard::release_durable() {
  const auto durable = house_.events.durable();
  while (!awaiting_.empty() && awaiting_.front().flight->seq <= durable) {
    auto one = awaiting_.front();
    awaiting_.pop_front();
    if (one.flight->sampled) one.flight->mark(delivery::stage::durable, at_.clock.mono());
    answer(one);
    launch(*one.flight);
  }
}

void shard::answer(entry& one) {
  auto& flight = *one.flight;
  counters_.accepted[static_cast<unsigned>(flight.level)].add(1);
  const auto& view = flight.message->view();
  if (one.keyed)
    house_.keys.settle(flight.message->tenant(), key_of(view),
                       {std::string(view.id), flight.seq, flight.tenant_seq, flight.level,
                        flight.plan->generation(), false});
  if (flight.sampled) flight.mark(delivery::stage::answered, at_.clock.mono());
  if (house_.log.enabled(log_level::debug))
    log_about(flight, nullptr)
        .debug("accepted type \"{}\", seq {}, ack {}", view.type, flight.tenant_seq.value,
               message::to_string(flight.level));
  tell_emitter(one, {});
  if (!one.has_caller) return;
  const caller to{flight.caller.slot, flight.caller.epoch, flight.caller.ordinal};
  client_->on_accepted(
      to, {view.id, flight.tenant_seq, flight.level, flight.plan->generation(), false});
  if (!one.wait) return;
  flight.waiting = true;
  if (waiting_.size() <= to.slot) waiting_.resize(to.slot + 1);
  ++waiting_[to.slot];
  at_.timers.schedule(flight.wait, flight.accepted + *one.wait);
}

void shard::launch(delivery::flight& what) {
  bool others = false;
  for (unsigned i = 0; i < house_.peers.size(); ++i)
    others |= i != at_.number && house_.peers[i]->subscriptions.load(std::memory_order_relaxed) > 0;
  if (others || subscriptions_.listening() > 0)
    seen_.push_back({what.message, what.plan, what.tenant_seq});
  if (what.sampled) what.mark(delivery::stage::handed, at_.clock.mono());
  if (!what.plan->dead_reason().empty())
    bury_whole(what);
  else if (is_for_later(*what.message, what.seq))
    return postpone(what);
  dispatcher_.launch(what);
}

void shard::show_events() {
  if (!seen_.empty()) {
    for (unsigned i = 0; i < house_.peers.size(); ++i) {
      auto& peer = *house_.peers[i];
      if (i == at_.number || peer.subscriptions.load(std::memory_order_relaxed) == 0) continue;
      peer.loop->post([which = peer.which, seen = seen_] { which->show(seen); });
    }
    show(seen_);
    seen_.clear();
  }
  const auto before = subscriptions_.listening();
  subscriptions_.flush(*client_, counters_.events, counters_.missed);
  // Those that were cut are gone.
  if (before != subscriptions_.listening()) count_listeners();
}

void shard::show(std::span<const sighting> seen) {
  if (subscriptions_.listening() == 0) return;
  for (const auto& one : seen) subscriptions_.offer(one);
}

void shard::flush_outcomes() {
  if (outcomes_.empty() && notes_.empty()) return;
  // An outcome that cannot be kept means a redelivery after a restart, which is allowed; what makes
  // append fail stops acceptance anyway.
  if (auto taken = house_.events.append(at_.number, {}, outcomes_, notes_); taken) {
    ++appends_;
    notes_.clear();
    note_texts_.clear();
    await_audit();
  } else {
    counters_.outcomes_lost.add(outcomes_.size());
    hold_audit_back();
  }
  outcomes_.clear();
  outcome_texts_.clear();
}

}  // namespace nip::broker
