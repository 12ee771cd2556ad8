#include "delivery/retry.hpp"

#include <gtest/gtest.h>

namespace nip::delivery {
namespace {

using namespace std::chrono_literals;

TEST(retry_pause, IsUniformUpToTheDoubledBackoff) {
  xoshiro random(1);
  const router::retry_policy policy{20, 100ms, 30s};
  for (std::uint32_t attempt = 1; attempt <= 12; ++attempt) {
    const auto bound = std::min<nanoseconds>(100ms * (1 << (attempt - 1)), 30s);
    nanoseconds least = bound, most{};
    double sum = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto pause = retry_pause(policy, attempt, {}, random);
      least = std::min(least, pause);
      most = std::max(most, pause);
      sum += static_cast<double>(pause.count());
    }
    EXPECT_LT(most, bound);
    EXPECT_GT(most, bound * 0.98);
    EXPECT_LT(least, bound * 0.02);
    EXPECT_NEAR(sum / 2000 / static_cast<double>(bound.count()), 0.5, 0.04);
  }
}

TEST(retry_pause, VeryLateAttemptsStayWithinTheLongestBackoff) {
  xoshiro random(1);
  for (const std::uint32_t attempt : {41U, 64U, 1000U})
    for (int i = 0; i < 100; ++i) {
      const auto pause = retry_pause({1000, 1h, 24h}, attempt, {}, random);
      EXPECT_GE(pause, 0ns);
      EXPECT_LE(pause, 24h);
    }
}

TEST(retry_pause, TheTargetsWishIsKeptUpToAnHour) {
  xoshiro random(1);
  EXPECT_GE(retry_pause({5, 1ms, 1ms}, 1, 5s, random), 5s);
  EXPECT_EQ(retry_pause({5, 1ms, 1ms}, 1, 5h, random), 1h);
}

TEST(retry_budget, RetriesBeyondTheReserveAreAShareOfFirstAttempts) {
  retry_budget budget(0.1, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take());
  EXPECT_FALSE(budget.take());
  int taken = 0;
  for (int i = 0; i < 1000; ++i) {
    budget.on_first_attempt();
    taken += budget.take();
  }
  EXPECT_NEAR(taken, 100, 2);
}

TEST(retry_budget, TheReserveDoesNotGrow) {
  retry_budget budget(0.5, 2);
  for (int i = 0; i < 1000; ++i) budget.on_first_attempt();
  EXPECT_TRUE(budget.take());
  EXPECT_TRUE(budget.take());
  EXPECT_FALSE(budget.take());
}

}  // namespace
}  // namespace nip::delivery
