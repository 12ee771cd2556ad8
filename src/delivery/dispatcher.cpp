#include "delivery/dispatcher.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nip::delivery {

std::string_view to_string(delivery_state state) noexcept {
  constexpr std::string_view names[] = {"planned",   "held", "queued", "running", "backing_off",
                                        "elsewhere", "done", "dead",   "expired"};
  return names[static_cast<unsigned>(state)];
}

dispatcher::dispatcher(const surroundings& where) : at_(where), memory_(where.memory) {}
dispatcher::~dispatcher() = default;

void dispatcher::launch(flight& what) {
  const auto count = what.plan->deliveries().size();
  const bool parks = may_park(what);
  for (std::uint16_t i = 0; i < count; ++i)
    if (parks && goes_to_disk(what, i))
      park(what, i);
    else
      prepare(what, i);
  start(what);
}

void dispatcher::start(flight& what) {
  const auto count = what.deliveries.size();
  if (count == 0) return what.parked > 0 ? at_.owner.on_parked(what) : at_.owner.on_closed(what);
  // begin() may end a delivery at once and so close the flight: it must not be touched afterwards.
  for (std::size_t i = 0; i < count; ++i) begin(*what.deliveries[i]);
}

void dispatcher::launch(flight& what, std::span<const resumption> only, bool from_backlog) {
  const bool parks = !from_backlog && may_park(what);
  for (const auto& each : only) {
    join_queue(queue_of(what, each.index), *what.message);
    const bool fresh = each.attempt == 0 && each.not_before == mono_time{};
    if (parks && fresh && goes_to_disk(what, each.index)) {
      park(what, each.index);
      continue;
    }
    prepare(what, each.index);
    auto& one = *what.deliveries.back();
    one.attempt = each.attempt;
    one.redrives = each.redrives;
    one.not_before = each.not_before;
  }
  start(what);
}

void dispatcher::prepare(flight& what, std::uint16_t index) {
  auto& one = take_slot();
  one.owner = &what;
  one.index = index;
  const auto& planned = what.plan->deliveries()[index];
  one.order_key = what.order_keys.empty() ? 0 : what.order_keys[index];
  one.deadline = what.deadline;
  if (planned.timeout) {
    // Counted from acceptance, which after a restart lies in the past of the wall clock, or from
    // the later time that was asked for.
    const auto age = what.ageless ? nanoseconds(0) : at_.clock.wall() - what.message->wanted_at();
    const auto left = *planned.timeout - std::max(age, nanoseconds(0));
    one.deadline = std::min(one.deadline, at_.clock.mono() + std::max(left, nanoseconds(0)));
  }
  what.deliveries.push_back(&one);
  ++what.open;
  ++open_;
}

void dispatcher::begin(delivery& one) {
  if (!one.order_key) return enqueue(one);
  const unsigned home = static_cast<unsigned>(one.order_key % at_.shards);
  if (home != at_.shard && !one.owner->guest) {
    one.state = delivery_state::elsewhere;
    return at_.owner.send_home(one, home);
  }
  if (!one.owner->journaled()) return line_up(one);
  one.state = delivery_state::held;
  if (one.deadline != mono_time::never()) arm(one, one.deadline);
  lobby_.push_back({one.owner->seq, one.token});
  last_in_lobby_ = std::max(last_in_lobby_, one.owner->seq);
  std::ranges::push_heap(lobby_, std::greater{});
}

std::optional<seq_t> dispatcher::first_in_lobby() {
  if (lobby_.empty()) return std::nullopt;
  return lobby_.front().seq;
}

void dispatcher::let_in(seq_t below) {
  while (!lobby_.empty() && lobby_.front().seq < below) {
    std::ranges::pop_heap(lobby_, std::greater{});
    auto* one = find(lobby_.back().token);
    lobby_.pop_back();
    // One that is not there any more expired while it waited.
    if (one && one->state == delivery_state::held) line_up(*one);
  }
}

void dispatcher::line_up(delivery& one) {
  one.in_line = true;
  if (lines_.enter(one)) return enqueue(one);
  one.state = delivery_state::held;
  if (one.deadline != mono_time::never()) arm(one, one.deadline);
}

void dispatcher::enqueue(delivery& one) {
  if (one.not_before != mono_time{} && one.not_before > at_.clock.mono()) {
    one.state = delivery_state::backing_off;
    return arm(one, std::min(one.not_before, one.deadline));
  }
  if (auto* to = choose(one)) {
    one.state = delivery_state::queued;
    to->push(one);
    if (one.deadline != mono_time::never()) arm(one, one.deadline);
    return mark_dirty(*to);
  }
  ++one.attempt;
  fail_attempt(one,
               fmt::format("no target of rule \"{}\" is available: {}", one.planned().rule,
                           unavailable_targets(one.planned())),
               nanoseconds(0));
}

