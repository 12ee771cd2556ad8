// Latencies in log-linear buckets: every quantile is exact to within 1/128.
#pragma once

#include <cstdint>
#include <vector>

namespace nip::cli::bench {

/// Counts values from 0 to 2^63 - 1 in 58 octaves of 128 equal steps; below 128 each value has a
/// bucket of its own. 58 KiB, whatever is added. One thread.
class histogram {
 public:
  histogram();

  void add(std::uint64_t value, std::uint64_t times = 1);
  void merge(const histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  double mean() const;
  /// The smallest recorded value that at least the share `q` (0 to 1) of all values does not
  /// exceed, rounded up to the end of its bucket; 0 when nothing was added.
  std::uint64_t quantile(double q) const;

 private:
  static std::size_t index_of(std::uint64_t value);
  static std::uint64_t upper_edge(std::size_t index);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace nip::cli::bench
