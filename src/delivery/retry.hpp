// When a failed delivery is tried again: exponential backoff with full jitter, within a budget.
#pragma once

#include <algorithm>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "router/rule.hpp"

namespace nip::delivery {

/// Pause before the next attempt after `attempt` attempts have failed (1 and up): uniform between
/// zero and min(max_backoff, backoff × 2^(attempt-1)); "full jitter" (Brooker, AWS, 2015). Never
/// below `hint`, the target's own wish (Retry-After), which counts up to an hour.
inline nanoseconds retry_pause(const router::retry_policy& policy, std::uint32_t attempt,
                               nanoseconds hint, random_source& random) {
  const double doubled = static_cast<double>(policy.backoff.count()) *
                         static_cast<double>(std::uint64_t{1} << std::min(attempt - 1, 40u));
  const double bound = std::min(doubled, static_cast<double>(policy.max_backoff.count()));
  const nanoseconds jittered(static_cast<std::int64_t>(bound * random.unit()));
  constexpr nanoseconds hint_max = std::chrono::hours(1);
  return std::max(jittered, std::min(hint, hint_max));
}

/// Token bucket that keeps retries a bounded share of first attempts. One a target.
class retry_budget {
 public:
  retry_budget(double share, double reserve) : share_(share), reserve_(reserve), tokens_(reserve) {}
  void on_first_attempt() { tokens_ = std::min(tokens_ + share_, reserve_); }
  /// True when the retry may go at its own pace; false when it has to wait as long as the rule
  /// allows.
  bool take() {
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double share_;
  double reserve_;
  double tokens_;
};

}  // namespace nip::delivery
