#include <fmt/format.h>

#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

TEST(cel_evaluate, IntegersAreCheckedForOverflow) {
  expect_all({{"7 / 2", "3"},
              {"-7 / 2", "-3"},
              {"-7 % 3", "-1"},
              {"9223372036854775807 + 1", "error: overflow: the result is out of range"},
              {"-9223372036854775808 - 1", "error: overflow: the result is out of range"},
              {"-(-9223372036854775808)", "error: overflow: the result is out of range"},
              {"5000000000 * 5000000000", "error: overflow: the result is out of range"},
              {"-9223372036854775808 / -1", "error: overflow: the result is out of range"},
              {"-9223372036854775808 % -1", "error: overflow: the result is out of range"},
              {"1 / 0", "error: divide by zero"},
              {"1 % 0", "error: modulus by zero"},
              {"1u / 0u", "error: divide by zero"},
              {"1u - 2u", "error: overflow: the result is out of range"},
              {"18446744073709551615u", "18446744073709551615u"},
              {"1.0 / 0.0", "double(\"Infinity\")"},
              {"0.0 / 0.0 == 0.0 / 0.0", "false"}});
}

TEST(cel_evaluate, NumbersCompareAcrossTheirTypes) {
  expect_all({{"dyn(1) == 1u", "true"},
              {"dyn(1) == 1.0", "true"},
              {"dyn(1u) == 1.5", "false"},
              {"1 < 1.5", "true"},
              {"2u > 1", "true"},
              {"-1 < 0u", "true"},
              {"18446744073709551615u > 9223372036854775807", "true"},
              {"dyn(1) == 'a'", "false"},
              {"dyn(1) != 'a'", "true"},
              {"dyn(1) < 'a'", "error: no such overload"},
              {"dyn([1]) < dyn([2])", "error: no such overload"},
              {"0.0 / 0.0 < 1.0", "false"},
              {"[1, 2] == [1.0, 2u]", "true"},
              {"dyn([1, 2]) == dyn([1.0, 2u])", "true"},
              {"{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"},
              {"'a' < 'b' && b'a' < b'b' && false < true", "true"}});
}

TEST(cel_evaluate, LogicIsCommutativeOverErrors) {
  expect_all({{"1 / 0 == 1 || true", "true"},
              {"true || 1 / 0 == 1", "true"},
              {"1 / 0 == 1 && false", "false"},
              {"false && 1 / 0 == 1", "false"},
              {"1 / 0 == 1 || false", "error: divide by zero"},
              {"1 / 0 == 1 && true", "error: divide by zero"},
              {"1 / 0 == 1 || 1 % 0 == 1 || false", "error: divide by zero"},
              {"dyn(3) || true", "true"},
              {"dyn(3) && true", "error: no such overload"},
              {"!(1 / 0 == 1)", "error: divide by zero"},
              {"1 / 0 == 1 ? 1 : 2", "error: divide by zero"},
              {"true ? 1 : 1 / 0", "1"},
              {"dyn(1) ? 1 : 2", "error: no such overload"}});
}

TEST(cel_evaluate, ListsAndMaps) {
  expect_all({{"[1, 2] + [3]", "[1, 2, 3]"},
              {"[1, 2][1]", "2"},
              {"[1, 2][dyn(1.0)]", "2"},
              {"[1, 2][dyn(0u)]", "1"},
              {"[1, 2][2]", "error: index out of range"},
              {"[1, 2][-1]", "error: index out of range"},
              {"[1, 2][dyn('a')]", "error: no such overload"},
              {"2 in [1, 2]", "true"},
              {"dyn(2u) in [1, 2]", "true"},
              {"'a' in {'a': 1}", "true"},
              {"{'a': 1}.a", "1"},
              {"{'a': 1}['b']", "error: no such key: b"},
              {"{1: 'x', 2u: 'y'}[dyn(2.0)]", "\"y\""},
              {"{1: 'a', 1u: 'b'}", "error: unsupported or repeated key in a map"},
              {"{1.5: 'a'}", "error: unsupported or repeated key in a map: double"},
              {"size({'a': 1}) + size([1, 2]) + 'h\u00e9'.size() + size(b'\u00e9')", "7"}});
}

TEST(cel_evaluate, LargeMapsAreRankedAndStillFindEveryKey) {
  std::string source = "{";
  for (int i = 0; i < 100; ++i)
    source += (i > 0 ? "," : "") + std::to_string(i * 7 % 100) + ":" + std::to_string(i);
  source += ", 'a': -1, true: -2}";
  expression e;
  EXPECT_EQ(e(source + "[7]"), "1");
  EXPECT_EQ(e("dyn(" + source + ")[99u]"), std::to_string(57));
  EXPECT_EQ(e("dyn(" + source + ")['a']"), "-1");
  EXPECT_EQ(e("dyn(" + source + ")[true]"), "-2");
  EXPECT_EQ(e("100 in dyn(" + source + ")"), "false");
  EXPECT_EQ(e(source.substr(0, source.size() - 1) + ", 7u: 0}"),
            "error: unsupported or repeated key in a map");
}

