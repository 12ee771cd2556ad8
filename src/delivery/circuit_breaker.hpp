// When a target that keeps failing gets no more attempts, and how it gets them back.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace nip::delivery {

struct breaker_options {
  /// Failures without a success between them that open it.
  std::uint32_t failures_in_row = 5;
  /// It opens too when at least `failures_share` of at least `attempts_min` attempts that ended
  /// within `window` failed.
  std::uint32_t attempts_min = 20;
  double failures_share = 0.5;
  nanoseconds window = std::chrono::seconds(10);
  /// Shortest and longest time that it stays open; each time in a row doubles it.
  nanoseconds open_min = std::chrono::seconds(1);
  nanoseconds open_max = std::chrono::seconds(60);
  /// Attempts that may be on their way to a half-open target, as probes.
  std::uint32_t probes_max = 1;
  /// Successes while half-open that close it.
  std::uint32_t successes_to_close = 3;
  /// At most this share of the targets that a message could go to is left out of its choice, and
  /// never the last. 0: none is left out.
  double left_out_share = 0.5;
};

enum class breaker_state : std::uint8_t { closed, open, half_open };
std::string_view to_string(breaker_state state) noexcept;

/// A state machine without clock or randomness of its own. Owned by a target; one thread. What it
/// is told of attempts that were begun before its last change of state is not counted.
class circuit_breaker {
 public:
  /// `patience`: a probe that has said nothing for so long does not keep the next one back.
  circuit_breaker(const breaker_options& chosen, nanoseconds patience)
      : chosen_(&chosen), patience_(patience) {}

  /// An attempt succeeded, or was refused for good: either way the target works. True: it closed.
  bool on_success(mono_time started, mono_time now) {
    if (started < since_) return false;
    if (!closed_) return on_probe_success(now);
    count(now, 0);
    in_row_ = 0;
    return false;
  }
  /// An attempt failed or was not answered. True: it opened.
  bool on_failure(mono_time started, mono_time now, random_source& random);

  bool is_closed() const { return closed_; }
  breaker_state at(mono_time now) const;
  /// When it was last opened: the first moment of a probe.
  mono_time half_open_from() const { return since_; }
  /// Half-open, and not all probes are on their way.
  bool may_probe(mono_time now) const;
  void begin_probe(mono_time now);

 private:
  static constexpr std::size_t buckets = 10;
  struct bucket {
    std::uint32_t attempts = 0;
    std::uint32_t failures = 0;
  };

  void count(mono_time now, std::uint32_t failures) {
    if (now >= bucket_end_) roll(now);
    auto& newest = window_[newest_];
    ++newest.attempts;
    newest.failures += failures;
  }
  void roll(mono_time now);
  bool has_failed_enough() const;
  bool on_probe_success(mono_time now);
  void open(mono_time now, random_source& random);
  void close(mono_time now);

  const breaker_options* chosen_;
  nanoseconds patience_;
  std::array<bucket, buckets> window_{};
  std::size_t newest_ = 0;
  mono_time bucket_end_{};
  mono_time since_{};  // attempts begun earlier do not count
  std::uint32_t in_row_ = 0;
  bool closed_ = true;
  unsigned doublings_ = 0;          // of the next time that it stays open
  std::uint32_t successes_ = 0;     // while half-open
  std::uint32_t on_their_way_ = 0;  // probes
  mono_time last_probe_{};
};

}  // namespace nip::delivery
