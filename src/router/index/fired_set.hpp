// Which rules fired for one message: put in any order and repeatedly, taken once each in order.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace nip::router {

/// One thread. A bit a rule, and above it a bit for each 64 bits below, up to one word: empty again
/// after a take, in time that depends on what was in it only.
class fired_set {
 public:
  void resize(std::size_t rules) {
    levels_.clear();
    do {
      rules = (rules + 63) / 64;
      levels_.emplace_back(rules == 0 ? 1 : rules);
    } while (rules > 1);
  }

  void put(std::uint32_t rule) noexcept {
    for (auto& level : levels_) {
      std::uint64_t& bits = level[rule >> 6];
      const bool fresh = bits == 0;
      bits |= std::uint64_t{1} << (rule & 63);
      if (!fresh) return;
      rule >>= 6;
    }
  }
  bool has(std::uint32_t rule) const noexcept {
    return (levels_.front()[rule >> 6] >> (rule & 63) & 1) != 0;
  }

  /// Calls `take(rule)` with each, ascending, and empties the set. Once it answers false no more
  /// are given.
  template <class Take>
  void take_all(Take&& take) {
    bool wanted = true;
    descend(levels_.size() - 1, 0, wanted, take);
  }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& level : levels_) sum += level.size() * sizeof(level[0]);
    return sum;
  }

 private:
  template <class Take>
  void descend(std::size_t level, std::uint32_t at, bool& wanted, Take& take) {
    std::uint64_t bits = levels_[level][at];
    levels_[level][at] = 0;
    for (; bits != 0; bits &= bits - 1) {
      const auto below = at << 6 | static_cast<std::uint32_t>(std::countr_zero(bits));
      if (level > 0)
        descend(level - 1, below, wanted, take);
      else if (wanted)
        wanted = take(below);
    }
  }

  std::vector<std::vector<std::uint64_t>> levels_ = {{0}};
};

}  // namespace nip::router
