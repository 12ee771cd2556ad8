#include "cel/check.hpp"

#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

// The environment of a rule: a record with known fields around free data.
environment rule_environment() {
  const type text{.kind = type_kind::string};
  environment env;
  env.object("message", {{"id", text},
                         {"type", text},
                         {"data", {}},
                         {"tags", list_of(text)},
                         {"at", {.kind = type_kind::timestamp}}});
  env.variable("message", object_of("message"));
  env.variable("limit", {.kind = type_kind::integer});
  env.variable("weights", map_of(text, {.kind = type_kind::real}));
  return env;
}

std::string checked(std::string_view source, environment env = rule_environment()) {
  expression e("{}", std::move(env));
  const auto made = e.compiled(source);
  return made ? to_text(made->result_type()) : e.refusal(source);
}

TEST(cel_check, ResultTypesAreDeduced) {
  EXPECT_EQ(checked("message.type"), "string");
  EXPECT_EQ(checked("message.data.amount"), "dyn");
  EXPECT_EQ(checked("message.type == 'a' && message.data.amount > 3"), "bool");
  EXPECT_EQ(checked("limit + 1"), "int");
  EXPECT_EQ(checked("message.data.amount + 1"), "int");
  EXPECT_EQ(checked("weights.x"), "double");
  EXPECT_EQ(checked("message.tags[0]"), "string");
  EXPECT_EQ(checked("message.tags.map(t, t.size())"), "list(int)");
  EXPECT_EQ(checked("message.tags.filter(t, t != '')"), "list(string)");
  EXPECT_EQ(checked("[1, 'a']"), "list(dyn)");
  EXPECT_EQ(checked("[] + [1]"), "list(int)");
  EXPECT_EQ(checked("{'a': 1, 'b': 2}"), "map(string, int)");
  EXPECT_EQ(checked("message.at - message.at"), "duration");
  EXPECT_EQ(checked("true ? 1 : limit"), "int");
  EXPECT_EQ(checked("type(1)"), "type(int)");
  EXPECT_EQ(checked("message.data.size()"), "int");
}

TEST(cel_check, MixedTypesAreRefusedWithTheirPlace) {
  EXPECT_EQ(checked("message.type == 3"),
            "1:14: no such operation: string == int; convert one side or wrap it in dyn()");
  EXPECT_EQ(checked("limit + 1.5"),
            "1:7: no such operation: int + double; convert one side or wrap it in dyn()");
  EXPECT_EQ(checked("!limit"), "1:1: no such operation: !int");
  EXPECT_EQ(checked("limit && true"), "1:1: what && joins must be bool, not int");
  EXPECT_EQ(
      checked("true ? 1 : 'a'"),
      "1:6: both results of ?: must have one type, not int and string; wrap one in dyn() to mix "
      "them");
  EXPECT_EQ(checked("message.type.contains(3)"),
            "1:14: contains() does not take string.(int); it takes string.(string) -> bool");
  EXPECT_EQ(checked("limit.map(x, x)"), "1:1: map() walks a list or a map, not int");
  EXPECT_EQ(checked("message.tags.all(t, 1)"),
            "1:21: the condition of all() must be bool, not int");
  EXPECT_EQ(checked("3 in message.tags"),
            "1:3: no such operation: int in list(string); convert one side or wrap it in dyn()");
}

TEST(cel_check, OrderingGoesAcrossNumbers) {
  EXPECT_EQ(checked("limit < 1.5 && 2u > limit"), "bool");
}

TEST(cel_check, UnknownNamesComeWithASuggestion) {
  EXPECT_EQ(checked("mesage.type == ''"),
            "1:1: unknown name \"mesage\"; did you mean \"message\"?");
  EXPECT_EQ(checked("message.tpye == ''"),
            "1:9: message has no field \"tpye\"; did you mean \"type\"?");
  EXPECT_EQ(checked("message.type.startWith('a')"),
            "1:14: unknown function \"startWith\"; did you mean \"startsWith\"?");
  EXPECT_EQ(checked("zzzzzz"), "1:1: unknown name \"zzzzzz\"; there is limit, message, weights");
  EXPECT_EQ(checked("has(message.nothing)"), "1:13: message has no field \"nothing\"");
  EXPECT_EQ(checked("limit.x"), "1:7: int has no fields, so no \"x\"");
  EXPECT_EQ(checked("contains('a', 'b')"),
            "1:1: contains() does not take (string, string); it takes string.(string) -> bool");
}

TEST(cel_check, ARefusalShowsLineAndCaret) {
  expression e("{}", rule_environment());
  EXPECT_EQ(e("limit > 1 &&\n  message.tpye == 'a'"),
            "refused: 2:11: message has no field \"tpye\"; did you mean \"type\"?\n"
            "    message.tpye == 'a'\n"
            "            ^");
}

TEST(cel_check, WhatIsNotPartOfTheLanguageSaysSo) {
  EXPECT_NE(checked("a.b.Message{x: 1}").find("there is no message type \"a.b.Message\""),
            std::string::npos);
}

TEST(cel_check, BadPatternsAreRefusedAtLoad) {
  EXPECT_EQ(checked("message.type.matches('a(')"),
            "1:22: not a regular expression (RE2): missing ): a(");
}

TEST(cel_check, VariablesOfMacrosHideOuterNames) {
  EXPECT_EQ(checked("message.tags.all(limit, limit != '')"), "bool");
  EXPECT_EQ(checked("message.tags.all(t, true) && t"),
            "1:30: unknown name \"t\"; there is limit, message, weights");
}

TEST(cel_check, ComprehensionsNestOnlySoDeep) {
  std::string source = "true";
  for (std::uint32_t i = 0; i <= comprehension_depth_max; ++i)
    source = "[1].all(x, " + source + ")";
  EXPECT_NE(checked(source).find("comprehensions nest deeper"), std::string::npos);
}

TEST(cel_check, AnUncheckedEnvironmentLeavesErrorsToTheEvaluation) {
  environment env;
  env.unchecked();
  expect_all({{"x", "error: unknown name: x"},
              {"f(1) || true", "true"},
              {"1 + 'a'", "error: no such overload"},
              {"a.nothing() || true", "true"},
              {"'a'.matches('(')", "error: invalid argument: ("}},
             "{}", env);
}

TEST(cel_check, NamesAreLookedUpInTheContainerFirst) {
  environment env;
  env.container("a.b").variable("a.b.x").variable("a.y").variable("x").variable("a.b.x.deep");
  expression e("{}", env);
  path_table& paths = e.paths();
  const auto path_of = [&](std::string_view source) {
    const auto made = e.compiled(source);
    return made ? paths[made->paths().back()].text : made.error().detail;
  };
  EXPECT_EQ(path_of("x"), "a.b.x");
  EXPECT_EQ(path_of("y"), "a.y");
  EXPECT_EQ(path_of(".x"), "x");
  EXPECT_EQ(path_of("x.deep"), "a.b.x.deep");
  EXPECT_EQ(path_of("x.other"), "a.b.x.other");
}

}  // namespace
}  // namespace nip::cel
