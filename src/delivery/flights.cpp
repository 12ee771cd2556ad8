// Memory of deliveries: admission, pooled flights and slots, and the life of plugin instances.
#include <fmt/format.h>

#include <algorithm>

#include "delivery/dispatcher.hpp"

namespace nip::delivery {

target& dispatcher::target_of(std::string_view name) {
  auto found = targets_.find(name);
  if (found == targets_.end())
    found =
        targets_.emplace(std::string(name), std::make_unique<target>(std::string(name), at_.chosen))
            .first;
  return *found->second;
}

target& dispatcher::target_of(const router::target& planned) {
  if (planned.number >= by_number_.size()) by_number_.resize(planned.number + 1);
  auto& known = by_number_[planned.number];
  if (!known || planned.number == 0) known = &target_of(std::string_view(planned.name));
  return *known;
}

status dispatcher::admit(const router::plan& plan, const message::message& what, bool journaled) {
  const bool may_wait_on_disk = journaled && !plan.ordered();
  for (const auto& each : plan.deliveries()) {
    // A delivery with several candidates may go to any; the first stands for all of them.
    const auto& first = each.targets.front();
    const auto& to = target_of(first);
    if (may_wait_on_disk) {
      // What is admitted beyond the queue's places and still waits for its sync will go there too.
      const auto places = at_.chosen.queue_messages_max;
      const auto waiting = to.backlog_.size() + (to.admitted_ > places ? to.admitted_ - places : 0);
      if (waiting < at_.chosen.backlog_max) continue;
      return fail(
          errc::exhausted,
          fmt::format("{} messages wait on disk for plugin \"{}\" on this shard; try again later, "
                      "or raise services.plugin_orchestrator.delivery.backlog",
                      waiting, first.name));
    }
    if (to.admitted_ < at_.chosen.queue_messages_max) continue;
    return fail(
        errc::exhausted,
        fmt::format(
            "the queue of plugin \"{}\" is full ({} messages wait or run on this shard); "
            "try again later, or raise services.plugin_orchestrator.delivery.queue_messages",
            first.name, at_.chosen.queue_messages_max));
  }
  const auto bytes = static_cast<std::int64_t>(what.footprint());
  if (!memory_.take(bytes, what.view().urgency))
    return fail(
        errc::exhausted,
        fmt::format("the memory budget of {} MiB is used up for messages of priority {}; try again "
                    "later, or raise services.message_router.resources.memory",
                    at_.memory.max() >> 20, message::to_string(what.view().urgency)));
  for (const auto& each : plan.deliveries()) join_queue(target_of(each.targets.front()), what);
  return {};
}

void dispatcher::admit_anyway(const message::message& what) {
  memory_.force(static_cast<std::int64_t>(what.footprint()));
}

void dispatcher::withdraw(const router::plan& plan, const message::message& what) {
  for (const auto& each : plan.deliveries()) leave_queue(target_of(each.targets.front()), what);
  settle(what);
}

void dispatcher::settle(const message::message& what) {
  memory_.give_back(static_cast<std::int64_t>(what.footprint()));
}

void dispatcher::join_queue(target& to, const message::message& what) {
  ++to.admitted_;
  to.held_bytes_ += what.footprint();
}

void dispatcher::leave_queue(target& to, const message::message& what) {
  --to.admitted_;
  to.held_bytes_ -= what.footprint();
  look_at_backlog(to);
}

flight& dispatcher::open_flight() {
  if (free_flights_.empty()) return flights_.emplace_back(at_.owner).one;
  auto& one = *free_flights_.back();
  free_flights_.pop_back();
  return one;
}

void dispatcher::release(flight& what) {
  for (auto* one : what.deliveries) free_slot(*one);
  what.deliveries.clear();
  what.order_keys.clear();
  what.gathered.clear();
  what.message.reset();
  what.plan.reset();
  what.reply.reset();
  what.waiting = what.wants_reply = what.gathers = what.ageless = what.sampled = false;
  what.guest = what.guest_waits = false;
  at_.timers.cancel(what.wait);
  what.open = what.parked = 0;
  what.deadline = mono_time::never();
  free_flights_.push_back(&what);
}

void dispatcher::cancel_wait(flight& what) {
  what.waiting = false;
  at_.timers.cancel(what.wait);
}

delivery& dispatcher::take_slot() {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slab_.size()));
    slab_.emplace_back(*this);
  }
  const auto index = free_slots_.back();
  free_slots_.pop_back();
  auto& entry = slab_[index];
  ++entry.epoch;
  entry.one.token = std::uint64_t{entry.epoch} << 32 | index;
  return entry.one;
}

