#include "broker/replay_diff.hpp"

#include <gmock/gmock.h>

#include "unit/broker/house_fixture.hpp"

namespace nip::broker {
namespace {

using testing::SizeIs;

router::plan plan_of(std::vector<std::pair<std::string, std::string>> rule_and_target,
                     std::vector<std::string> topics = {}) {
  std::vector<router::planned_delivery> out;
  for (auto& [rule, target] : rule_and_target) {
    router::planned_delivery one;
    one.rule = rule;
    one.targets.push_back({.name = target});
    out.push_back(std::move(one));
  }
  return {generation_id(1), std::move(out), std::move(topics)};
}

TEST(change_between_plans, HasAWordForEachKind) {
  const auto a = plan_of({{"r", "p"}});
  EXPECT_EQ(change_between(a, plan_of({{"r", "p"}})), std::nullopt);
  EXPECT_EQ(change_between(a, plan_of({})), "lost");
  EXPECT_EQ(change_between(plan_of({}), a), "gained");
  EXPECT_EQ(change_between(a, plan_of({{"r", "q"}})), "moved");
  EXPECT_EQ(change_between(a, plan_of({{"r", "p"}}, {"t"})), "moved");
  EXPECT_EQ(change_between(a, plan_of({{"s", "p"}})), "other_rule");
}

TEST(change_between_plans, AnotherPatienceIsNoOtherPlace) {
  auto patient = plan_of({{"r", "p"}}).deliveries();
  patient[0].retry.attempts = 99;
  EXPECT_EQ(change_between(plan_of({{"r", "p"}}), {generation_id(2), patient, {}}), std::nullopt);
}

class diffs : public house_fixture {
 protected:
  diffs() { always("echo", handled::done); }
  replay_wish dry(json rules = nullptr, std::uint64_t limit = 0) {
    replay_wish wish;
    wish.dry_run = true;
    wish.rules = std::move(rules);
    wish.limit = limit;
    return wish;
  }
};

const nlohmann::json by_number = {{{"id", "r"}, {"to", "echo"}, {"when", "message.data > 2"}}};

TEST_F(diffs, SaysWhichMessagesWouldGoElsewhereAndSendsNothing) {
  put_up({{{"id", "r"}, {"to", "echo"}}});
  for (int n = 0; n < 5; ++n) send(R"({"type":"t","data":)" + std::to_string(n) + "}");
  const auto said = replay(dry(by_number));
  EXPECT_EQ(said["looked_at"], 5);
  EXPECT_EQ(said["changed"]["lost"], 3);
  EXPECT_EQ(said["unchanged"], 2);
  ASSERT_THAT(said["items"], SizeIs(3));
  EXPECT_EQ(said["items"][0]["seq"], 1);
  EXPECT_EQ(said["items"][0]["before"], (json{{{"rule", "r"}, {"targets", {"echo"}}}}));
  EXPECT_EQ(said["items"][0]["after"], json::array());
  EXPECT_EQ(said["truncated"], false);
  EXPECT_THAT(events_.stored, SizeIs(5));
  EXPECT_EQ(replay(dry())["changed_messages"], 0);
}

TEST_F(diffs, WithoutARangeTheLastMessagesAreMeantAlsoBetweenThoseOfAnotherTenant) {
  put_up({{{"id", "r"}, {"to", "echo"}}});
  for (int n = 0; n < 10; ++n) send(R"({"type":"t","data":)" + std::to_string(n) + "}");
  for (std::size_t n = 4; n < 9; ++n) events_.stored[n].record.tenant = tenant_id(2);
  const auto said = replay(dry(by_number, 3));
  EXPECT_EQ(said["looked_at"], 3);
  EXPECT_EQ(said["from"], 3);
  EXPECT_EQ(said["to"], 10);
  EXPECT_EQ(said["changed"]["lost"], 1);
}

TEST_F(diffs, OneRuleIsPutAmongThoseInForce) {
  put_up({{{"id", "a"}, {"to", "echo"}, {"when", "message.data == 1"}},
          {{"id", "b"}, {"to", "fraud"}, {"when", "message.data == 2"}}});
  for (int n = 0; n < 3; ++n) send(R"({"type":"t","data":)" + std::to_string(n) + "}");
  auto wish = dry();
  wish.rule = {{"id", "b"}, {"to", "echo"}, {"when", "message.data >= 1"}};
  const auto said = replay(wish);
  EXPECT_EQ(said["changed"]["moved"], 1);
  EXPECT_EQ(said["unchanged"], 2);
}

TEST_F(diffs, ListsOnlySoManyAndSaysSo) {
  put_up({{{"id", "r"}, {"to", "echo"}}});
  const auto count = diff_listed_max + 10;
  for (std::size_t n = 0; n < count; ++n) send(R"({"type":"t","data":0})");
  const auto said = replay(dry(by_number));
  EXPECT_THAT(said["items"], SizeIs(diff_listed_max));
  EXPECT_EQ(said["changed"]["lost"], count);
  EXPECT_EQ(said["truncated"], true);
}

TEST_F(diffs, WhatWentStraightToATargetIsNotCompared) {
  put_up({{{"id", "r"}, {"to", "echo"}}});
  send(R"({"type":"t"})");
  replay_wish straight;
  straight.target = "topic:x";
  replay(straight);
  const auto said = replay(dry());
  EXPECT_EQ(said["targeted"], 1);
  EXPECT_EQ(said["unchanged"], 1);
}

}  // namespace
}  // namespace nip::broker
