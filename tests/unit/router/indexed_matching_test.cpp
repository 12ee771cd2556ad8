// Rulesets above the number that is tried: order, stop, disabled rules and errors with the index.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "cel/write.hpp"
#include "router/index/index_builder.hpp"
#include "unit/router/random_rules.hpp"
#include "unit/router/router_fixture.hpp"

namespace nip::router {
namespace {

using testing::ElementsAre;
using json = nlohmann::json;
constexpr std::string_view plain = R"({"type":"t"})";

class indexed_matching : public router_fixture {
 protected:
  const rule_index* index() const { return indexed_.rules().index(); }
};

TEST_F(indexed_matching, FindsTheSameRulesAsTryingThemInEveryRespect) {
  std::size_t fired = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    random_rules random(seed, "message.data");
    json rules = json::array();
    while (rules.size() < 40) {
      json one = {
          {"id", std::to_string(rules.size())}, {"to", "p" + std::to_string(random.below(9))},
          {"when", random.condition(2)},        {"priority", random.below(3)},
          {"enabled", random.below(8) != 0},    {"stop", random.below(12) == 0}};
      if (ruleset::compile({good_rule(one)})) rules.push_back(std::move(one));
    }
    use(rules);
    for (int i = 0; i < 10; ++i) {
      cel::arena memory;
      route(R"({"type":"t","data":)" + cel::to_json(random.input(memory)) + "}");
      fired += matcher_.fired().size();
    }
  }
  EXPECT_GT(fired, 400U);
}

TEST_F(indexed_matching, OnlySetsAboveABoundHaveAnIndex) {
  const auto of_size = [](std::size_t count) {
    json rules = json::array();
    for (std::size_t i = 0; i < count; ++i)
      rules.push_back({{"id", std::to_string(i)}, {"to", "p"}});
    return *ruleset::compile(rules_of(rules));
  };
  EXPECT_EQ(of_size(ruleset::tried_max)->index(), nullptr);
  const auto more = of_size(ruleset::tried_max + 1);
  ASSERT_NE(more->index(), nullptr);
  EXPECT_EQ(more->index()->size(), more->rules().size());
}

TEST_F(indexed_matching, SaysHowMuchOfEachRuleItDecides) {
  use({{{"id", "a"}, {"to", "p"}, {"when", "message.type == 't' && !(message.data.n > 3)"}},
       {{"id", "b"}, {"to", "p"}, {"when", "message.type == 't' && size(message.data.n) > 3"}},
       {{"id", "c"}, {"to", "p"}, {"when", "size(message.data.n) > 3 || message.type == 't'"}},
       {{"id", "d"}, {"to", "p"}},
       {{"id", "e"}, {"to", "p"}, {"when", "message.data.n == 9007199254740993"}}});
  ASSERT_NE(index(), nullptr);
  std::vector<std::string> found;
  for (std::uint32_t i = 0; i < 5; ++i) found.emplace_back(to_string(index()->how(i)));
  EXPECT_THAT(found, ElementsAre("whole", "partly", "none", "whole", "partly"));
}

TEST_F(indexed_matching, ExplanationsHearOfRulesThatAreNear) {
  use({{{"id", "fires"}, {"to", "p"}, {"when", "message.type == 't'"}},
       {{"id", "near"}, {"to", "p"}, {"when", "message.type == 't' && message.data.n != 3"}},
       {{"id", "far"}, {"to", "p"}, {"when", "message.type == 'u' && message.data.n != 3"}},
       {{"id", "run"}, {"to", "p"}, {"when", "message.type == 't' && size(message.data.n) == 3"}}});
  const auto in = parse(R"({"type":"t","data":{"n":3}})");
  indexed_.route(in, filled);
  EXPECT_THAT(indexed_.near(in, filled, 10), testing::UnorderedElementsAre(1U, 3U));
  EXPECT_THAT(indexed_.near(in, filled, 1).size(), 1U);
  EXPECT_THAT(matcher_.near(in, filled, 10), ElementsAre());
}

TEST_F(indexed_matching, ConditionsThatAreRunAreCountedByRule) {
  use({{{"id", "a"}, {"to", "p"}, {"when", "message.type == 't'"}},
       {{"id", "b"}, {"to", "p"}, {"when", "message.type == 't' && size(message.type) == 1"}},
       {{"id", "off"}, {"to", "p"}, {"enabled", false}}});
  route(plain);
  route(R"({"type":"u"})");
  const auto& rules = indexed_.rules();
  ASSERT_EQ(rules.runs().size(), 1U);
  EXPECT_EQ(rules.runs()[0].rule, "b");
  EXPECT_EQ(rules.runs()[0].runs, 1U);
  EXPECT_EQ(rules.indexed(*rules.find("a")), indexing::whole);
  EXPECT_EQ(rules.indexed(*rules.find("b")), indexing::partly);
  EXPECT_EQ(rules.indexed(*rules.find("off")), std::nullopt);
  EXPECT_EQ(matcher_.rules().indexed(*matcher_.rules().find("a")), std::nullopt);
}

TEST_F(indexed_matching, ErrorsAreCountedOfConditionsThatAreRun) {
  use({{{"id", "a"}, {"to", "p"}, {"when", "message.data.n == 1"}},
       {{"id", "b"}, {"to", "p"}, {"when", "size(message.data.n) == 1"}},
       {{"id", "c"}, {"to", "p"}, {"when", "message.type == 'x' && size(message.data.n) == 1"}}});
  route(R"({"type":"t"})");
  EXPECT_EQ(matcher_.errors().value(), 2U);
  EXPECT_EQ(indexed_.errors().value(), 1U);
}

TEST_F(indexed_matching, AnErrorIsNeitherTrueNorFalse) {
  use({{{"id", "not equal"}, {"to", "p"}, {"when", "!(message.data.n == 1)"}},
       {{"id", "or"}, {"to", "p"}, {"when", "message.data.n == 1 || message.type == 't'"}},
       {{"id", "not or"}, {"to", "p"}, {"when", "!(message.data.n == 1 || message.type == 'u')"}},
       {{"id", "type"}, {"to", "p"}, {"when", "!(message.data.w < 1)"}}});
  route(R"({"type":"t","data":{"w":"text"}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre(1U));
  route(R"({"type":"t","data":{"n":2}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre(0U, 1U, 2U));
}

TEST_F(indexed_matching, AMemberOfAListOrAMapLeadsToItsRules) {
  use({{{"id", "a"}, {"to", "p"}, {"when", "'a' in message.data.tags"}},
       {{"id", "b"}, {"to", "p"}, {"when", "message.type == 't' && 'b' in message.data.tags"}},
       {{"id", "c"}, {"to", "p"}, {"when", "1 in message.data.tags || 'c' in message.data.tags"}},
       {{"id", "not"}, {"to", "p"}, {"when", "!('a' in message.data.tags)"}},
       {{"id", "z"}, {"to", "p"}, {"when", "'z' in message.data.tags"}}});
  ASSERT_NE(index(), nullptr);
  for (const std::uint32_t each : {0U, 1U, 2U, 4U})
    EXPECT_EQ(index()->how(each), indexing::partly) << each;
  EXPECT_EQ(index()->how(3), indexing::none);
  route(R"({"type":"t","data":{"tags":["a","b","a",1.0,{"z":1}]}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre(0U, 1U, 2U));
  route(R"({"type":"t","data":{"tags":{"c":"z"}}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre(2U, 3U));
  route(R"({"type":"t","data":{"tags":"a"}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre());
  std::map<std::string, std::uint64_t> runs;
  for (const auto& each : indexed_.rules().runs()) runs.emplace(each.rule, each.runs);
  EXPECT_EQ(runs["a"], 1U);
  EXPECT_EQ(runs["c"], 2U);
  EXPECT_EQ(runs["not"], 3U) << "it is run for every message";
  EXPECT_EQ(runs["z"], 0U) << "nothing led to it";
}

TEST_F(indexed_matching, PatternsOfOneFieldLeadToTheirRules) {
  json rules = json::array();
  for (int i = 0; i < 10; ++i)
    rules.push_back({{"id", std::to_string(i)},
                     {"to", "p"},
                     {"when", fmt::format("message.data.text.matches('^a{}')", i)}});
  rules.push_back({{"id", "not"}, {"to", "p"}, {"when", "!message.data.text.matches('^a1')"}});
  use(rules);
  route(R"({"type":"t","data":{"text":"a1"}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre(1U));
  route(R"({"type":"t","data":{"text":"b"}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre(10U));
  route(R"({"type":"t","data":{"text":1}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre());
  std::map<std::string, std::uint64_t> runs;
  for (const auto& each : indexed_.rules().runs()) runs.emplace(each.rule, each.runs);
  EXPECT_EQ(runs["1"], 1U);
  EXPECT_EQ(runs["2"], 0U) << "nothing led to it";
  EXPECT_EQ(runs["not"], 1U);
}

TEST_F(indexed_matching, OfFieldsWithOneNameTheFirstCounts) {
  json rules = json::array();
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h", "i"})
    rules.push_back(
        {{"id", name}, {"to", "p"}, {"when", fmt::format("message.data.{} == 1", name)}});
  use(rules);
  route(R"({"type":"t","data":{"b":2,"a":1,"b":1,"z":1}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre(0U));
}

TEST_F(indexed_matching, AConditionWithManyWaysToBeTrueIsTriedForEveryMessage) {
  std::string when;
  for (std::size_t i = 0; i <= index_builder::postings_per_rule_max; ++i)
    when += fmt::format("{}message.data.n == {}", i == 0 ? "" : "||", i);
  use({{{"id", "a"}, {"to", "p"}, {"when", when}}});
  route(R"({"type":"t","data":{"n":1024}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre(0U));
  route(R"({"type":"t","data":{"n":1025}})");
  EXPECT_THAT(indexed_.fired(), ElementsAre());
}

}  // namespace
}  // namespace nip::router
