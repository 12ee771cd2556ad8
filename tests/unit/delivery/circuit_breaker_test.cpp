#include "delivery/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace nip::delivery {
namespace {

using namespace std::chrono_literals;

/// Draws what it is told to.
class fixed_random final : public random_source {
 public:
  std::uint64_t next() noexcept override { return value; }
  std::uint64_t value = 0;
};

class circuit_breaker_test : public testing::Test {
 protected:
  bool fail(int times = 1) {
    bool opened = false;
    for (int i = 0; i < times; ++i) opened = breaker_.on_failure(now_, now_, random_);
    return opened;
  }
  bool succeed(int times = 1) {
    bool closed = false;
    for (int i = 0; i < times; ++i) closed = breaker_.on_success(now_, now_);
    return closed;
  }
  void pass(nanoseconds time) { now_ = now_ + time; }
  void wait_until_half_open() { now_ = breaker_.half_open_from(); }
  breaker_state state() const { return breaker_.at(now_); }
  nanoseconds opens_for() const { return breaker_.half_open_from() - now_; }

  breaker_options chosen_;
  fixed_random random_;
  mono_time now_{1'000'000'000'000};
  circuit_breaker breaker_{chosen_, 30s};
};

TEST_F(circuit_breaker_test, FiveFailuresInARowOpenIt) {
  EXPECT_FALSE(fail(4));
  succeed();
  EXPECT_FALSE(fail(4));
  EXPECT_EQ(state(), breaker_state::closed);
  EXPECT_TRUE(fail());
  EXPECT_EQ(state(), breaker_state::open);
}

TEST_F(circuit_breaker_test, HalfOfTwentyAttemptsOpenIt) {
  for (int i = 0; i < 9; ++i) {
    succeed();
    ASSERT_FALSE(fail()) << "attempt " << 2 * i + 2;
  }
  succeed();
  EXPECT_TRUE(fail());
}

TEST_F(circuit_breaker_test, LessThanHalfDoNotOpenIt) {
  for (int i = 0; i < 200; ++i) {
    succeed(2);
    ASSERT_FALSE(fail());
    pass(10ms);
  }
}

TEST_F(circuit_breaker_test, AttemptsLeaveTheWindow) {
  for (int i = 0; i < 9; ++i) {
    succeed();
    fail();
  }
  pass(11s);
  succeed();
  EXPECT_FALSE(fail());
  EXPECT_EQ(state(), breaker_state::closed);
}

TEST_F(circuit_breaker_test, TheWindowMovesByItsTenthParts) {
  fail(4);
  for (int i = 0; i < 8; ++i) {
    pass(1s);
    succeed(2);
  }
  fail(3);
  EXPECT_EQ(state(), breaker_state::closed) << "7 of 23";
  pass(2s);  // the first four have left
  succeed();
  EXPECT_FALSE(fail(4)) << "7 of 24";
  succeed();
  EXPECT_FALSE(fail(4)) << "11 of 29";
  succeed();
  EXPECT_FALSE(fail(4)) << "15 of 34";
  succeed();
  EXPECT_FALSE(fail(4)) << "19 of 39";
  succeed();
  fail(2);
  EXPECT_EQ(state(), breaker_state::open) << "21 of 42";
}

TEST_F(circuit_breaker_test, ItStaysOpenLongerEachTimeInARowUpToAMinute) {
  random_.value = ~std::uint64_t{0};
  fail(5);
  const double bounds[] = {2, 4, 8, 16, 32, 60, 60};
  for (const double bound : bounds) {
    EXPECT_NEAR(static_cast<double>(opens_for().count()) / 1e9, bound, 1e-6);
    wait_until_half_open();
    EXPECT_EQ(state(), breaker_state::half_open);
    EXPECT_TRUE(fail()) << "one failed probe is enough";
  }
}

TEST_F(circuit_breaker_test, TheTimeIsDrawnFromItsUpperHalf) {
  random_.value = 0;
  fail(5);
  EXPECT_EQ(opens_for(), 1s);
  wait_until_half_open();
  fail();
  EXPECT_EQ(opens_for(), 2s);
}

TEST_F(circuit_breaker_test, ThreeSuccessesCloseIt) {
  fail(5);
  wait_until_half_open();
  EXPECT_FALSE(succeed(2));
  EXPECT_EQ(state(), breaker_state::half_open);
  EXPECT_TRUE(succeed());
  EXPECT_EQ(state(), breaker_state::closed);
  EXPECT_FALSE(fail(4)) << "the failures of before are forgotten";
}

TEST_F(circuit_breaker_test, OneThatClosedForAWholeWindowBeginsWithShortTimesAgain) {
  fail(5);
  wait_until_half_open();
  fail();
  wait_until_half_open();
  succeed(3);
  pass(9s);
  fail(5);
  EXPECT_GE(opens_for(), 4s) << "it goes on where it was";
  wait_until_half_open();
  succeed(3);
  pass(10s);
  fail(5);
  EXPECT_LE(opens_for(), 2s);
}

TEST_F(circuit_breaker_test, WhatBeganBeforeItOpenedSaysNothing) {
  const auto before = now_;
  fail(5);
  wait_until_half_open();
  EXPECT_FALSE(breaker_.on_failure(before, now_, random_));
  EXPECT_EQ(state(), breaker_state::half_open);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(breaker_.on_success(before, now_));
  EXPECT_EQ(state(), breaker_state::half_open);
}

TEST_F(circuit_breaker_test, ProbesAreBounded) {
  EXPECT_FALSE(breaker_.may_probe(now_)) << "closed";
  fail(5);
  EXPECT_FALSE(breaker_.may_probe(now_)) << "open";
  wait_until_half_open();
  EXPECT_TRUE(breaker_.may_probe(now_));
  breaker_.begin_probe(now_);
  EXPECT_FALSE(breaker_.may_probe(now_));
  succeed();
  EXPECT_TRUE(breaker_.may_probe(now_));
}

TEST_F(circuit_breaker_test, AProbeThatNeverSpeaksDoesNotKeepTheNextBackForEver) {
  fail(5);
  wait_until_half_open();
  breaker_.begin_probe(now_);
  pass(29s);
  EXPECT_FALSE(breaker_.may_probe(now_));
  pass(1s);
  ASSERT_TRUE(breaker_.may_probe(now_));
  breaker_.begin_probe(now_);
  EXPECT_FALSE(breaker_.may_probe(now_));
}

TEST_F(circuit_breaker_test, ATimeThatIsFarAwayDoesNotHurt) {
  pass(24h * 365 * 100);
  EXPECT_TRUE(fail(5));
  EXPECT_GE(opens_for(), 1s);
  EXPECT_LE(opens_for(), 2s);
}

}  // namespace
}  // namespace nip::delivery
