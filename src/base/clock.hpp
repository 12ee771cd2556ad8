// Time as a value that tests can drive: monotonic for deadlines and backoff, wall for timestamps.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace nip {

using nanoseconds = std::chrono::nanoseconds;

/// Sums of times saturate: a deadline of years ago or far ahead stays one.
constexpr std::int64_t saturated_sum(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? INT64_MIN : INT64_MAX;
}
constexpr std::int64_t saturated_difference(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b < 0 ? INT64_MAX : INT64_MIN;
}

/// Monotonic instant, nanoseconds since an arbitrary start (CLOCK_MONOTONIC in production).
struct mono_time {
  std::int64_t ns = 0;
  constexpr auto operator<=>(const mono_time&) const = default;
  friend constexpr mono_time operator+(mono_time t, nanoseconds d) {
    return {saturated_sum(t.ns, d.count())};
  }
  friend constexpr nanoseconds operator-(mono_time a, mono_time b) {
    return nanoseconds(saturated_difference(a.ns, b.ns));
  }
  static constexpr mono_time never() { return {INT64_MAX}; }
};

/// Wall-clock instant, nanoseconds since 1970-01-01T00:00:00Z.
struct wall_time {
  std::int64_t ns = 0;
  constexpr auto operator<=>(const wall_time&) const = default;
  friend constexpr wall_time operator+(wall_time t, nanoseconds d) {
    return {saturated_sum(t.ns, d.count())};
  }
  friend constexpr nanoseconds operator-(wall_time a, wall_time b) {
    return nanoseconds(saturated_difference(a.ns, b.ns));
  }
};

/// One moment on both clocks.
struct instant {
  mono_time mono;
  wall_time wall;
};

/// Where time comes from. Thread-safe; a read costs about 26 ns, so callers read once a loop turn.
class clock_source {
 public:
  virtual ~clock_source() = default;
  virtual mono_time mono() const noexcept = 0;
  virtual wall_time wall() const noexcept = 0;
  instant now() const noexcept { return {mono(), wall()}; }
};

/// The operating system's clocks.
class system_clock final : public clock_source {
 public:
  mono_time mono() const noexcept override;
  wall_time wall() const noexcept override;
};

/// A clock that stands still until told. One thread at a time.
class manual_clock final : public clock_source {
 public:
  explicit manual_clock(wall_time start = {1'700'000'000'000'000'000}) : wall_(start) {}
  mono_time mono() const noexcept override { return mono_; }
  wall_time wall() const noexcept override { return wall_; }
  /// Moves both clocks forward.
  void advance(nanoseconds by) {
    mono_ = mono_ + by;
    wall_ = wall_ + by;
  }
  /// Moves only the wall clock, as an operator or NTP would.
  void jump_wall(nanoseconds by) { wall_ = wall_ + by; }

 private:
  mono_time mono_{1'000'000'000};
  wall_time wall_;
};

/// RFC 3339 in UTC with milliseconds: "2026-11-22T02:10:07.123Z" (24 characters).
std::string format_rfc3339(wall_time time);
/// The same into `out`, which has room for 24 characters; returns the end.
char* format_rfc3339(wall_time time, char* out) noexcept;
/// Parses RFC 3339 with any offset and up to nine fraction digits. Fails with errc::parse.
result<wall_time> parse_rfc3339(std::string_view text);
/// Parses "250ms", "5s", "1.5h", "2m30s"; units ns us ms s m h d. A bare number is refused, but "0"
/// is zero. Fails with errc::parse.
result<nanoseconds> parse_duration(std::string_view text);
/// The shortest text that parse_duration reads back: "1.5s", "250ms", "2h".
std::string format_duration(nanoseconds duration);

}  // namespace nip
