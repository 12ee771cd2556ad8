#include "router/why_not.hpp"

#include <gmock/gmock.h>

#include "router/expressions.hpp"
#include "unit/router/router_fixture.hpp"

namespace nip::router {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class why_not_said : public router_fixture {
 protected:
  std::string why(const char* when, std::string_view text, bool enabled = true) {
    const auto in = parse(text);
    return why_not(good_rule({{"id", "r"}, {"to", "p"}, {"when", when}, {"enabled", enabled}}), in,
                   filled);
  }
};

TEST_F(why_not_said, NamesTheFirstFalsePart) {
  EXPECT_EQ(why("message.type == 't' && message.data.n > 5 && message.source == 's'",
                R"({"type":"t","data":{"n":4}})"),
            "message.data.n > 5 is false");
  EXPECT_EQ(why("message.type == 'x'", R"({"type":"t"})"), "message.type == 'x' is false");
}

TEST_F(why_not_said, SaysAnErrorOnlyWhenNoPartIsFalse) {
  EXPECT_THAT(why("message.data.n > 5 && message.type == 't'", R"({"type":"t"})"),
              AllOf(HasSubstr("message.data.n > 5 is an error"), HasSubstr("message.data")));
  EXPECT_THAT(why("message.data.n > 5 && message.type == 'x'", R"({"type":"t"})"),
              HasSubstr("is false"));
}

TEST_F(why_not_said, IsEmptyWhenTheRuleFiresAndSaysDisabled) {
  EXPECT_EQ(why("message.type == 't'", R"({"type":"t"})"), "");
  EXPECT_EQ(why("message.type == 't'", R"({"type":"t"})", false), "the rule is disabled");
}

class shard_expressions : public router_fixture {};

TEST_F(shard_expressions, EqualTextsShareAProgramAndLaterOnesMayBringNewPaths) {
  expressions all;
  const auto first = all.add("message.data.a");
  ASSERT_TRUE(first);
  const auto rich = parse(R"({"type":"t","data":{"a":1,"b":{"c":true}}})");
  all.bind(rich, filled);
  EXPECT_FALSE(all.value(*first).is_error());
  const auto second = all.add("message.data.b.c && message.id == 'the-id'");
  ASSERT_TRUE(second);
  EXPECT_EQ(all.add("message.data.a").value(), *first);
  EXPECT_NE(*first, *second);
  EXPECT_TRUE(all.value(*second).is_true()) << "added after bind";
  const auto poor = parse(R"({"type":"t","data":{"a":1}})");
  all.bind(poor, filled);
  EXPECT_TRUE(all.value(*second).is_error());
}

TEST_F(shard_expressions, AnExpressionThatDoesNotCompileIsRefused) {
  expressions all;
  EXPECT_EQ(all.add("message.").error().code, errc::parse);
  EXPECT_FALSE(all.add("nonsense == 1"));
}

}  // namespace
}  // namespace nip::router
