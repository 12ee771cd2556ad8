// How long the last syncs took.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "base/clock.hpp"

namespace nip::bus::journal {

/// Thread-safe.
class sync_times {
 public:
  static constexpr std::size_t kept = 256;

  void add(nanoseconds took);
  std::uint64_t count() const;
  /// The time that `share` (0 to 1) of the kept syncs did not exceed; 0 without any.
  nanoseconds quantile(double share) const;

 private:
  mutable std::mutex mutex_;
  std::array<std::int64_t, kept> times_{};
  std::uint64_t count_ = 0;
};

}  // namespace nip::bus::journal
