// Sorted thresholds of one path: where a value stands among them, as a small number.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "router/index/predicate.hpp"

namespace nip::router {

/// Codes of elementary intervals. Thresholds t0 < t1 < ... cut the line into the pieces below t0,
/// at t0, between t0 and t1, at t1 and so on: codes 2, 3, 4, 5 ... So each comparison with a
/// threshold is an interval of codes, both ends included.
struct code_interval {
  std::uint32_t first = 1;
  std::uint32_t last = 0;
  bool empty() const { return first > last; }
};

/// Held is double or std::string. Built once, then read by any thread.
template <class Held>
class order_scale {
 public:
  using seen = std::conditional_t<std::is_same_v<Held, std::string>, std::string_view, double>;
  /// NaN: every comparison with it is false, and none is an error.
  static constexpr std::uint32_t unordered_code = 1;
  static constexpr std::uint32_t first_code = 2;

  void add(seen threshold) { thresholds_.emplace_back(threshold); }
  void finish() {
    std::ranges::sort(thresholds_);
    const auto twice = std::ranges::unique(thresholds_);
    thresholds_.erase(twice.begin(), twice.end());
    thresholds_.shrink_to_fit();
  }

  std::uint32_t code_of(seen v) const noexcept {
    if constexpr (std::is_same_v<seen, double>)
      if (std::isnan(v)) return unordered_code;
    const auto at = std::lower_bound(thresholds_.begin(), thresholds_.end(), v);
    const auto below = static_cast<std::uint32_t>(at - thresholds_.begin());
    const bool hit = at != thresholds_.end() && *at == v;
    return first_code + 2 * below + (hit ? 1 : 0);
  }
  std::uint32_t last_code() const {
    return first_code + 2 * static_cast<std::uint32_t>(thresholds_.size());
  }
  /// The codes for which `by` holds against a threshold that was added.
  code_interval interval_of(relation by, seen threshold) const noexcept {
    const auto at = code_of(threshold);
    switch (by) {
      case relation::less:
        return {first_code, at - 1};
      case relation::less_equal:
        return {first_code, at};
      case relation::greater:
        return {at + 1, last_code()};
      default:
        return {at, last_code()};
    }
  }
  std::size_t bytes() const {
    std::size_t sum = thresholds_.capacity() * sizeof(Held);
    if constexpr (std::is_same_v<Held, std::string>)
      for (const auto& each : thresholds_) sum += each.capacity();
    return sum;
  }

 private:
  std::vector<Held> thresholds_;
};

}  // namespace nip::router
