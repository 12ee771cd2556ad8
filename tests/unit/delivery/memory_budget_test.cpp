#include "delivery/memory_budget.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace nip::delivery {
namespace {

using message::priority;
constexpr std::int64_t kib = 1 << 10;
constexpr std::int64_t mib = 1 << 20;

TEST(memory_lease, EachPriorityHasItsShare) {
  const std::pair<priority, int> shares[] = {
      {priority::low, 80}, {priority::normal, 90}, {priority::high, 95}, {priority::critical, 100}};
  for (const auto& [urgency, percent] : shares) {
    memory_budget whole(100 * mib);
    memory_lease lease(whole);
    std::int64_t taken = 0;
    while (lease.take(mib / 4, urgency)) taken += mib / 4;
    EXPECT_EQ(taken, percent * mib) << message::to_string(urgency);
  }
}

TEST(memory_lease, TheMoreUrgentStillFitsWhenTheLessUrgentDoesNot) {
  memory_budget whole(100 * mib);
  memory_lease lease(whole);
  while (lease.take(mib / 4, priority::low)) {
  }
  EXPECT_FALSE(lease.take(mib / 4, priority::low));
  EXPECT_TRUE(lease.take(mib / 4, priority::normal));
}

TEST(memory_lease, WhatIsGivenBackSoonServesTheOthers) {
  memory_budget whole(64 * mib);
  memory_lease one(whole);
  memory_lease other(whole);
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(one.take(mib, priority::critical));
  EXPECT_FALSE(other.take(8 * mib, priority::critical));
  for (int i = 0; i < 60; ++i) one.give_back(mib);
  EXPECT_EQ(one.used(), 0);
  EXPECT_LE(whole.leased(), 2 * memory_lease::chunk);
  EXPECT_TRUE(other.take(60 * mib, priority::critical));
}

TEST(memory_lease, IsGivenBackWholeWhenItsShardEnds) {
  memory_budget whole(mib);
  {
    memory_lease lease(whole);
    ASSERT_TRUE(lease.take(5, priority::normal));
    EXPECT_EQ(whole.leased(), 256 * kib) << "a whole chunk at once";
  }
  EXPECT_EQ(whole.leased(), 0);
}

TEST(memory_lease, WhatWasAcceptedBeforeGoesInAnyway) {
  memory_budget whole(mib);
  memory_lease lease(whole);
  lease.force(10 * mib);
  EXPECT_EQ(lease.used(), 10 * mib);
  EXPECT_FALSE(lease.take(mib, priority::critical));
  lease.give_back(10 * mib);
  EXPECT_TRUE(lease.take(kib, priority::low));
}

TEST(memory_lease, TwoThreadsTogetherNeverGoOverTheBudget) {
  memory_budget whole(8 * mib);
  const auto work = [&](std::uint64_t& refused) {
    memory_lease lease(whole);
    for (int round = 0; round < 200; ++round) {
      std::int64_t held = 0;
      while (lease.take(100 * kib, priority::critical)) held += 100 * kib;
      EXPECT_LE(lease.used(), 8 * mib);
      ++refused;
      lease.give_back(held);
    }
  };
  std::uint64_t refused[2] = {};
  std::thread first(work, std::ref(refused[0]));
  std::thread second(work, std::ref(refused[1]));
  first.join();
  second.join();
  EXPECT_EQ(refused[0] + refused[1], 400U);
  EXPECT_EQ(whole.leased(), 0);
}

}  // namespace
}  // namespace nip::delivery
