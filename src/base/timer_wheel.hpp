// All the timers of a shard in one hierarchical wheel: arm, re-arm and cancel in constant time.
#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>

#include "base/clock.hpp"

namespace nip {

class timer_wheel;

/// One timer, a member of whoever waits. Destroying it cancels it. The callback is set once; a
/// lambda that holds one or two pointers costs no allocation. One thread, the wheel's.
class timer : public boost::intrusive::list_base_hook<
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit timer(std::function<void()> on_due) : on_due_(std::move(on_due)) {}
  ~timer();
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  bool armed() const noexcept { return wheel_ != nullptr; }
  /// When it is due, as it was scheduled; meaningful while armed.
  mono_time due() const noexcept { return due_; }

 private:
  friend class timer_wheel;
  std::function<void()> on_due_;
  timer_wheel* wheel_ = nullptr;
  mono_time due_;
  std::uint8_t level_ = 0;
  std::uint8_t slot_ = 0;
};

/// Eight levels of 64 slots, a slot of level n being 64^n ticks of a millisecond wide; a timer
/// sinks through the levels as its time comes near (Varghese and Lauck, 1987). It never runs early
/// and, when advance() is called in time, at most one tick late. One thread. Timers may outlive the
/// wheel; they are cancelled when it goes.
class timer_wheel {
 public:
  static constexpr nanoseconds tick{1'000'000};

  explicit timer_wheel(mono_time now) noexcept;
  ~timer_wheel();
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;

  /// Arms or re-arms. What is past already runs at the next advance(). mono_time::never() cancels.
  void schedule(timer& t, mono_time due) noexcept;
  /// Disarms; nothing happens when it is not armed.
  void cancel(timer& t) noexcept;
  /// Runs every timer that is due, in order of their ticks; returns how many ran. Callbacks may
  /// arm, cancel and destroy any timer, their own too; what they arm for the past waits for the
  /// next call.
  std::size_t advance(mono_time now);
  /// When advance() is to be called next: never later than the earliest timer's tick, perhaps
  /// earlier (a timer has to sink a level). mono_time::never() when nothing is armed.
  mono_time next_due() const noexcept;
  std::size_t armed() const noexcept { return armed_; }

 private:
  static constexpr unsigned slot_bits = 6;
  static constexpr unsigned slots = 1U << slot_bits;
  static constexpr unsigned levels = 8;
  /// The level of timers that were due when they were armed.
  static constexpr std::uint8_t overdue_level = levels;

  using slot_list = boost::intrusive::list<timer, boost::intrusive::constant_time_size<false>>;
  struct place {
    unsigned level;
    unsigned slot;
    std::uint64_t at;  ///< tick at which the slot begins
  };

  void insert(timer& t, std::uint64_t tick_due) noexcept;
  /// The slot that comes next; false when all are empty.
  bool next_place(place& found) const noexcept;
  /// Empties a slot: sinks its timers or, at the lowest level, runs them.
  std::size_t turn(const place& slot);
  std::size_t run_all(slot_list& due);

  std::uint64_t elapsed_;  ///< ticks up to which everything has run
  std::size_t armed_ = 0;
  std::array<std::uint64_t, levels> occupied_{};  ///< one bit a slot
  std::array<std::array<slot_list, slots>, levels> lists_;
  slot_list overdue_;
};

}  // namespace nip