void dispatcher::mark_dirty(target& to) {
  if (to.dirty_) return;
  to.dirty_ = true;
  dirty_.push_back(&to);
}

void dispatcher::pump() {
  // A plugin's answer may make other targets dirty; each round serves those that were dirty before
  // it.
  constexpr int rounds_max = 64;
  for (int round = 0; round < rounds_max; ++round) {
    advance_lines();
    fetch_backlogs();
    if (dirty_.empty()) return;
    std::vector<target*>& now = pumping_;
    now.swap(dirty_);
    for (auto* to : now) to->dirty_ = false;
    for (auto* to : now) pump(*to);
    now.clear();
  }
}

void dispatcher::advance_lines() {
  for (std::size_t i = 0; i < next_in_line_.size(); ++i) {
    auto* one = find(next_in_line_[i]);
    if (!one || one->state != delivery_state::held) continue;
    at_.timers.cancel(one->alarm);
    enqueue(*one);
  }
  next_in_line_.clear();
}

void dispatcher::pump(target& to) {
  while (!stopped_ && to.enabled() && to.queued() > 0) {
    if (to.must_choose_again_) {
      choose_again(to);
      continue;
    }
    if (!ensure_instance(to)) return;
    const auto limit = to.in_flight_max();
    if (to.in_flight_ >= limit) return;
    collect_batch(to, std::min<std::size_t>(limit - to.in_flight_, to.batch_max()));
    if (!batch_.empty()) hand_over(to);
  }
}

bool dispatcher::ensure_instance(target& to) {
  if (to.instance_) return true;
  const auto now = at_.clock.mono();
  if (now < to.start_again_) {
    fail_queue(to);
    return false;
  }
  auto made = at_.plugins.create(to.spec_, {at_.shard, at_.loop, *this, at_.clock});
  if (made) {
    to.instance_ = std::move(*made);
    to.healthy_ = true;
    to.trouble_.clear();
    return true;
  }
  to.healthy_ = false;
  to.trouble_ = made.error().detail;
  to.start_again_ = now + at_.chosen.start_retry;
  fail_queue(to);
  return false;
}

void dispatcher::fail_queue(target& to) {
  for (auto left = to.queued(); left > 0; --left) {
    auto* one = to.pop();
    ++one->attempt;
    fail_attempt(*one, fmt::format("plugin \"{}\" did not start: {}", to.name(), to.trouble_),
                 at_.chosen.start_retry);
  }
}

void dispatcher::collect_batch(target& to, std::size_t most) {
  const auto now = at_.clock.mono();
  batch_.clear();
  while (batch_.size() < most) {
    auto* one = to.pop();
    if (!one) break;
    if (one->deadline <= now) {
      expire(*one);
      continue;
    }
    at_.timers.cancel(one->alarm);
    one->state = delivery_state::running;
    one->started = now;
    if (to.in_flight_ == 0) to.last_answer_ = now;
    one->met = to.in_flight_ + static_cast<std::uint32_t>(batch_.size());
    if (++one->attempt == 1) to.budget_.on_first_attempt();
    auto& of = *one->owner;
    const auto& planned = one->planned();
    const bool last_step = one->step + 1u == planned.targets.size();
    batch_.push_back({one->token, one->input ? one->input : of.message, of.seq, planned.rule,
                      planned.slot, one->attempt,
                      (planned.how == router::strategy::chain && !last_step) || of.wants_reply ||
                          !of.message->view().reply_to.empty(),
                      attempt_end(*one, now)});
  }
}

/// A probe leaves half of the message's time for another target.
mono_time dispatcher::attempt_end(const delivery& one, mono_time now) const {
  const auto end = std::min(one.deadline, now + at_.chosen.attempt_timeout);
  if (!one.probe || one.deadline == mono_time::never()) return end;
  return std::min(end, now + (one.deadline - now) / 2);
}

void dispatcher::hand_over(target& to) {
  to.in_flight_ += static_cast<std::uint32_t>(batch_.size());
  // Completions of an inline plugin come before handle() returns and may queue more for this
  // target, but batch_ is not touched until the next collect_batch().
  handing_over_ = true;
  answered_.reset();
  to.instance_->handle(batch_);
  handing_over_ = false;
  for (const auto& each : batch_) {
    auto* one = find(each.token);
    if (one && one->state == delivery_state::running) arm(*one, each.deadline);
  }
  batch_.clear();
}

}  // namespace nip::delivery
