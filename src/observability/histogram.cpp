#include "observability/histogram.hpp"

#include <algorithm>

namespace nip::observability {

void histogram_snapshot::merge(const histogram& from) noexcept {
  // The count is summed from the buckets, so that it can never disagree with them.
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const std::uint64_t seen = from.counts_[i].load(std::memory_order_relaxed);
    counts_[i] += seen;
    count_ += seen;
  }
  sum_ns_ += from.sum_ns_.load(std::memory_order_relaxed);
}

void histogram_snapshot::merge(const histogram_snapshot& from) noexcept {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += from.counts_[i];
  count_ += from.count_;
  sum_ns_ += from.sum_ns_;
}

std::uint64_t histogram_snapshot::count_below(nanoseconds bound) const noexcept {
  if (bound.count() <= 0) return 0;
  const std::size_t end = histogram_layout::bucket_of(static_cast<std::uint64_t>(bound.count()));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < end; ++i) below += counts_[i];
  return below;
}

nanoseconds histogram_snapshot::quantile(double q) const noexcept {
  if (count_ == 0) return nanoseconds(0);
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
  double before = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto here = static_cast<double>(counts_[i]);
    if (here > 0 && before + here >= rank) {
      const auto low = static_cast<double>(histogram_layout::lower_bound(i));
      const auto high = static_cast<double>(histogram_layout::lower_bound(i + 1));
      const double value = low + (high - low) * std::max(0.0, rank - before) / here;
      return nanoseconds(static_cast<std::int64_t>(value));
    }
    before += here;
  }
  return nanoseconds(static_cast<std::int64_t>(histogram_layout::lower_bound(counts_.size())));
}

}  // namespace nip::observability
