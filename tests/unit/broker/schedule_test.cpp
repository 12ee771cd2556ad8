#include "broker/schedule.hpp"

#include <gmock/gmock.h>

#include "unit/broker/house_fixture.hpp"

namespace nip::broker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(schedule_queue, GivesWhatIsDueBySeq) {
  schedule waiting;
  waiting.add(wall_time{30}, seq_t(1));
  waiting.add(wall_time{10}, seq_t(3));
  waiting.add(wall_time{10}, seq_t(2));
  EXPECT_EQ(waiting.next(), wall_time{10});
  EXPECT_THAT(waiting.take_due(wall_time{9}, 10), IsEmpty());
  EXPECT_THAT(waiting.take_due(wall_time{10}, 1), ElementsAre(seq_t(2)));
  EXPECT_THAT(waiting.take_due(wall_time{99}, 10), ElementsAre(seq_t(1), seq_t(3)));
  EXPECT_EQ(waiting.next(), std::nullopt);
}

class scheduled_delivery : public house_fixture {
 protected:
  void SetUp() override {
    always("echo", handled::done);
    put_up({{{"id", "r"}, {"to", "echo"}, {"timeout", "5s"}}});
  }
};

TEST_F(scheduled_delivery, WaitsForItsDelay) {
  send(R"({"id":"x","type":"t","metadata":{"delay":"10s"}})");
  ASSERT_EQ(client_.accepted.size(), 1U);
  pass_time(9900ms);
  EXPECT_THAT(seen("echo"), IsEmpty());
  EXPECT_EQ(whole_->at(0).scheduled(), 1U);
  EXPECT_EQ(whole_->at(0).deliveries().memory_used(), 0) << "it waits in the journal";
  pass_time(200ms);
  ASSERT_EQ(seen("echo").size(), 1U);
  EXPECT_EQ(seen("echo")[0].message->view().id, "x");
  EXPECT_GT(seen("echo")[0].deadline, clock_.mono() + 4s) << "the timeout counts from then";
}

TEST_F(scheduled_delivery, WaitsForItsTimeOverARestart) {
  const auto at = format_rfc3339(clock_.wall() + 60s);
  send(R"({"id":"x","type":"t","metadata":{"deliver_at":")" + at + R"("}})");
  tear_down();
  put_up({{{"id", "other"}, {"to", "fraud"}}});
  pass_time(59s);
  EXPECT_THAT(seen("echo"), IsEmpty());
  pass_time(2s);
  EXPECT_EQ(seen("echo").size(), 1U);
  tear_down();
  put_up();
  pass_time(100s);
  EXPECT_THAT(seen("echo"), IsEmpty()) << "it is done";
}

TEST_F(scheduled_delivery, ATimeoutCountsFromTheTimeThatWasAskedForAlsoOverADownTime) {
  send(R"({"id":"x","type":"t","metadata":{"delay":"60s","deadline":"20s"}})");
  tear_down();
  clock_.advance(63s);
  put_up({{{"id", "r"}, {"to", "echo"}, {"timeout", "5s"}}});
  pass_time(10ms);
  ASSERT_EQ(seen("echo").size(), 1U) << "three of its five seconds have passed, not sixty-three";
  EXPECT_LE(seen("echo")[0].deadline, clock_.mono() + 2s);
}

TEST_F(scheduled_delivery, ADeadlineThatIsATimeHoldsForWhatWaited) {
  const auto end = format_rfc3339(clock_.wall() + 11s);
  send(R"({"id":"x","type":"t","metadata":{"delay":"10s","deadline":")" + end + R"("}})");
  pass_time(10100ms);
  ASSERT_EQ(seen("echo").size(), 1U);
  EXPECT_LE(seen("echo")[0].deadline, clock_.mono() + 1s);
}

TEST_F(scheduled_delivery, WhatIsDueAlreadyGoesAtOnce) {
  send(R"({"type":"t","metadata":{"deliver_at":"2001-01-01T00:00:00Z"}})");
  send(R"({"type":"t","metadata":{"delay":"0s"}})");
  EXPECT_EQ(seen("echo").size(), 2U);
}

TEST_F(scheduled_delivery, IsJournaledEvenWhenOnlyMemoryWasAskedFor) {
  send(R"({"type":"t","metadata":{"delay":"1s"}})");
  EXPECT_EQ(client_.accepted.back().level, message::ack_level::fsync);
}

TEST_F(scheduled_delivery, FollowsTheWallClockWhenItIsSet) {
  send(R"({"type":"t","metadata":{"delay":"1h"}})");
  clock_.jump_wall(2h);
  pass_time(31s);
  EXPECT_EQ(seen("echo").size(), 1U);
}

TEST_F(scheduled_delivery, ManyAtOnceComeInPiecesByTheirSeq) {
  for (int i = 0; i < 600; ++i) send(R"({"type":"t","metadata":{"delay":"5s"}})");
  pass_time(5200ms);
  for (int i = 0; i < 20 && seen("echo").size() < 600; ++i) pass_time(10ms);
  ASSERT_EQ(seen("echo").size(), 600U);
  for (std::size_t i = 1; i < 600; ++i)
    ASSERT_LT(seen("echo")[i - 1].seq, seen("echo")[i].seq) << "all are due together";
}

TEST_F(scheduled_delivery, AWrongTimeIsRefusedWithTheReason) {
  for (const auto* wrong :
       {R"({"type":"t","metadata":{"delay":"soon"}})", R"({"type":"t","metadata":{"delay":5}})",
        R"({"type":"t","metadata":{"deliver_at":"5s"}})",
        R"({"type":"t","metadata":{"delay":"5s","deliver_at":"2026-01-01T00:00:00Z"}})"}) {
    client_.refused.clear();
    send(wrong);
    ASSERT_EQ(client_.refused.size(), 1U) << wrong;
    EXPECT_EQ(client_.refused[0].code, errc::invalid_argument);
  }
}

}  // namespace
}  // namespace nip::broker