void dispatcher::renew_token(delivery& one) {
  const auto index = static_cast<std::uint32_t>(one.token);
  one.token = std::uint64_t{++slab_[index].epoch} << 32 | index;
}

void dispatcher::free_slot(delivery& one) {
  const auto index = static_cast<std::uint32_t>(one.token);
  one.token = 0;
  one.attempt = one.redrives = one.step = one.chosen = 0;
  one.state = delivery_state::planned;
  one.explored = one.probe = one.in_line = false;
  one.order_key = 0;
  one.not_before = {};
  one.to = nullptr;
  one.input.reset();
  one.error.clear();
  one.failures.clear();
  one.scores.clear();
  one.took = {};
  free_slots_.push_back(index);
}

delivery* dispatcher::find(std::uint64_t token) {
  const auto index = static_cast<std::uint32_t>(token);
  if (index >= slab_.size() || slab_[index].one.token != token) return nullptr;
  return &slab_[index].one;
}

void dispatcher::set_plugins(const plugin::spec_map& specs) {
  for (const auto& [name, spec] : specs) {
    auto& to = target_of(name);
    if (to.spec_ == spec) continue;
    to.spec_ = spec;
    to.start_again_ = {};
    to.healthy_ = true;
    to.trouble_.clear();
    to.breaker_ = circuit_breaker(at_.chosen.breaker, at_.chosen.attempt_timeout);
    if (to.instance_) retire(std::move(to.instance_));
    if (to.queued() > 0) mark_dirty(to);
  }
  for (auto& [name, to] : targets_) {
    if (!to->spec_ || specs.contains(name)) continue;
    to->spec_.reset();
    if (to->instance_) retire(std::move(to->instance_));
  }
}

void dispatcher::retire(std::unique_ptr<plugin::instance> instance) {
  auto* raw = instance.get();
  retiring_.push_back(std::move(instance));
  ++stopping_;
  raw->stop([this, raw] {
    --stopping_;
    // Destroyed from the loop, not from inside its own call.
    at_.loop.post([this, raw] {
      std::erase_if(retiring_, [raw](const auto& each) { return each.get() == raw; });
      if (stopped_ && retiring_.empty() && on_stopped_) std::exchange(on_stopped_, nullptr)();
    });
  });
}

std::size_t dispatcher::busy() const {
  std::size_t count = 0;
  for_each_flight([&](const flight& each) {
    if (each.open == 0) return;
    for (const auto* one : each.deliveries)
      count += one->state == delivery_state::queued || one->state == delivery_state::running ||
               (!each.journaled() && !ended(one->state));
  });
  return count;
}

bool dispatcher::alive(const plugin::instance* which) const {
  for (const auto& [name, to] : targets_)
    if (to->instance_.get() == which) return true;
  return std::ranges::any_of(retiring_, [which](const auto& each) { return each.get() == which; });
}

void dispatcher::stop(std::function<void()> done) {
  stopped_ = true;
  on_stopped_ = std::move(done);
  for (auto& [name, to] : targets_)
    if (to->instance_) retire(std::move(to->instance_));
  if (retiring_.empty() && on_stopped_) at_.loop.post(std::exchange(on_stopped_, nullptr));
}

void dispatcher::check_health() {
  for (auto& [name, to] : targets_) {
    if (!to->instance_) {
      // Without this a candidate that failed to start once would never be chosen, so never tried.
      if (to->spec_ && at_.clock.mono() >= to->start_again_) to->healthy_ = true;
      continue;
    }
    const auto report = to->instance_->health();
    const bool was_healthy = to->healthy_;
    to->healthy_ = report.state != plugin::health_state::unhealthy;
    if (was_healthy && !to->healthy_)
      to->try_unhealthy_at_ = at_.clock.mono() + at_.chosen.unhealthy_retry;
    to->trouble_ = to->healthy_ ? "" : report.reason;
  }
}

}  // namespace nip::delivery
