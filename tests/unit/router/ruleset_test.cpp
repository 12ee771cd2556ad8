#include "router/ruleset.hpp"

#include <gmock/gmock.h>

#include "unit/router/router_fixture.hpp"

namespace nip::router {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using json = nlohmann::json;

class ruleset_compiling : public router_fixture {
 protected:
  static error failure(std::vector<rule> rules) {
    const auto made = ruleset::compile(std::move(rules));
    EXPECT_FALSE(made);
    return made ? error{} : made.error();
  }
};

TEST_F(ruleset_compiling, OrderIsPriorityThenTheOrderOfTheFile) {
  const auto made = ruleset::compile(rules_of({{{"id", "c"}, {"to", "x"}},
                                               {{"id", "a"}, {"to", "x"}, {"priority", 5}},
                                               {{"id", "b"}, {"to", "x"}},
                                               {{"id", "d"}, {"to", "x"}, {"priority", 5}},
                                               {{"id", "e"}, {"to", "x"}, {"priority", -1}}}));
  ASSERT_TRUE(made);
  std::string order;
  for (const auto& each : (*made)->rules()) order += each.what.id;
  EXPECT_EQ(order, "adcbe");
}

TEST_F(ruleset_compiling, DisabledRulesAreWrittenButNotTried) {
  const auto made = ruleset::compile(
      rules_of({{{"id", "b"}, {"to", "x"}, {"enabled", false}}, {{"id", "a"}, {"to", "x"}}}));
  ASSERT_TRUE(made);
  ASSERT_EQ((*made)->rules().size(), 1U);
  EXPECT_EQ((*made)->rules()[0].what.id, "a");
  EXPECT_EQ((*made)->written().size(), 2U);
  ASSERT_NE((*made)->find("b"), nullptr);
  EXPECT_FALSE((*made)->find("b")->enabled);
  EXPECT_EQ((*made)->find("c"), nullptr);
  EXPECT_EQ((*made)->find(""), nullptr);
}

TEST_F(ruleset_compiling, AnIdUsedTwiceNamesBothPlaces) {
  const json one = {{"id", "twin"}, {"to", "x"}};
  const auto why =
      failure({good_rule(one, origin::file, "a.yaml:1:1"), good_rule(one, origin::api)});
  EXPECT_EQ(why.code, errc::conflict);
  EXPECT_THAT(why.detail,
              AllOf(HasSubstr("\"twin\""), HasSubstr("a.yaml:1:1"), HasSubstr("the REST API")));
}

TEST_F(ruleset_compiling, ABadExpressionIsNamedWithPlaceAndCaret) {
  const auto why = failure({good_rule({{"id", "r"}, {"to", "x"}, {"when", "message.type == "}},
                                      origin::file, "a.yaml:7:3")});
  EXPECT_EQ(why.code, errc::parse);
  EXPECT_THAT(why.detail,
              AllOf(HasSubstr("a.yaml:7:3"), HasSubstr("rule \"r\": when"), HasSubstr("^")));
  EXPECT_THAT(
      failure({good_rule({{"id", "r"}, {"to", "x"}, {"when", "message.tpye == 'a'"}})}).detail,
      HasSubstr("type"));
  EXPECT_THAT(failure({good_rule({{"id", "r"}, {"to", "x"}, {"order", "message."}})}).detail,
              HasSubstr("rule \"r\": order"));
}

TEST_F(ruleset_compiling, ABadExpressionOfADisabledRuleIsRefusedToo) {
  EXPECT_EQ(
      failure({good_rule({{"id", "r"}, {"to", "x"}, {"when", "("}, {"enabled", false}})}).code,
      errc::parse);
}

TEST_F(ruleset_compiling, AConditionHasToBeTrueOrFalse) {
  const auto why = failure({good_rule({{"id", "r"}, {"to", "x"}, {"when", "message.type"}})});
  EXPECT_EQ(why.code, errc::invalid_argument);
  EXPECT_THAT(why.detail, AllOf(HasSubstr("condition"), HasSubstr("of type string")));
  // What data holds is known at run time only.
  EXPECT_TRUE(
      ruleset::compile({good_rule({{"id", "r"}, {"to", "x"}, {"when", "message.data.flag"}})}));
}

}  // namespace
}  // namespace nip::router
