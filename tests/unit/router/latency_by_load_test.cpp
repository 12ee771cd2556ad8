#include "router/latency_by_load.hpp"

#include <gtest/gtest.h>

namespace nip::router {
namespace {

TEST(latency_by_load, NothingSeenIsZero) {
  const latency_by_load seen;
  EXPECT_EQ(seen.median(0), 0);
  EXPECT_EQ(seen.longest(1'000'000), 0);
}

TEST(latency_by_load, EachLoadHasItsOwnMedian) {
  latency_by_load seen;
  for (int i = 0; i < 8; ++i) {
    seen.add(0, 10);
    seen.add(5, 50);
  }
  EXPECT_EQ(seen.median(0), 10);
  EXPECT_EQ(seen.median(5), 50);
}

TEST(latency_by_load, TheNearestLoadAnswersForOneThatWasNotSeen) {
  latency_by_load seen;
  seen.add(2, 20);
  seen.add(6, 60);
  EXPECT_EQ(seen.median(0), 20);
  EXPECT_EQ(seen.median(3), 20);
  EXPECT_EQ(seen.median(4), 60) << "of two as near the busier one";
  EXPECT_EQ(seen.median(5), 60);
  EXPECT_EQ(seen.median(1000), 60);
}

TEST(latency_by_load, OldOnesAreForgotten) {
  latency_by_load seen;
  for (int i = 0; i < 8; ++i) seen.add(1, 900);
  EXPECT_EQ(seen.median(1), 900);
  for (int i = 0; i < 4; ++i) seen.add(1, 10);
  EXPECT_EQ(seen.median(1), 900);
  EXPECT_EQ(seen.longest(1), 900);
  seen.add(1, 10);
  EXPECT_EQ(seen.median(1), 10) << "five of eight";
  for (int i = 0; i < 3; ++i) seen.add(1, 10);
  EXPECT_EQ(seen.longest(1), 10);
}

TEST(latency_by_load, GreatLoadsShareRowsAndNoneIsTooGreat) {
  latency_by_load seen;
  seen.add(64, 1);
  seen.add(96, 2);
  seen.add(SIZE_MAX, 3);
  EXPECT_EQ(seen.median(70), 1);
  EXPECT_EQ(seen.median(100), 2);
  EXPECT_EQ(seen.median(127), 2);
  EXPECT_EQ(seen.median(SIZE_MAX / 2), 3);
}

}  // namespace
}  // namespace nip::router
