#include "base/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace nip {
namespace {

TEST(bounded_queue, ComesOutInOrderAcrossTheEndOfTheRing) {
  bounded_queue<int> queue("q", {.items_max = 5});
  int next_in = 0;
  int next_out = 0;
  for (int round = 0; round < 50; ++round) {
    while (queue.push(next_in)) ++next_in;
    EXPECT_EQ(queue.size(), 5U);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop(), next_out++);
  }
}

TEST(bounded_queue, KeepsOrderWhenItGrowsInTheMiddle) {
  bounded_queue<int> queue("q", {.items_max = 1000});
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(queue.push(i));
  for (int i = 0; i < 7; ++i) EXPECT_EQ(queue.pop(), i);
  for (int i = 16; i < 200; ++i) EXPECT_TRUE(queue.push(i));
  for (int i = 7; i < 200; ++i) EXPECT_EQ(queue.pop(), i);
}

TEST(bounded_queue, RefusesAtItsItemBoundAndCounts) {
  bounded_queue<int> queue("jobs", {.items_max = 2});
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.stats().refused, 1U);
  EXPECT_EQ(queue.stats().pushed, 2U);
  EXPECT_EQ(queue.name(), "jobs");
}

TEST(bounded_queue, RefusesAtItsByteBoundAndLeavesTheItem) {
  bounded_queue<std::unique_ptr<int>> queue("q", {.items_max = 10, .bytes_max = 100});
  EXPECT_TRUE(queue.push(std::make_unique<int>(1), 60));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.push(std::move(second), 41));
  ASSERT_NE(second, nullptr);
  EXPECT_TRUE(queue.push(std::move(second), 40));
  EXPECT_EQ(queue.bytes(), 100U);
  queue.pop();
  EXPECT_EQ(queue.bytes(), 40U);
}

TEST(bounded_queue, LetsOneOversizedItemThroughWhenEmpty) {
  bounded_queue<int> queue("q", {.items_max = 10, .bytes_max = 100});
  EXPECT_TRUE(queue.push(1, 500));
  EXPECT_FALSE(queue.push(2, 1));
  queue.pop();
  EXPECT_TRUE(queue.push(2, 1));
}

TEST(bounded_queue, RemembersItsHighWater) {
  bounded_queue<int> queue("q", {.items_max = 10});
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.push(i, 10));
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.stats().depth, 0U);
  EXPECT_EQ(queue.stats().bytes, 0U);
  EXPECT_EQ(queue.stats().depth_high_water, 4U);
  EXPECT_EQ(queue.stats().bytes_high_water, 40U);
}

TEST(bounded_queue, LetsGoOfWhatWasTaken) {
  auto item = std::make_shared<int>(1);
  bounded_queue<std::shared_ptr<int>> queue("q", {});
  EXPECT_TRUE(queue.push(item));
  EXPECT_EQ(*queue.front(), 1);
  EXPECT_EQ(item.use_count(), 2);
  queue.pop();
  EXPECT_EQ(item.use_count(), 1);
}

TEST(bounded_queue, VisitsFromTheOldestOn) {
  bounded_queue<int> queue("q", {.items_max = 3});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(i));
  queue.pop();
  EXPECT_TRUE(queue.push(3));
  std::vector<int> seen;
  queue.for_each([&](int item) { seen.push_back(item); });
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

}  // namespace
}  // namespace nip
