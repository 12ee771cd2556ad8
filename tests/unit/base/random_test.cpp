#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace nip {
namespace {

TEST(xoshiro, SameSeedSameNumbers) {
  xoshiro a(42);
  xoshiro b(42);
  xoshiro c(43);
  const std::uint64_t first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
}

TEST(xoshiro, FollowsTheReferenceSequence) {
  // splitmix64(0) begins with these words, and xoshiro256++ makes this out of them.
  xoshiro zero(0);
  EXPECT_EQ(zero.next(), 0x53175d61490b23dfU);
}

TEST(xoshiro, EntropyDiffersBetweenSources) {
  EXPECT_NE(xoshiro::from_entropy().next(), xoshiro::from_entropy().next());
}

TEST(random_source, BelowCoversItsRangeEvenly) {
  xoshiro random(7);
  std::array<int, 10> seen{};
  for (int i = 0; i < 100'000; ++i) ++seen[random.below(10)];
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(random.below(0), 0U);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(random_source, UnitStaysBelowOne) {
  struct : random_source {
    std::uint64_t next() noexcept override { return UINT64_MAX; }
  } most;
  EXPECT_LT(most.unit(), 1.0);
  EXPECT_EQ(most.below(5), 4U);
}

}  // namespace
}  // namespace nip
