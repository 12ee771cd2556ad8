// Delivery at a later time: the message waits in the journal, its time in the shard.
#include <algorithm>

#include "broker/shard.hpp"

namespace nip::broker {
namespace {

/// Messages that are read back at once when their time has come.
constexpr std::size_t due_max = 256;
/// Schedules follow the wall clock, which may be set: it is looked at again after this.
constexpr nanoseconds look_again = std::chrono::seconds(30);

}  // namespace

/// True when the flight waits for its time: it is gone then, and comes back out of the journal.
bool shard::postpone(delivery::flight& what) {
  if (what.message->view().due.empty() || !what.journaled()) return false;
  const auto due = due_of(*what.message);
  if (!due || *due <= at_.clock.wall()) return false;
  counters_.scheduled.add(1);
  schedule_.add(*due, what.seq);
  plan_schedule();
  if (what.waiting) {
    // The reply comes after the caller's patience; it is kept for GET.
    --waiting_[what.caller.slot];
    dispatcher_.cancel_wait(what);
    client_->on_no_reply({what.caller.slot, what.caller.epoch, what.caller.ordinal}, no_reply::late,
                         "");
  }
  dispatcher_.withdraw(*what.plan, *what.message);
  --open_messages_;
  dispatcher_.release(what);
  return true;
}

/// Of a message from before a restart.
bool shard::waits_still(const reopened& what) {
  const auto due = due_of(*what.message);
  if (!due || *due <= at_.clock.wall()) return false;
  schedule_.add(*due, what.seq);
  plan_schedule();
  return true;
}

void shard::plan_schedule() {
  const auto next = schedule_.next();
  if (!next || reads_due_) return;
  const auto left = std::clamp(*next - at_.clock.wall(), nanoseconds(0), look_again);
  at_.timers.schedule(schedule_alarm_, at_.clock.mono() + left);
}

void shard::look_at_schedule() {
  auto due = schedule_.take_due(at_.clock.wall(), due_max);
  if (due.empty()) return plan_schedule();
  reads_due_ = true;
  house_.reader->post([this, due = std::move(due)] {
    auto found = read_back(house_.events, due);
    at_.loop.post([this, due, found = std::move(found)] {
      reads_due_ = false;
      if (!found || found->size() < due.size()) {
        counters_.parked_lost.add(due.size() - (found ? found->size() : 0));
        house_.log.error("{} messages whose time has come cannot be read back: {}",
                         due.size() - (found ? found->size() : 0),
                         found ? "the journal does not have them" : found.error().detail);
      }
      if (found) launch_due(*found);
      plan_schedule();
    });
  });
}

void shard::launch_due(const std::vector<stored_work>& found) {
  for (const auto& work : found) {
    auto made = restore(work.envelope, work.tenant, work.accepted_at);
    if (!made) {
      counters_.parked_lost.add(1);
      house_.log.error("message seq {} of the journal cannot be read back: {}", work.seq.value,
                       made.error().detail);
      continue;
    }
    std::vector<delivery::resumption> all;
    for (std::uint16_t i = 0; i < work.plan->deliveries().size(); ++i) all.push_back({i, 0, {}, 0});
    // Rule timeouts count from the time that was asked for.
    resume({std::move(*made), work.plan, work.seq, work.tenant_seq, work.wants_reply,
            std::move(all), true});
  }
}

}  // namespace nip::broker
