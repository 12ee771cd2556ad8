// Randomness that tests can seed.
#pragma once

#include <cstdint>

namespace nip {

__extension__ using uint128 = unsigned __int128;

/// A source of uniform 64-bit numbers. One thread at a time.
class random_source {
 public:
  virtual ~random_source() = default;
  virtual std::uint64_t next() noexcept = 0;

  /// Uniform in [0, bound); 0 when bound is 0.
  std::uint64_t below(std::uint64_t bound) noexcept {
    return static_cast<std::uint64_t>((static_cast<uint128>(next()) * bound) >> 64);
  }
  /// Uniform in [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

/// xoshiro256++ (Blackman and Vigna, 2019), seeded through splitmix64. Not for secrets.
class xoshiro final : public random_source {
 public:
  explicit xoshiro(std::uint64_t seed) noexcept;
  /// Seeded from the operating system.
  static xoshiro from_entropy();
  std::uint64_t next() noexcept override;

 private:
  std::uint64_t state_[4];
};

}  // namespace nip
