#include "cli/bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace nip::cli::bench {
namespace {

constexpr unsigned step_bits = 7;
constexpr std::size_t steps = std::size_t{1}
                              << step_bits;  // a power of two's range is cut into so many
constexpr std::size_t octaves = 64 - step_bits + 1;

}  // namespace

histogram::histogram() : buckets_(octaves * steps) {}

void histogram::add(std::uint64_t value, std::uint64_t times) {
  buckets_[index_of(value)] += times;
  count_ += times;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(times);
}

void histogram::merge(const histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

std::uint64_t histogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::uint64_t>(
      1,
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(upper_edge(i), max_);
  }
  return max_;
}

std::size_t histogram::index_of(std::uint64_t value) {
  if (value < steps) return value;
  const auto exponent = static_cast<unsigned>(std::bit_width(value)) - 1;  // at least step_bits
  const std::size_t octave = exponent - step_bits + 1;
  return octave * steps + ((value >> (exponent - step_bits)) & (steps - 1));
}

std::uint64_t histogram::upper_edge(std::size_t index) {
  if (index < steps) return index;
  const std::size_t octave = index / steps;
  const std::uint64_t lower = (steps + index % steps) << (octave - 1);
  return lower + ((std::uint64_t{1} << (octave - 1)) - 1);
}

}  // namespace nip::cli::bench
