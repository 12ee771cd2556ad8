#include "base/task_group.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace nip {
namespace {

using namespace std::chrono_literals;

class task_group_test : public testing::Test {
 protected:
  void drain(nanoseconds within) {
    group_->drain(mono_time{} + within, [this](const drain_report& report) { report_ = report; });
  }

  timer_wheel timers_{mono_time{}};
  std::optional<task_group> group_{std::in_place, "sessions", timers_};
  std::optional<drain_report> report_;
};

TEST_F(task_group_test, CountsAndNamesWhatIsOpen) {
  ticket first = group_->start("first");
  {
    const ticket second = group_->start("second");
    EXPECT_EQ(group_->open(), 2U);
    std::string names;
    group_->for_each([&](std::string_view name) { names.append(name).append(" "); });
    EXPECT_EQ(names, "first second ");
  }
  EXPECT_EQ(group_->open(), 1U);
  EXPECT_TRUE(first);
  first.end();
  first.end();
  EXPECT_EQ(group_->open(), 0U);
  EXPECT_FALSE(first);
}

TEST_F(task_group_test, ATicketCanBeMovedWithItsCancel) {
  int cancelled = 0;
  ticket first = group_->start("first");
  first.on_cancel([&] { ++cancelled; });
  ticket moved = std::move(first);
  ticket other = group_->start("other");
  other = std::move(moved);
  EXPECT_EQ(group_->open(), 1U);
  EXPECT_EQ(other.name(), "first");
  group_->cancel();
  EXPECT_EQ(cancelled, 1);
}

TEST_F(task_group_test, CancelTellsEachActivityOnce) {
  int told = 0;
  ticket a = group_->start("a");
  ticket b = group_->start("b");
  a.on_cancel([&] {
    ++told;
    a.end();
    b.end();
  });
  b.on_cancel([&] { ++told; });
  ticket c = group_->start("c");
  c.on_cancel([&] { ++told; });
  group_->cancel();
  group_->cancel();
  EXPECT_EQ(told, 2);
  EXPECT_EQ(group_->open(), 1U);
}

TEST_F(task_group_test, DrainOfNothingIsDoneAtOnce) {
  drain(1s);
  ASSERT_TRUE(report_);
  EXPECT_EQ(report_->finished, 0U);
  EXPECT_FALSE(group_->start("late"));
}

TEST_F(task_group_test, DrainWaitsForTheLastEnd) {
  ticket a = group_->start("a");
  ticket b = group_->start("b");
  drain(1s);
  EXPECT_FALSE(group_->start("late"));
  a.end();
  EXPECT_FALSE(report_);
  b.end();
  ASSERT_TRUE(report_);
  EXPECT_EQ(report_->finished, 2U);
  EXPECT_EQ(report_->cancelled, 0U);
  EXPECT_EQ(timers_.armed(), 0U);
}

TEST_F(task_group_test, DeadlineCancelsAndReportsWhatIsLeft) {
  ticket quick = group_->start("quick");
  ticket obedient = group_->start("obedient");
  obedient.on_cancel([&] { obedient.end(); });
  ticket stuck = group_->start("stuck");
  drain(1s);
  quick.end();
  timers_.advance(mono_time{} + 999ms);
  EXPECT_FALSE(report_);
  timers_.advance(mono_time{} + 1s);
  ASSERT_TRUE(report_);
  EXPECT_EQ(report_->finished, 1U);
  EXPECT_EQ(report_->cancelled, 1U);
  EXPECT_EQ(report_->left_count, 1U);
  EXPECT_EQ(report_->left, std::vector<std::string>{"stuck"});
}

TEST_F(task_group_test, DoneIsCalledOnceEvenWhenStragglersEndLater) {
  int calls = 0;
  ticket stuck = group_->start("stuck");
  group_->drain(mono_time{} + 1s, [&](const drain_report&) { ++calls; });
  timers_.advance(mono_time{} + 2s);
  stuck.end();
  EXPECT_EQ(calls, 1);
}

TEST_F(task_group_test, DoneMayDestroyTheGroup) {
  ticket last = group_->start("last");
  group_->drain(mono_time{} + 1s, [this](const drain_report&) { group_.reset(); });
  last.end();
  EXPECT_FALSE(group_);
}

TEST_F(task_group_test, TicketsOutliveTheGroupThatCancelledThem) {
  int cancelled = 0;
  ticket left = group_->start("left");
  left.on_cancel([&] { ++cancelled; });
  group_.reset();
  EXPECT_EQ(cancelled, 1);
  EXPECT_FALSE(left);
}

}  // namespace
}  // namespace nip
