#include "base/task_group.hpp"

#include <utility>

namespace nip {

ticket::ticket(ticket&& other) noexcept { *this = std::move(other); }

ticket& ticket::operator=(ticket&& other) noexcept {
  if (this == &other) return *this;
  end();
  name_ = other.name_;
  on_cancel_ = std::exchange(other.on_cancel_, nullptr);
  cancelled_ = other.cancelled_;
  group_ = std::exchange(other.group_, nullptr);
  if (other.is_linked()) swap_nodes(other);
  return *this;
}

void ticket::end() noexcept {
  if (!is_linked()) return;
  unlink();
  on_cancel_ = nullptr;
  std::exchange(group_, nullptr)->ended();
}

task_group::task_group(std::string name, timer_wheel& timers)
    : name_(std::move(name)), timers_(timers), deadline_([this] { at_deadline(); }) {}

task_group::~task_group() {
  done_ = nullptr;
  draining_ = true;
  cancel();
  while (!tickets_.empty()) {
    tickets_.front().group_ = nullptr;
    tickets_.pop_front();
  }
}

ticket task_group::start(std::string_view name) {
  ticket started;
  if (draining_) return started;
  started.name_ = name;
  started.group_ = this;
  tickets_.push_back(started);
  ++open_;
  return started;
}

void task_group::cancel() {
  // A callback may end its own and other activities, so each turn looks for the next one anew.
  ticket_list told;
  while (!tickets_.empty()) {
    ticket& next = tickets_.front();
    tickets_.pop_front();
    told.push_back(next);
    if (!std::exchange(next.cancelled_, true) && next.on_cancel_) {
      // A copy of its own: the callback may let go of the ticket that holds it.
      const std::function<void()> on_cancel = std::exchange(next.on_cancel_, nullptr);
      on_cancel();
    }
  }
  tickets_.splice(tickets_.begin(), told);
}

void task_group::drain(mono_time deadline, std::function<void(const drain_report&)> done) {
  draining_ = true;
  done_ = std::move(done);
  if (open_ == 0) return report();
  timers_.schedule(deadline_, deadline);
}

void task_group::at_deadline() {
  cancelling_ = true;
  cancel();
  cancelling_ = false;
  for (const ticket& open : tickets_)
    if (drained_.left.size() < names_max) drained_.left.emplace_back(open.name_);
  drained_.left_count = open_;
  report();
}

void task_group::ended() noexcept {
  --open_;
  if (!draining_) return;
  ++(cancelling_ ? drained_.cancelled : drained_.finished);
  if (open_ == 0 && !cancelling_) report();
}

void task_group::report() {
  timers_.cancel(deadline_);
  const drain_report report = std::exchange(drained_, {});
  // Last, since the callback may destroy the group.
  if (const auto done = std::exchange(done_, nullptr)) done(report);
}

void task_group::for_each(const std::function<void(std::string_view)>& visit) const {
  for (const ticket& open : tickets_) visit(open.name_);
}

}  // namespace nip
