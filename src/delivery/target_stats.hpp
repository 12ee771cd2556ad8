// What one target has shown so far on one shard: counters for people, smoothed times for the
// scorer.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "observability/metrics.hpp"
#include "router/latency_by_load.hpp"

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

  /// `met`: how many others the plugin worked on when it was handed this one.
  void on_done(nanoseconds took, std::uint32_t met) {
    done.add(1);
    smooth(service_, static_cast<double>(took.count()));
    failure_rate_ += (0 - failure_rate_) * weight;
    latency_.add(met, static_cast<float>(took.count()));
  }
  void on_failed(nanoseconds took) {
    failed.add(1);
    smooth(time_to_fail_, static_cast<double>(took.count()));
    failure_rate_ += (1 - failure_rate_) * weight;
  }

  /// It works again: what it failed before says nothing of what is to come.
  void forget_failures() { failure_rate_ = 0; }

  double service_ns() const { return service_; }
  /// Of the last that met about as many others; the longest of those.
  double median_ns(std::uint32_t in_flight) const { return latency_.median(in_flight); }
  double longest_ns(std::uint32_t in_flight) const { return latency_.longest(in_flight); }
  double time_to_fail_ns() const { return time_to_fail_; }
  double failure_rate() const { return failure_rate_; }

 private:
  static constexpr double weight = 0.1;  // of the newest sample in every smoothed number

  static void smooth(double& value, double sample) {
    value = value == 0 ? sample : value + (sample - value) * weight;
  }

  double service_ = 0;
  double time_to_fail_ = 0;
  double failure_rate_ = 0;
  router::latency_by_load latency_;
};

}  // namespace nip::delivery
