#include "router/matcher.hpp"

#include <gmock/gmock.h>

#include "unit/router/router_fixture.hpp"

namespace nip::router {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using json = nlohmann::json;

using rule_matching = router_fixture;
constexpr std::string_view plain = R"({"type":"t"})";

TEST_F(rule_matching, AllMakesOneDeliveryATargetAndTheOthersOne) {
  use({{{"id", "a"}, {"to", {"p", "topic:x", "q"}}},
       {{"id", "b"}, {"to", {"r", "s"}}, {"strategy", "best"}},
       {{"id", "c"}, {"to", {"t", "u"}}, {"strategy", "first"}},
       {{"id", "d"}, {"to", {"v", "w"}}, {"strategy", "weighted"}},
       {{"id", "e"}, {"to", {"y", "z"}}, {"strategy", "chain"}}});
  const auto plan = route(plain);
  EXPECT_THAT(shape(*plan), ElementsAre("a/0 all p", "a/1 all q", "b/0 best r,s", "c/0 first t,u",
                                        "d/0 weighted v,w", "e/0 chain y,z"));
  EXPECT_THAT(plan->topics(), ElementsAre("x"));
}

TEST_F(rule_matching, OnlyTrueConditionsFireAndErrorsAreCounted) {
  use({{{"id", "yes"}, {"to", "p"}, {"when", "message.data.n > 3"}},
       {{"id", "no"}, {"to", "q"}, {"when", "message.data.n > 5"}},
       {{"id", "error"}, {"to", "r"}, {"when", "message.data.absent > 5"}},
       {{"id", "text"}, {"to", "s"}, {"when", "message.data.word"}}});
  EXPECT_THAT(shape(*route(R"({"type":"t","data":{"n":4,"word":"true"}})")),
              ElementsAre("yes/0 all p"));
  EXPECT_THAT(matcher_.fired(), ElementsAre(0U));
  EXPECT_EQ(matcher_.errors().value(), 1U);
}

TEST_F(rule_matching, ConditionsSeeEveryFieldOfTheMessage) {
  use({{{"id", "r"},
        {"to", "p"},
        {"when",
         "message.id == 'the-id' && message.type == 't' && message.source == 's' && "
         "message.timestamp == '2026-11-22T02:10:07.123Z' && message.correlation_id == 'c' && "
         "message.tenant == 'default' && message.data.x[1] == 2 && message.metadata.mine == "
         "'m'"}}});
  EXPECT_FALSE(route(R"({"type":"t","source":"s","correlation_id":"c","data":{"x":[1,2]},)"
                     R"("metadata":{"mine":"m"}})")
                   ->unmatched());
  EXPECT_TRUE(route(plain)->unmatched());
}

TEST_F(rule_matching, ATargetOfAnEarlierRuleIsNotDeliveredToAgain) {
  use({{{"id", "low"}, {"to", {"p", "q"}}},
       {{"id", "high"}, {"to", {"q", "q"}}, {"priority", 1}},
       {{"id", "pick"}, {"to", {"p", "z"}}, {"strategy", "first"}},
       {{"id", "again"}, {"to", {"z", "topic:t"}}},
       {{"id", "same"}, {"to", {"z", "topic:t"}}}});
  const auto plan = route(plain);
  EXPECT_THAT(shape(*plan), ElementsAre("high/0 all q", "low/0 all p", "pick/0 first z"));
  EXPECT_THAT(plan->topics(), ElementsAre("t"));
}

TEST_F(rule_matching, AChainRunsEvenIfAStepWasATargetBefore) {
  use({{{"id", "a"}, {"to", "p"}}, {{"id", "b"}, {"to", {"p", "q"}}, {"strategy", "chain"}}});
  EXPECT_THAT(shape(*route(plain)), ElementsAre("a/0 all p", "b/0 chain p,q"));
}

TEST_F(rule_matching, StopEndsTheMatchingWhenItFires) {
  use({{{"id", "a"}, {"to", "p"}, {"when", "message.type == 'halt'"}, {"stop", true}},
       {{"id", "b"}, {"to", "q"}}});
  EXPECT_THAT(shape(*route(R"({"type":"halt"})")), ElementsAre("a/0 all p"));
  EXPECT_THAT(shape(*route(plain)), ElementsAre("b/0 all q"));
}

TEST_F(rule_matching, TheFloorIsTheHighestAckOfTheRulesThatFired) {
  use({{{"id", "a"}, {"to", "p"}, {"ack", "memory"}},
       {{"id", "b"}, {"to", "q"}, {"ack", "fsync"}, {"when", "message.type == 'safe'"}},
       {{"id", "c"}, {"to", "r"}}});
  EXPECT_EQ(route(plain)->floor(), message::ack_level::memory);
  EXPECT_EQ(route(R"({"type":"safe"})")->floor(), message::ack_level::fsync);
  use({{{"id", "c"}, {"to", "r"}}});
  EXPECT_EQ(route(plain)->floor(), std::nullopt);
}

TEST_F(rule_matching, EqualCombinationsShareOnePlanUntilTheRulesChange) {
  const json rules = {{{"id", "a"}, {"to", "p"}},
                      {{"id", "b"}, {"to", "q"}, {"when", "message.type == 'both'"}}};
  use(rules);
  const auto first = route(plain);
  EXPECT_EQ(route(R"({"type":"another"})"), first);
  EXPECT_NE(route(R"({"type":"both"})"), first);
  use(rules, generation_id(2));
  const auto later = route(plain);
  EXPECT_NE(later, first);
  EXPECT_EQ(later->generation(), generation_id(2));
  EXPECT_EQ(later->key(), first->key());
}

TEST_F(rule_matching, NothingFiresIsUnmatchedAndATopicAloneIsNot) {
  use(json::array());
  EXPECT_TRUE(route(plain)->unmatched());
  use({{{"id", "a"}, {"to", "topic:x"}}});
  EXPECT_FALSE(route(plain)->unmatched());
}

class order_keys : public router_fixture {
 protected:
  std::vector<std::uint64_t> keys(std::string_view text) {
    const auto in = parse(text);
    const auto plan = matcher_.route(in, filled);
    const auto out = matcher_.order_keys(*plan, in, filled);
    return {out.begin(), out.end()};
  }
};

TEST_F(order_keys, AreEmptyWhenNothingIsOrdered) {
  use({{{"id", "a"}, {"to", "p"}}});
  EXPECT_THAT(keys(plain), IsEmpty());
}

TEST_F(order_keys, DifferByTargetAndByKeyAndByTypeOfTheKey) {
  use({{{"id", "a"}, {"to", {"p", "q"}}, {"order", "message.data.k"}}, {{"id", "b"}, {"to", "r"}}});
  const auto one = keys(R"({"type":"t","data":{"k":"1"}})");
  ASSERT_EQ(one.size(), 3U);
  EXPECT_NE(one[0], 0U);
  EXPECT_NE(one[0], one[1]);
  EXPECT_EQ(one[2], 0U);
  EXPECT_EQ(keys(R"({"type":"other","data":{"k":"1","more":2}})"), one);
  EXPECT_NE(keys(R"({"type":"t","data":{"k":"2"}})")[0], one[0]);
  EXPECT_NE(keys(R"({"type":"t","data":{"k":1}})")[0], one[0]);
}

TEST_F(order_keys, TwoRulesWithOneTargetShareItsLine) {
  use({{{"id", "a"}, {"to", "p"}, {"order", "message.data.k"}, {"when", "message.type == 'a'"}},
       {{"id", "b"}, {"to", "p"}, {"order", "message.data.k"}, {"when", "message.type == 'b'"}}});
  EXPECT_EQ(keys(R"({"type":"a","data":{"k":1}})"), keys(R"({"type":"b","data":{"k":1}})"));
}

TEST_F(order_keys, AKeyThatDoesNotEvaluateMeansUnordered) {
  use({{{"id", "a"}, {"to", "p"}, {"order", "message.data.k"}}});
  EXPECT_THAT(keys(plain), ElementsAre(0U));
  EXPECT_EQ(matcher_.errors().value(), 1U);
}

}  // namespace
}  // namespace nip::router
