#include "base/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/random.hpp"

namespace nip {
namespace {

using namespace std::chrono_literals;

class timer_wheel_test : public testing::Test {
 protected:
  mono_time at(nanoseconds since) const { return start_ + since; }

  mono_time start_{123'456'789'012'345};
  timer_wheel wheel_{start_};
  std::vector<int> ran_;
};

TEST_F(timer_wheel_test, RunsWhenDueAndNotBefore) {
  timer t([this] { ran_.push_back(1); });
  wheel_.schedule(t, at(10ms));
  EXPECT_TRUE(t.armed());
  EXPECT_EQ(t.due(), at(10ms));
  EXPECT_EQ(wheel_.advance(at(9'999'999ns)), 0U);
  EXPECT_EQ(wheel_.advance(at(11ms)), 1U);
  EXPECT_FALSE(t.armed());
  EXPECT_EQ(wheel_.advance(at(1h)), 0U);
}

TEST_F(timer_wheel_test, RunsInOrderOverAllLevels) {
  std::vector<std::unique_ptr<timer>> timers;
  const std::vector<nanoseconds> delays{500h, 3ms, 70ms, 4h, 90s, 1ms, 5000ms, 20'000h};
  for (std::size_t i = 0; i < delays.size(); ++i) {
    timers.push_back(std::make_unique<timer>([this, i] { ran_.push_back(static_cast<int>(i)); }));
    wheel_.schedule(*timers.back(), at(delays[i]));
  }
  EXPECT_EQ(wheel_.armed(), 8U);
  EXPECT_EQ(wheel_.advance(at(30'000h)), 8U);
  EXPECT_EQ(ran_, (std::vector<int>{5, 1, 2, 6, 4, 3, 0, 7}));
}

TEST_F(timer_wheel_test, IsNeverEarlyAndAtMostOneTickLateWhenDrivenByNextDue) {
  xoshiro random(5);
  mono_time now = start_;
  std::vector<std::unique_ptr<timer>> timers;
  std::vector<mono_time> due(2000);
  for (std::size_t i = 0; i < due.size(); ++i) {
    due[i] =
        at(nanoseconds(static_cast<std::int64_t>(random.below(std::uint64_t{1} << (20 + i % 24)))));
    timers.push_back(std::make_unique<timer>([&, i] {
      EXPECT_GE(now, due[i]);
      EXPECT_LE(now - due[i], timer_wheel::tick);
      ran_.push_back(static_cast<int>(i));
    }));
    wheel_.schedule(*timers[i], due[i]);
  }
  int turns = 0;
  for (; wheel_.next_due() != mono_time::never(); ++turns) {
    ASSERT_GE(wheel_.next_due() + timer_wheel::tick, now);
    now = std::max(now, wheel_.next_due());
    wheel_.advance(now);
  }
  EXPECT_EQ(ran_.size(), due.size());
  EXPECT_LT(turns, 8 * 2000);
}

TEST_F(timer_wheel_test, CancelledAndDestroyedTimersDoNotRun) {
  timer cancelled([this] { ran_.push_back(1); });
  wheel_.schedule(cancelled, at(5ms));
  wheel_.cancel(cancelled);
  wheel_.cancel(cancelled);
  {
    timer gone([this] { ran_.push_back(2); });
    wheel_.schedule(gone, at(5ms));
  }
  EXPECT_EQ(wheel_.armed(), 0U);
  EXPECT_EQ(wheel_.next_due(), mono_time::never());
  EXPECT_EQ(wheel_.advance(at(1s)), 0U);
  EXPECT_TRUE(ran_.empty());
}

TEST_F(timer_wheel_test, ReArmingMovesATimer) {
  timer t([this] { ran_.push_back(1); });
  wheel_.schedule(t, at(5ms));
  wheel_.schedule(t, at(500ms));
  EXPECT_EQ(wheel_.armed(), 1U);
  EXPECT_EQ(wheel_.advance(at(100ms)), 0U);
  EXPECT_EQ(wheel_.advance(at(501ms)), 1U);
}

TEST_F(timer_wheel_test, WhatIsPastRunsAtTheNextAdvance) {
  timer t([this] { ran_.push_back(1); });
  wheel_.schedule(t, mono_time{1});
  EXPECT_LE(wheel_.next_due(), start_);
  EXPECT_EQ(wheel_.advance(start_), 1U);
}

TEST_F(timer_wheel_test, NeverIsNotArmed) {
  timer t([this] { ran_.push_back(1); });
  wheel_.schedule(t, at(5ms));
  wheel_.schedule(t, mono_time::never());
  EXPECT_FALSE(t.armed());
  wheel_.schedule(t, mono_time{INT64_MAX - 1});
  EXPECT_FALSE(t.armed());
}

TEST_F(timer_wheel_test, ACallbackMayReArmItsOwnTimer) {
  mono_time next = at(10ms);
  timer t([&] {
    ran_.push_back(1);
    next = next + 10ms;
    wheel_.schedule(t, next);
  });
  wheel_.schedule(t, next);
  for (int step = 1; step <= 100; ++step) wheel_.advance(at(step * 1ms) + 1ms);
  EXPECT_EQ(ran_.size(), 10U);
}

TEST_F(timer_wheel_test, ReArmingForThePastDoesNotLoop) {
  timer t([&] {
    ran_.push_back(1);
    wheel_.schedule(t, start_);
  });
  wheel_.schedule(t, at(1ms));
  EXPECT_EQ(wheel_.advance(at(5ms)), 1U);
  EXPECT_EQ(wheel_.advance(at(5ms)), 1U);
}

TEST_F(timer_wheel_test, ACallbackMayCancelAndDestroyTimersOfTheSameSlot) {
  auto second = std::make_unique<timer>([this] { ran_.push_back(2); });
  timer third([this] { ran_.push_back(3); });
  timer first([&] {
    ran_.push_back(1);
    second.reset();
    wheel_.cancel(third);
  });
  wheel_.schedule(first, at(5ms));
  wheel_.schedule(*second, at(5ms));
  wheel_.schedule(third, at(5ms));
  EXPECT_EQ(wheel_.advance(at(10ms)), 1U);
  EXPECT_EQ(ran_, std::vector<int>{1});
  EXPECT_EQ(wheel_.armed(), 0U);
}

TEST(timer, OutlivesItsWheel) {
  timer t([] { FAIL(); });
  {
    timer_wheel wheel(mono_time{0});
    wheel.schedule(t, mono_time{5});
  }
  EXPECT_FALSE(t.armed());
}

}  // namespace
}  // namespace nip
