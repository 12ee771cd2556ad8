#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/commands/eval_batch.hpp"
#include "unit/cli/program.hpp"

namespace nip::cli::testing {
namespace {

using ::testing::HasSubstr;

// The answers to lines of one batch.
std::vector<std::string> batch(const std::string& lines) {
  const auto ended = nip({"eval", "--batch"}, {.input = lines});
  EXPECT_EQ(ended.code, 0) << ended.err;
  std::vector<std::string> answers;
  std::istringstream out(ended.out);
  for (std::string line; std::getline(out, line);) answers.push_back(line);
  return answers;
}
std::string one(std::string line) {
  std::ranges::replace(line, '\n', ' ');
  const auto answers = batch(line + "\n");
  return answers.size() == 1 ? answers[0] : std::to_string(answers.size()) + " answers";
}

TEST(eval, ShowsTheTypeAsTheLanguageWritesIt) {
  EXPECT_EQ(nip({"eval", "[1, 1u, 1.0, b'a', type(1)]"}).out, "[1, 1u, 1.0, b\"a\", int]\n");
  EXPECT_EQ(nip({"eval", "duration('90s')"}).out, "duration(\"90s\")\n");
}

TEST(eval, GivesPlainJsonToPrograms) {
  EXPECT_EQ(nip({"eval", "[1, 1u, b'a']", "--json"}).out, "[1, 1, \"YQ==\"]\n");
}

TEST(eval, GivesJsonThatNamesTheTypesWhenAsked) {
  EXPECT_EQ(nip({"eval", "1u + 2u", "--typed"}).out, "{\"uint64Value\":\"3\"}\n");
}

TEST(eval, NeedsAnExpressionOrABatch) {
  const auto ended = nip({"eval"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("--batch"));
  EXPECT_EQ(nip({"eval", "1", "--batch"}).code, 2);
}

TEST(eval_batch, AnswersEachLineInOrder) {
  EXPECT_EQ(batch("{\"expr\":\"1 + 1\"}\n{\"expr\":\"x + 'b'\",\"bindings\":{\"x\":\"a\"}}"),
            (std::vector<std::string>{R"({"value":{"int64Value":"2"}})",
                                      R"({"value":{"stringValue":"ab"}})"}));
}

TEST(eval_batch, BindingsAreTypedOrPlain) {
  EXPECT_EQ(one(R"({"expr":"[x, y, z.value.a]","bindings":{"x":{"uint64Value":"1"},"y":1,)"
                R"("z":{"value":{"a":2.0}}}})"),
            R"({"value":{"listValue":{"values":[{"uint64Value":"1"},{"int64Value":"1"},)"
            R"({"doubleValue":2.0}]}}})");
}

TEST(eval_batch, MistakesAreAnsweredAndNameTheLine) {
  const auto answers =
      batch("{\"expr\":\n7\n\n{\"expr\":\"1 / 0\"}\n{\"expr\":\"x\"}\n{\"expr\":\"2\"}\n");
  ASSERT_EQ(answers.size(), 6U);
  EXPECT_THAT(answers[0], HasSubstr("{\"error\":\"line 1: not JSON: "));
  EXPECT_THAT(answers[1], HasSubstr("line 2: a line is an object"));
  EXPECT_THAT(answers[2], HasSubstr("line 3: not JSON"));
  EXPECT_THAT(answers[3], HasSubstr("line 4: 1:3: divide by zero"));
  EXPECT_THAT(answers[4], HasSubstr("line 5: 1:1: unknown name"));
  EXPECT_EQ(answers[5], R"({"value":{"int64Value":"2"}})");
}

TEST(eval_batch, WrongMembersAreNamed) {
  EXPECT_THAT(one(R"({"bindings":{}})"), HasSubstr(R"(\"expr\" is missing)"));
  EXPECT_THAT(one(R"({"expr":"1","bindings":[]})"), HasSubstr(R"(\"bindings\" is an object)"));
  EXPECT_THAT(one(R"({"expr":"x","bindings":{"x":{"int64Value":true}}})"),
              HasSubstr(R"(\"bindings\": x: int64Value takes)"));
  EXPECT_THAT(one(R"({"expr":"1","disable_check":1})"), HasSubstr("true or false"));
  EXPECT_THAT(one(R"({"expr":"1","type_env":[{"name":"f","function":{}}]})"),
              HasSubstr("without overloads"));
}

TEST(eval_batch, NamesAreLookedUpInAContainer) {
  EXPECT_EQ(one(R"({"expr":"y","container":"x","bindings":{"x.y":true}})"),
            R"({"value":{"boolValue":true}})");
}

TEST(eval_batch, TheCheckKnowsDeclaredTypesAndCanBeLeftAway) {
  const std::string mixed = R"({"expr":"x + 'a'","bindings":{"x":1},"type_env":)"
                            R"([{"name":"x","ident":{"type":{"primitive":"INT64"}}}])";
  EXPECT_THAT(one(mixed + "}"), HasSubstr("no such operation: int + string"));
  EXPECT_THAT(one(mixed + R"(,"disableCheck":true})"), HasSubstr("no such overload"));
}

TEST(eval_batch, ATypeIsAnsweredWhenAskedFor) {
  EXPECT_EQ(one(R"({"expr":"[1]","check_only":true})"), R"json({"type":"list(int)"})json");
  EXPECT_EQ(one(R"({"expr":"1u","typedResult":{}})"),
            R"({"type":"uint","value":{"uint64Value":"1"}})");
  EXPECT_EQ(one(R"json({"expr":"f(1, 'a')","checkOnly":true,"typeEnv":[{"name":"f","function":
                  {"overloads":[{"params":[{"typeParam":"T"},{"dyn":{}}],"resultType":
                  {"listType":{"elemType":{"typeParam":"T"}}}}]}}]})json"),
            R"json({"type":"list(int)"})json");
}

TEST(eval_batch, TheCostIsAnsweredWhenAskedFor) {
  EXPECT_EQ(one(R"({"expr":"x == 1","bindings":{"x":1},"cost":true})"),
            R"({"value":{"boolValue":true},"cost":{"least":0,"most":0,"counted":0}})");
  EXPECT_THAT(one(R"json({"expr":"[x, x].map(y, y)","bindings":{"x":1},"cost":true})json"),
              HasSubstr("\"counted\":"));
}

TEST(eval_batch, ADeclaredFunctionHasNothingToRun) {
  EXPECT_THAT(one(R"json({"expr":"f()","typeEnv":[{"name":"f","function":{"overloads":
                    [{"resultType":{"dyn":{}}}]}}]})json"),
              HasSubstr("no such overload"));
}

TEST(eval_batch, ALineIsBounded) {
  const std::string big(eval_line_bytes_max + 1, ' ');
  const auto answers = batch(big + "\n{\"expr\":\"1\"}\n");
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_THAT(answers[0], HasSubstr("line 1: longer than 16777216 bytes"));
  EXPECT_THAT(answers[1], HasSubstr("int64Value"));
}

}  // namespace
}  // namespace nip::cli::testing
