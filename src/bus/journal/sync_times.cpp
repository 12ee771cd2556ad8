#include "bus/journal/sync_times.hpp"

#include <algorithm>

namespace nip::bus::journal {

void sync_times::add(nanoseconds took) {
  std::lock_guard lock(mutex_);
  times_[count_++ % kept] = took.count();
}

std::uint64_t sync_times::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

nanoseconds sync_times::quantile(double share) const {
  std::unique_lock lock(mutex_);
  auto times = times_;
  const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(count_, kept));
  lock.unlock();
  if (used == 0) return {};
  const auto rank = std::min(used - 1, static_cast<std::size_t>(share * static_cast<double>(used)));
  auto at = times.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(times.begin(), at, times.begin() + static_cast<std::ptrdiff_t>(used));
  return nanoseconds(*at);
}

}  // namespace nip::bus::journal
