#include "router/rule.hpp"

#include <gmock/gmock.h>

#include "unit/router/router_fixture.hpp"

namespace nip::router {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using json = nlohmann::json;
using namespace std::chrono_literals;

using rule_reading = router_fixture;

TEST_F(rule_reading, EveryKeyIsRead) {
  const auto r = good_rule(json::parse(R"({"id":"big","when":"message.type == 'x'",
    "to":["a",{"plugin":"b","weight":10}],"strategy":"weighted","ack":"memory","timeout":"5s",
    "retry":{"attempts":7,"backoff":"1ms","max_backoff":"2s"},"order":"message.id","priority":-3,
    "stop":true,"gather":true,"expired":"drop","enabled":false,"description":"d"})"),
                           origin::api, "f.yaml:1:2");
  EXPECT_EQ(r.id, "big");
  EXPECT_EQ(r.when, "message.type == 'x'");
  EXPECT_EQ(r.to, (std::vector<target>{{"a", false, 1}, {"b", false, 10}}));
  EXPECT_EQ(r.how, strategy::weighted);
  EXPECT_EQ(r.ack, message::ack_level::memory);
  EXPECT_EQ(r.timeout, nanoseconds(5s));
  EXPECT_EQ(r.retry, (retry_policy{7, 1ms, 2s}));
  EXPECT_EQ(r.order, "message.id");
  EXPECT_EQ(r.priority, -3);
  EXPECT_TRUE(r.stop && r.gather && r.drop_expired);
  EXPECT_FALSE(r.enabled);
  EXPECT_EQ(r.description, "d");
  EXPECT_EQ(r.from, origin::api);
  EXPECT_EQ(r.where, "f.yaml:1:2");
}

TEST_F(rule_reading, WhatIsLeftOutHasItsDefault) {
  const auto r = good_rule({{"id", "r"}, {"to", "echo"}});
  EXPECT_EQ(r.when, "true");
  EXPECT_EQ(r.to, (std::vector<target>{{"echo", false, 1}}));
  EXPECT_EQ(r.how, strategy::all);
  EXPECT_FALSE(r.ack);
  EXPECT_FALSE(r.timeout);
  EXPECT_EQ(r.retry, (retry_policy{5, 100ms, 30s}));
  EXPECT_TRUE(r.enabled);
  EXPECT_FALSE(r.stop || r.gather || r.drop_expired);
}

TEST_F(rule_reading, TopicsAreTargetsInBothForms) {
  const auto r = good_rule({{"id", "r"}, {"to", {"topic:a.b", {{"topic", "c"}}}}});
  EXPECT_EQ(r.to, (std::vector<target>{{"a.b", true, 1}, {"c", true, 1}}));
}

TEST_F(rule_reading, AnUnknownKeyNamesTheNearest) {
  EXPECT_THAT(refusal({{"id", "r"}, {"to", "a"}, {"prioritty", 1}}, "f.yaml:3:5"),
              AllOf(HasSubstr("f.yaml:3:5: rule \"r\""), HasSubstr("unknown key \"prioritty\""),
                    HasSubstr("did you mean \"priority\"?")));
  EXPECT_THAT(refusal({{"id", "r"}, {"to", "a"}, {"retry", {{"atempts", 1}}}}),
              AllOf(HasSubstr("retry"), HasSubstr("did you mean \"attempts\"?")));
  EXPECT_THAT(refusal({{"id", "r"}, {"to", {{{"plugin", "a"}, {"wait", 1}}}}}),
              HasSubstr("unknown key \"wait\""));
}

TEST_F(rule_reading, AWrongTypeOrValueIsNamed) {
  struct bad {
    const char* key;
    json value;
    const char* says;
  };
  const bad all[] = {
      {"id", 5, "key \"id\": expected a string, got number"},
      {"when", true, "key \"when\": expected a string, got boolean"},
      {"strategy", "bst", "expected one of all, best, first, weighted, chain, got \"bst\""},
      {"ack", "disk", "expected one of memory, buffered, fsync, replicated"},
      {"timeout", 5, "expected a duration such as"},
      {"timeout", "0", "expected more than zero"},
      {"timeout", "soon", "key \"timeout\""},
      {"priority", 1.5, "expected a whole number"},
      {"priority", 18446744073709551615ULL, "expected a whole number"},
      {"priority", 1000001, "from -1000000 to 1000000, got 1000001"},
      {"stop", "yes", "expected true or false, got \"yes\""},
      {"expired", "keep", "expected one of dead-letter, drop"},
      {"retry", 3, "key \"retry\": expected an object, got number"},
      {"retry", {{"attempts", 0}}, "from 1 to 1000, got 0"},
      {"retry", {{"backoff", "1m"}}, "max_backoff 30s is below backoff 1m"},
      {"to", json::array(), "expected 1 to 64 targets, got 0"},
      {"to", 7, "expected plugin names"},
      {"to", "", "has no name"},
      {"to", "topic:a..b", "\"a..b\" is not a topic"},
      {"to", {{{"plugin", "a"}, {"topic", "b"}}}, "names a plugin and a topic"},
      {"to", {{{"plugin", "a"}, {"weight", -1}}}, "from 0 to 1000000, got -1"},
      {"id", "", "expected 1 to 128 bytes, got 0"},
  };
  for (const auto& each : all) {
    json document = {{"id", "r"}, {"to", "a"}};
    document[each.key] = each.value;
    EXPECT_THAT(refusal(document), HasSubstr(each.says)) << document;
  }
  EXPECT_THAT(refusal({{"id", "r"}}), HasSubstr("key \"to\" is missing"));
  EXPECT_THAT(refusal(json::array()), HasSubstr("expected an object, got array"));
  EXPECT_THAT(refusal({{"id", std::string(129, 'x')}, {"to", "a"}}), HasSubstr("got 129"));
  EXPECT_THAT(refusal({{"id", "r"}, {"to", json(std::vector<std::string>(65, "a"))}}),
              HasSubstr("got 65"));
}

TEST_F(rule_reading, OnlyAllMayNameTopics) {
  for (const char* how : {"best", "first", "weighted", "chain"})
    EXPECT_THAT(refusal({{"id", "r"}, {"to", "topic:t"}, {"strategy", how}}),
                HasSubstr("\"topic:t\" cannot be a target"));
}

TEST_F(rule_reading, ToJsonReadsBackTheSame) {
  const json documents[] = {
      {{"id", "plain"}, {"to", "a"}},
      json::parse(R"({"id":"full","when":"message.type == 'x'","to":["a",{"plugin":"b","weight":0}],
    "strategy":"best","ack":"buffered","timeout":"1.5s","retry":{"attempts":2,"backoff":"10ms",
    "max_backoff":"1m"},"order":"message.id","priority":4,"stop":true,"gather":true,
    "expired":"drop","enabled":false,"description":"why"})"),
      {{"id", "topics"}, {"to", {"topic:a.b", {{"topic", "c"}, {"weight", 3}}}}},
  };
  for (const auto& document : documents) {
    const auto once = to_json(good_rule(document));
    const auto back = good_rule(once);
    EXPECT_EQ(to_json(back), once);
    EXPECT_EQ(back.to, good_rule(document).to);
    EXPECT_EQ(back.retry, good_rule(document).retry);
    EXPECT_EQ(back.drop_expired, good_rule(document).drop_expired);
  }
}

}  // namespace
}  // namespace nip::router
