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

/// True when the message has to wait for its time: it comes back out of the journal then.
bool shard::is_for_later(const message::message& what, seq_t seq) {
  if (what.view().due.empty() || is_volatile(seq)) return false;
  const auto due = what.wanted_at();
  if (due <= at_.clock.wall()) return false;
  schedule_.add(due, seq);
  plan_schedule();
  return true;
}

/// Its flight is given back: nothing of it stays but its time.
void shard::postpone(delivery::flight& what) {
  counters_.scheduled.add(1);
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
  fetch(
      std::move(due),
      [this](const stored_work& work) {
        std::vector<delivery::resumption> all(work.plan->deliveries().size());
        for (std::uint16_t i = 0; i < all.size(); ++i) all[i].index = i;
        go_on(work, std::move(all), counting::now, false);
      },
      [this] {
        reads_due_ = false;
        plan_schedule();
      });
}

}  // namespace nip::broker
