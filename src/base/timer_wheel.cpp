#include "base/timer_wheel.hpp"

#include <bit>

namespace nip {
namespace {

std::uint64_t whole_ticks(mono_time time) noexcept {
  return time.ns <= 0 ? 0 : static_cast<std::uint64_t>(time.ns / timer_wheel::tick.count());
}

/// The first tick that is not before `time`.
std::uint64_t ticks_until(mono_time time) noexcept {
  const std::uint64_t whole = whole_ticks(time);
  return whole + (time.ns > 0 && time.ns % timer_wheel::tick.count() != 0 ? 1 : 0);
}

}  // namespace

timer::~timer() {
  if (wheel_ != nullptr) wheel_->cancel(*this);
}

timer_wheel::timer_wheel(mono_time now) noexcept : elapsed_(whole_ticks(now)) {}

timer_wheel::~timer_wheel() {
  const auto disarm = [](slot_list& list) {
    while (!list.empty()) {
      list.front().wheel_ = nullptr;
      list.pop_front();
    }
  };
  for (auto& level : lists_)
    for (slot_list& list : level) disarm(list);
  disarm(overdue_);
}

void timer_wheel::schedule(timer& t, mono_time due) noexcept {
  cancel(t);
  // The last millisecond before never cannot be rounded up to a tick.
  if (mono_time::never() - due < tick) return;
  t.wheel_ = this;
  t.due_ = due;
  ++armed_;
  insert(t, ticks_until(due));
}

void timer_wheel::insert(timer& t, std::uint64_t tick_due) noexcept {
  if (tick_due <= elapsed_) {
    t.level_ = overdue_level;
    overdue_.push_back(t);
    return;
  }
  // The highest digit (base 64) in which it differs from now: on that level its slot lies ahead.
  const auto highest_bit = static_cast<unsigned>(std::bit_width(elapsed_ ^ tick_due)) - 1;
  const unsigned level = highest_bit / slot_bits;
  const unsigned slot = static_cast<unsigned>(tick_due >> (level * slot_bits)) % slots;
  t.level_ = static_cast<std::uint8_t>(level);
  t.slot_ = static_cast<std::uint8_t>(slot);
  lists_[level][slot].push_back(t);
  occupied_[level] |= std::uint64_t{1} << slot;
}

void timer_wheel::cancel(timer& t) noexcept {
  if (t.wheel_ == nullptr) return;
  t.unlink();
  t.wheel_ = nullptr;
  --armed_;
  if (t.level_ != overdue_level && lists_[t.level_][t.slot_].empty())
    occupied_[t.level_] &= ~(std::uint64_t{1} << t.slot_);
}

bool timer_wheel::next_place(place& found) const noexcept {
  for (unsigned level = 0; level < levels; ++level) {
    if (occupied_[level] == 0) continue;
    const auto slot = static_cast<unsigned>(std::countr_zero(occupied_[level]));
    const unsigned shift = level * slot_bits;
    const std::uint64_t above = elapsed_ >> (shift + slot_bits) << (shift + slot_bits);
    found = {level, slot, above | std::uint64_t{slot} << shift};
    return true;
  }
  return false;
}

mono_time timer_wheel::next_due() const noexcept {
  if (!overdue_.empty()) return overdue_.front().due_;
  place next{};
  if (!next_place(next)) return mono_time::never();
  return {static_cast<std::int64_t>(next.at) * tick.count()};
}

std::size_t timer_wheel::advance(mono_time now) {
  slot_list late;
  late.swap(overdue_);
  std::size_t ran = run_all(late);
  const std::uint64_t target = whole_ticks(now);
  for (place next{}; next_place(next) && next.at <= target;) ran += turn(next);
  elapsed_ = std::max(elapsed_, target);
  return ran;
}

std::size_t timer_wheel::turn(const place& slot) {
  slot_list taken;
  taken.swap(lists_[slot.level][slot.slot]);
  occupied_[slot.level] &= ~(std::uint64_t{1} << slot.slot);
  elapsed_ = slot.at;
  if (slot.level == 0) return run_all(taken);
  slot_list due;
  while (!taken.empty()) {
    timer& t = taken.front();
    taken.pop_front();
    const std::uint64_t tick_due = ticks_until(t.due_);
    if (tick_due <= elapsed_) {
      due.push_back(t);
    } else {
      insert(t, tick_due);
    }
  }
  return run_all(due);
}

std::size_t timer_wheel::run_all(slot_list& due) {
  std::size_t ran = 0;
  for (; !due.empty(); ++ran) {
    timer& t = due.front();
    due.pop_front();
    t.wheel_ = nullptr;
    --armed_;
    t.on_due_();
  }
  return ran;
}

}  // namespace nip
