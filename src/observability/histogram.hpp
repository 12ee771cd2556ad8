// Latency histograms: log-linear buckets, written by one thread, merged over shards when read.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace nip::observability {

/// Each power of two nanoseconds is cut into eight equal buckets, so a value is known to 12.5 %.
/// Up to 2^42 ns (73 minutes); what is longer counts in the last bucket.
struct histogram_layout {
  static constexpr unsigned sub_bits = 3;
  static constexpr unsigned top_bit = 42;
  static constexpr std::size_t buckets = (std::size_t{top_bit} - sub_bits + 1) << sub_bits;

  static constexpr std::size_t bucket_of(std::uint64_t ns) noexcept {
    constexpr std::uint64_t linear = std::uint64_t{1} << sub_bits;
    if (ns < linear) return static_cast<std::size_t>(ns);
    if (ns >> top_bit) return buckets - 1;
    const unsigned octave = static_cast<unsigned>(std::bit_width(ns)) - 1 - sub_bits;
    return ((std::size_t{octave} + 1) << sub_bits) + ((ns >> octave) & (linear - 1));
  }
  /// The smallest value that falls into `bucket`; for `buckets` itself the end of the range.
  static constexpr std::uint64_t lower_bound(std::size_t bucket) noexcept {
    constexpr std::size_t linear = std::size_t{1} << sub_bits;
    if (bucket < linear) return bucket;
    return (linear + bucket % linear) << (bucket / linear - 1);
  }
};

/// Counts durations. One thread records, any thread reads. A clock read costs more than record(),
/// so callers sample: they time one in N and the counts speak of the sampled ones only.
class histogram {
 public:
  /// Negative durations count as zero.
  void record(nanoseconds duration) noexcept {
    const auto ns = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
    bump(counts_[histogram_layout::bucket_of(ns)], 1);
    bump(sum_ns_, ns);
  }

 private:
  friend class histogram_snapshot;
  static void bump(std::atomic<std::uint64_t>& cell, std::uint64_t by) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::array<std::atomic<std::uint64_t>, histogram_layout::buckets> counts_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

/// What one or several histograms hold at some moment. A plain value.
class histogram_snapshot {
 public:
  histogram_snapshot() = default;
  explicit histogram_snapshot(const histogram& from) { merge(from); }

  /// Adds what another shard counted.
  void merge(const histogram& from) noexcept;
  void merge(const histogram_snapshot& from) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  nanoseconds sum() const noexcept { return nanoseconds(static_cast<std::int64_t>(sum_ns_)); }
  /// How many values were below `bound`, which should be a bucket's lower bound (any power of two
  /// is).
  std::uint64_t count_below(nanoseconds bound) const noexcept;
  /// The value below which the share `q` (0 to 1) of all lies, interpolated within its bucket; zero
  /// when nothing was recorded.
  nanoseconds quantile(double q) const noexcept;

 private:
  std::array<std::uint64_t, histogram_layout::buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
};

}  // namespace nip::observability
