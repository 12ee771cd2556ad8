// Counters, gauges and histograms: what is counted is what is read.
#include "observability/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "observability/histogram.hpp"

namespace nip::observability {
namespace {

using layout = histogram_layout;

TEST(counter, SumsWhatItsThreadAddsForAnyReader) {
  counter counted;
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) counted.add(3);
  });
  EXPECT_LE(counted.value(), 3000u);
  writer.join();
  counted.add();
  EXPECT_EQ(counted.value(), 3001u);
}

TEST(gauge, GoesUpAndDownAndBelowZero) {
  gauge level;
  level.set(5);
  level.add(-8);
  EXPECT_EQ(level.value(), -3);
}

TEST(histogram_layout, EveryValueLiesBetweenTheBoundsOfItsBucket) {
  for (unsigned bit = 0; bit < layout::top_bit; ++bit) {
    for (const std::uint64_t value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit,
                                      (std::uint64_t{1} << bit) + (std::uint64_t{1} << bit) / 3}) {
      const std::size_t bucket = layout::bucket_of(value);
      ASSERT_LT(bucket, layout::buckets);
      EXPECT_LE(layout::lower_bound(bucket), value);
      EXPECT_GT(layout::lower_bound(bucket + 1), value);
    }
  }
}

TEST(histogram_layout, BucketsAreAtMostAnEighthWide) {
  for (std::size_t i = 8; i < layout::buckets; ++i) {
    const std::uint64_t low = layout::lower_bound(i);
    EXPECT_LE((layout::lower_bound(i + 1) - low) * 8, low) << "bucket " << i;
  }
}

TEST(histogram_layout, WhatIsTooLongCountsInTheLastBucket) {
  EXPECT_EQ(layout::bucket_of(UINT64_MAX), layout::buckets - 1);
  EXPECT_EQ(layout::bucket_of(std::uint64_t{1} << layout::top_bit), layout::buckets - 1);
  EXPECT_EQ(layout::bucket_of((std::uint64_t{1} << layout::top_bit) - 1), layout::buckets - 1);
}

TEST(histogram, QuantilesAreWithinABucketOfTheTruth) {
  histogram times;
  for (int us = 1; us <= 1000; ++us) times.record(std::chrono::microseconds(us));
  const histogram_snapshot seen(times);
  EXPECT_EQ(seen.count(), 1000u);
  EXPECT_EQ(seen.sum(), std::chrono::microseconds(500500));
  for (const double q : {0.01, 0.5, 0.9, 0.99}) {
    const double truth = q * 1e6;
    EXPECT_NEAR(static_cast<double>(seen.quantile(q).count()), truth, truth / 8) << q;
  }
  EXPECT_LE(seen.quantile(0), seen.quantile(0.5));
  EXPECT_LE(seen.quantile(0.5), seen.quantile(1));
}

TEST(histogram, EmptyOneAnswersZero) {
  const histogram_snapshot seen{histogram()};
  EXPECT_EQ(seen.quantile(0.99), nanoseconds(0));
  EXPECT_EQ(seen.count(), 0u);
  EXPECT_EQ(seen.count_below(std::chrono::seconds(1)), 0u);
}

TEST(histogram, NegativeDurationCountsAsZero) {
  histogram times;
  times.record(nanoseconds(-5));
  const histogram_snapshot seen(times);
  EXPECT_EQ(seen.count(), 1u);
  EXPECT_EQ(seen.sum(), nanoseconds(0));
}

TEST(histogram, MergeOfShardsCountsBoth) {
  histogram first;
  histogram second;
  first.record(nanoseconds(100));
  second.record(nanoseconds(100));
  second.record(std::chrono::milliseconds(1));
  histogram_snapshot whole(first);
  whole.merge(histogram_snapshot(second));
  EXPECT_EQ(whole.count(), 3u);
  EXPECT_EQ(whole.count_below(nanoseconds(128)), 2u);
  EXPECT_EQ(whole.sum(), nanoseconds(1'000'200));
}

}  // namespace
}  // namespace nip::observability
