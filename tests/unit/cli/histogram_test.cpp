#include "cli/bench/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"

namespace nip::cli::bench {
namespace {

TEST(bench_histogram, SmallValuesAreExact) {
  histogram counts;
  for (std::uint64_t value = 1; value <= 100; ++value) counts.add(value);
  EXPECT_EQ(counts.quantile(0.5), 50U);
  EXPECT_EQ(counts.quantile(0.99), 99U);
  EXPECT_EQ(counts.quantile(1), 100U);
  EXPECT_EQ(counts.quantile(0), 1U);
  EXPECT_DOUBLE_EQ(counts.mean(), 50.5);
}

TEST(bench_histogram, EveryQuantileIsWithinOnePartIn128OfTheTrueOne) {
  histogram counts;
  std::vector<std::uint64_t> values;
  xoshiro dice(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t value = std::uint64_t{1} << dice.below(40);
    values.push_back(value + dice.below(value));
    counts.add(values.back());
  }
  std::ranges::sort(values);
  for (const double q : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto index = static_cast<std::size_t>(std::max(0.0, q * 20'000 - 1));
    const auto exact = static_cast<double>(values[index]);
    const auto found = static_cast<double>(counts.quantile(q));
    EXPECT_GE(found, exact) << q;
    EXPECT_LE(found, exact * (1 + 1.0 / 128) + 1) << q;
  }
}

TEST(bench_histogram, NoQuantileIsAboveTheLargestValue) {
  histogram counts;
  counts.add(1'000'003);
  EXPECT_EQ(counts.quantile(0.999), 1'000'003U);
  EXPECT_EQ(counts.max(), 1'000'003U);
}

TEST(bench_histogram, TheLargestNumbersHaveABucket) {
  histogram counts;
  counts.add(UINT64_MAX);
  counts.add(INT64_MAX);
  EXPECT_EQ(counts.quantile(1), UINT64_MAX);
  EXPECT_GE(counts.quantile(0.5), static_cast<std::uint64_t>(INT64_MAX));
}

TEST(bench_histogram, MergingCountsBoth) {
  histogram left;
  histogram right;
  left.add(10, 3);
  right.add(90);
  left.merge(right);
  EXPECT_EQ(left.count(), 4U);
  EXPECT_EQ(left.quantile(0.75), 10U);
  EXPECT_EQ(left.quantile(1), 90U);
}

TEST(bench_histogram, EmptyAnswersZero) {
  const histogram counts;
  EXPECT_EQ(counts.quantile(0.5), 0U);
  EXPECT_EQ(counts.max(), 0U);
  EXPECT_DOUBLE_EQ(counts.mean(), 0);
}

}  // namespace
}  // namespace nip::cli::bench
