// What one target has shown so far on one shard: counters for people, smoothed times for the
// scorer.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/clock.hpp"
#include "observability/metrics.hpp"

namespace nip::delivery {

/// One shard's thread writes; counters may be read by any.
class target_stats {
 public:
  observability::counter done;
  observability::counter failed;     ///< attempts that failed
  observability::counter timed_out;  ///< attempts that were not answered in time
  observability::counter late;       ///< completions that came after their attempt was given up
  observability::counter opened;     ///< times that the circuit breaker opened
  observability::counter probes;     ///< attempts to find out whether it works again
  observability::counter moved;      ///< deliveries that waited for it and were chosen anew

  void on_done(nanoseconds took) {
    done.add(1);
    smooth(service_, static_cast<double>(took.count()));
    failure_rate_ += (0 - failure_rate_) * weight;
    recent_[next_++ % recent_.size()] = static_cast<float>(took.count());
    seen_ = std::min<std::uint32_t>(seen_ + 1, recent_.size());
    if (next_ % 8 == 0 || seen_ < 8) remember_median();
  }
  void on_failed(nanoseconds took) {
    failed.add(1);
    smooth(time_to_fail_, static_cast<double>(took.count()));
    failure_rate_ += (1 - failure_rate_) * weight;
  }

  /// It works again: what it failed before says nothing of what is to come.
  void forget_failures() { failure_rate_ = 0; }

  double service_ns() const { return service_; }
  double median_ns() const { return median_; }
  double time_to_fail_ns() const { return time_to_fail_; }
  double failure_rate() const { return failure_rate_; }

 private:
  static constexpr double weight = 0.1;  // of the newest sample in every smoothed number

  static void smooth(double& value, double sample) {
    value = value == 0 ? sample : value + (sample - value) * weight;
  }
  void remember_median() {
    auto copy = recent_;
    const auto middle = copy.begin() + seen_ / 2;
    std::nth_element(copy.begin(), middle, copy.begin() + seen_);
    median_ = *middle;
  }

  double service_ = 0;
  double time_to_fail_ = 0;
  double failure_rate_ = 0;
  double median_ = 0;
  std::array<float, 32> recent_{};
  std::uint32_t next_ = 0;
  std::uint32_t seen_ = 0;
};

}  // namespace nip::delivery
