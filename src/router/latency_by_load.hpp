// Recent latencies of one target, kept apart by how many requests it had when each began.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace nip::router {

/// What a request will take depends on how busy its target is: the median of the last ones that met
/// about as many others (after Prequal's estimator; Wydrowski et al., NSDI 2024, section 4). Up to
/// eight requests in flight each count has a row of its own, above that each half of a power of
/// two. Fixed size, no allocation; one thread.
class latency_by_load {
 public:
  /// A request that met `in_flight` others took so long; any unit.
  void add(std::size_t in_flight, float latency) {
    const auto which = row_of(in_flight);
    auto& there = rows_[which];
    there.samples[there.count++ % depth] = latency;
    seen_ |= std::uint32_t{1} << which;
    stale_ |= std::uint32_t{1} << which;
  }
  /// At about this load: of the nearest row that has seen any, a busier one first; 0: none has.
  float median(std::size_t in_flight) const { return at(in_flight).median; }
  /// The longest of those that median() looked at: about one in ten takes longer.
  float longest(std::size_t in_flight) const { return at(in_flight).longest; }

 private:
  static constexpr std::size_t depth = 8;
  static constexpr std::size_t rows_max = 32;
  struct row {
    std::array<float, depth> samples{};
    std::uint32_t count = 0;
    float median = 0;
    float longest = 0;
  };

  const row& at(std::size_t in_flight) const {
    if (seen_ == 0) return rows_[0];
    const auto nearby = nearest(static_cast<int>(row_of(in_flight)));
    auto& there = rows_[nearby];
    if ((stale_ >> nearby & 1) != 0) {
      look_at(there);
      stale_ &= ~(std::uint32_t{1} << nearby);
    }
    return there;
  }

  static std::size_t row_of(std::size_t in_flight) {
    if (in_flight < 8) return in_flight;
    const auto bits = static_cast<std::size_t>(std::bit_width(in_flight));  // 4 and up
    const auto half = in_flight >> (bits - 2) & 1;
    return std::min(8 + (bits - 4) * 2 + half, rows_max - 1);
  }
  std::size_t nearest(int wanted) const {
    const std::uint32_t above = seen_ >> wanted;
    const std::uint32_t below = seen_ & ((std::uint32_t{1} << wanted) - 1);
    const int up = above != 0 ? std::countr_zero(above) : 64;
    const int down = below != 0 ? wanted - (31 - std::countl_zero(below)) : 64;
    return static_cast<std::size_t>(up <= down ? wanted + up : wanted - down);
  }
  static void look_at(row& of) {
    auto copy = of.samples;
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(of.count, depth));
    std::sort(copy.begin(), copy.begin() + count);
    of.median = copy[static_cast<std::size_t>(count / 2)];
    of.longest = copy[static_cast<std::size_t>(count - 1)];
  }

  mutable std::array<row, rows_max> rows_{};
  std::uint32_t seen_ = 0;           // bit i: row i has a sample
  mutable std::uint32_t stale_ = 0;  // bit i: row i has got one since its median was looked for
};

}  // namespace nip::router