TEST(cel_evaluate, Macros) {
  expect_all({{"[1, 2, 3].all(x, x > 0)", "true"},
              {"[1, 2, 3].exists(x, x > 2)", "true"},
              {"[1, 2, 3].exists_one(x, x > 1)", "false"},
              {"[1, 2, 3].map(x, x * 2)", "[2, 4, 6]"},
              {"[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"},
              {"[1, 2, 3].filter(x, x != 2)", "[1, 3]"},
              {"{'a': 1, 'b': 2}.map(k, k)", "[\"a\", \"b\"]"},
              {"[1, 2].map(x, [3, 4].map(y, x * y))", "[[3, 4], [6, 8]]"},
              {"[].all(x, false)", "true"},
              {"[].exists(x, true)", "false"},
              {"[1, 0].exists(x, 1 / x == 1)", "true"},
              {"[0, 1].exists(x, 1 / x == 1)", "true"},
              {"[0, 2].exists(x, 1 / x == 1)", "error: divide by zero"},
              {"[0, 2].all(x, 2 / x == 2)", "false"},
              {"[0, 1].exists_one(x, 1 / x == 1)", "error: divide by zero"},
              {"dyn(1).all(x, true)", "error: no such overload"},
              {"[5, 6].transformList(i, v, i * v)", "[0, 6]"},
              {"{'a': 1}.transformMap(k, v, k + string(v))", "{\"a\": \"a1\"}"},
              {"{'a': 1}.transformMapEntry(k, v, {v: k})", "{1: \"a\"}"},
              {"[1, 2].exists(i, v, i == 1 && v == 2)", "true"},
              {"cel.bind(x, 'ab', x + x)", "\"abab\""}});
}

TEST(cel_evaluate, ConversionsTakeOnlyWhatTheyCanKeep) {
  expect_all({{"int('42') + int(3.9) + int(7u)", "52"},
              {"int('4x')", "error: invalid argument: 4x"},
              {"int(1e99)", "error: overflow: the result is out of range"},
              {"uint(-1)", "error: overflow: the result is out of range"},
              {"double('1.5') + double(2)", "3.5"},
              {"string(1.0) + string(123u) + string(true)", "\"1123true\""},
              {"string(b'\\xff')", "error: invalid argument"},
              {"bytes('a')", "b\"a\""},
              {"bool('true') && !bool('0')", "true"},
              {"bool('yes')", "error: invalid argument: yes"},
              {"string(1e30)", "\"1e+30\""},
              {"type(1) == int && type(type(1)) == type", "true"},
              {"type(null)", "null_type"},
              {"[type(timestamp(0)), type(b'')]", "[google.protobuf.Timestamp, bytes]"}});
}

TEST(cel_evaluate, ResultsOfConstantsAreComputedAtLoad) {
  expression e;
  const auto made = e.compiled("[1, 2, 3 + 4].size() == 3 && duration('1h') > duration('1m')");
  ASSERT_TRUE(made);
  json_input in(e.paths());
  arena none(0);
  EXPECT_TRUE(made->matches(in, none));
}

TEST(cel_evaluate, WorkIsBounded) {
  limits small;
  small.cost_max = 1000;
  environment env;
  env.bound(small);
  const std::string items = "[1,2,3,4,5,6,7,8,9,10]";
  expression e("{\"l\": " + items + "}", env);
  EXPECT_EQ(e("l.all(a, l.all(b, a + b > 0))"), "true");
  EXPECT_EQ(e("l.all(a, l.all(b, l.all(c, a + b + c > 0)))"), "error: cost limit exceeded");
  EXPECT_EQ(e("l.all(a, l.all(b, l.all(c, a + b + c > 0))) || true"), "error: cost limit exceeded");
}

TEST(cel_evaluate, ComparingLargeMapsIsPaidByTheMembersLookedAt) {
  std::string members;
  for (int i = 0; i < 200; ++i) members += fmt::format("{}\"k{}\": {}", i > 0 ? "," : "", i, i);
  limits small;
  small.cost_max = 10'000;
  environment env;
  env.bound(small);
  expression e("{\"a\": {" + members + "}, \"b\": {" + members + "}}", env);
  EXPECT_EQ(e("a == b"), "error: cost limit exceeded");
  EXPECT_EQ(e("a == b || true"), "error: cost limit exceeded");
  EXPECT_EQ(e("a == 1"), "false");
}

TEST(cel_evaluate, MemoryIsBounded) {
  expression e(R"({"s": "0123456789abcdef"})");
  const auto made = e.compiled("(s + s + s + s + s + s + s + s).size() > 0");
  ASSERT_TRUE(made);
  simdjson::dom::parser parser;
  const auto document = simdjson::padded_string(std::string_view(R"({"s": "0123456789abcdef"})"));
  json_input in(e.paths());
  in.set_all(parser.parse(document).value());
  arena small(64);
  const value v = made->evaluate(in, small);
  ASSERT_TRUE(v.is_error());
  EXPECT_EQ(v.error_code(), eval_errc::memory_exceeded);
}

TEST(cel_evaluate, ErrorsOfTheEvaluationShowTheirPlace) {
  expression e(R"({"a": 0})");
  const auto made = e.compiled("1 + 2 / a");
  ASSERT_TRUE(made);
  simdjson::dom::parser parser;
  const auto document = simdjson::padded_string(std::string_view(R"({"a": 0})"));
  json_input in(e.paths());
  in.set_all(parser.parse(document).value());
  arena memory;
  EXPECT_EQ(made->describe(made->evaluate(in, memory)),
            "1:7: divide by zero\n  1 + 2 / a\n        ^");
}

}  // namespace
}  // namespace nip::cel
