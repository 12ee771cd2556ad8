#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

constexpr std::string_view order_with_gaps = R"({"message": {
  "data": {"customer": {"name": "Zoë", "none": null}, "items": [{"price": 10}]}}})";

TEST(cel_optional, HoldsAValueOrNothing) {
  expect_all({{"optional.of(1)", "optional.of(1)"},
              {"optional.none()", "optional.none()"},
              {"optional.of(1).hasValue()", "true"},
              {"optional.none().hasValue()", "false"},
              {"optional.of(null).hasValue()", "true"},
              {"optional.of('a').value()", "\"a\""},
              {"optional.none().value()", "error: invalid argument: optional.none() has no value"},
              {"type(optional.of(1)) == optional_type", "true"},
              {"optional.of(1) == optional.of(1)", "true"},
              {"optional.of(dyn(1)) == optional.of(dyn(1.0))", "true"},
              {"optional.of(1) == optional.none()", "false"},
              {"optional.of(optional.none()).hasValue()", "true"}});
}

TEST(cel_optional, ZeroValuesAreNothingWhenAsked) {
  for (const std::string_view zero : {"null", "false", "0", "0u", "0.0", "-0.0", "''", "b''", "[]",
                                      "{}", "timestamp(0)", "duration('0s')", "optional.none()"}) {
    expression e;
    EXPECT_EQ(e("optional.ofNonZeroValue(" + std::string(zero) + ")"), "optional.none()") << zero;
  }
  for (const std::string_view more : {"true", "1", "'a'", "[0]", "type(0)", "0.0 / 0.0"}) {
    expression e;
    EXPECT_EQ(e("optional.ofNonZeroValue(" + std::string(more) + ").hasValue()"), "true") << more;
  }
}

TEST(cel_optional, FieldsAndItemsMayBeAbsent) {
  expect_all({{"message.data.?customer.name", "optional.of(\"Zoë\")"},
              {"message.data.?nobody.name", "optional.none()"},
              {"message.?data.customer.?mail.orValue('none')", "\"none\""},
              {"message.data.customer.?none", "optional.of(null)"},
              {"message.data.items[?0].price.orValue(0)", "10"},
              {"message.data.items[?1].price.orValue(0)", "0"},
              {"message.data.items[?-1]", "optional.none()"},
              {"message.data.customer[?'name']", "optional.of(\"Zoë\")"},
              {"message.nothing.?x", "error: no such key: message.nothing"},
              {"message.data.items.?x", "error: no such field: message.data.items.x"},
              {"message.data.?customer.name.first", "error: no such field: first"},
              {"has(message.?data.customer.name)", "true"},
              {"has(message.?data.customer.mail)", "false"},
              {"has(message.?nothing.name)", "false"}},
             order_with_gaps);
  expect_all({{"{'a': 1}[?'a']", "optional.of(1)"},
              {"{1u: 'x'}[?dyn(1.0)]", "optional.of(\"x\")"},
              {"optional.of([1, 2])[1]", "optional.of(2)"},
              {"optional.of([1, 2])[2]", "optional.none()"},
              {"optional.none()[0]", "optional.none()"},
              {"optional.of({'a': {'b': 1}}).a.b", "optional.of(1)"},
              {"[1][?dyn('a')]", "error: no such overload"},
              {"dyn(1)[?0]", "error: no such overload"},
              {"dyn(1).?a", "error: no such field: a"}});
}

TEST(cel_optional, WhatComesSecondIsAskedForOnlyWhenNeeded) {
  expect_all({{"optional.of(1).or(optional.of(2))", "optional.of(1)"},
              {"optional.none().or(optional.of(2))", "optional.of(2)"},
              {"optional.of(1).orValue(2)", "1"},
              {"optional.none().orValue(2)", "2"},
              {"optional.of(1).orValue(1 / 0)", "1"},
              {"optional.of(1).or(optional.of(1 / 0))", "optional.of(1)"},
              {"optional.none().orValue(1 / 0)", "error: divide by zero"},
              {"optional.of(1 / 0).orValue(1)", "error: divide by zero"},
              {"dyn(1).orValue(2)", "error: no such overload"},
              {"optional.none().or(dyn(2))", "error: no such overload"}});
}

TEST(cel_optional, MacrosMapWhatIsHeld) {
  expect_all({{"optional.of(20).optMap(x, x * 2)", "optional.of(40)"},
              {"optional.none().optMap(x, x + 1)", "optional.none()"},
              {"optional.none().optMap(x, 1 / 0)", "optional.none()"},
              {"optional.of(0).optMap(x, 1 / x)", "error: divide by zero"},
              {"optional.of({'a': 1}).optFlatMap(m, m.?a)", "optional.of(1)"},
              {"optional.of({'a': 1}).optFlatMap(m, m.?b)", "optional.none()"},
              {"optional.of(1).optFlatMap(x, dyn(x))", "error: no such overload"},
              {"dyn(1).optMap(x, x)", "error: no such overload"},
              {"[1, 2].map(x, optional.of(x).optMap(y, y + x).value())", "[2, 4]"}});
}

TEST(cel_optional, EntriesOfLiteralsMayBeAbsent) {
  expect_all({{"[1, ?optional.none(), ?optional.of(2)]", "[1, 2]"},
              {"[?{}.?a]", "[]"},
              {"{?'a': optional.of(1), ?'b': optional.none(), 'c': 3}", "{\"a\": 1, \"c\": 3}"},
              {"[?dyn(1)]", "error: no such overload"},
              {"{?'a': dyn(1)}", "error: no such overload"},
              {"[?optional.of(1 / 0)]", "error: divide by zero"},
              {"{'a': 1, ?'a': optional.of(2)}", "error: unsupported or repeated key in a map"}});
  expect_all({{"[?message.data.?customer.name, ?message.data.?gone]", "[\"Zoë\"]"}},
             order_with_gaps);
}

TEST(cel_optional, ListsHaveEnds) {
  expect_all({{"[1, 2].first()", "optional.of(1)"},
              {"[1, 2].last().value()", "2"},
              {"[].first()", "optional.none()"},
              {"optional.unwrap([optional.of(1), optional.none()])", "[1]"},
              {"[optional.none(), optional.of(1)].unwrapOpt()", "[1]"},
              {"[dyn(1)].unwrapOpt()", "error: no such overload"}});
  expect_all({{"message.data.items.last().price", "optional.of(10)"}}, order_with_gaps);
}

TEST(cel_optional, TypesAreDeducedAndChecked) {
  const auto checked = [](std::string_view source) {
    expression e;
    const auto made = e.compiled(source);
    return made ? to_text(made->result_type()) : e.refusal(source);
  };
  EXPECT_EQ(checked("optional.of(1)"), "optional_type(int)");
  EXPECT_EQ(checked("optional.none()"), "optional_type(dyn)");
  EXPECT_EQ(checked("[1][?0]"), "optional_type(int)");
  EXPECT_EQ(checked("{'a': 1u}.?a"), "optional_type(uint)");
  EXPECT_EQ(checked("optional.of({'a': [1]}).a[0].orValue(2)"), "int");
  EXPECT_EQ(checked("optional.of(1).optMap(x, string(x))"), "optional_type(string)");
  EXPECT_EQ(checked("[optional.none(), optional.of(1)]"), "list(optional_type(int))");
  EXPECT_EQ(checked("[?optional.of(1), 2]"), "list(int)");
  EXPECT_EQ(checked("[?1]"), "1:3: an entry with ? must be optional_type(dyn), not int");
  EXPECT_EQ(checked("1.optMap(x, x)"),
            "1:1: what optMap() maps must be optional_type(dyn), not int");
  EXPECT_EQ(checked("optional.of(1).optFlatMap(x, x)"),
            "1:30: the result of optFlatMap() must be optional_type(dyn), not int");
  EXPECT_EQ(checked("optional.of(1).orValue('a')"),
            "1:16: orValue() does not take optional_type(int).(string); it takes "
            "optional<A>.(A) -> A");
  EXPECT_EQ(checked("1.?a"), "1:4: int has no fields, so no \"a\"");
}

TEST(cel_block, ValuesAreNamedByTheirPlace) {
  expect_all(
      {{"cel.block([1, cel.index(0) + 1, cel.index(1) * 3], cel.index(2))", "6"},
       {"cel.block([], 7)", "7"},
       {"cel.block([[1, 2]], cel.index(0).map(cel.iterVar(0, 0), cel.iterVar(0, 0) + 1))",
        "[2, 3]"},
       {"cel.block([[1, 2].map(x, x + 1)], [5, 6].map(y, y + cel.index(0).size()))", "[7, 8]"},
       {"[1, 2].map(x, cel.block([x + 1], cel.index(0) * 2))", "[4, 6]"},
       {"cel.block([1], cel.block([cel.index(0) + 1], cel.index(0)))", "2"},
       {"[1].exists(cel.accuVar(0, 1), cel.accuVar(0, 1) == 1)", "true"}});
}

TEST(cel_block, AnErrorCountsWhereItIsUsed) {
  expect_all({{"cel.block([1 / 0, 2], cel.index(1))", "2"},
              {"cel.block([1 / 0], cel.index(0))", "error: divide by zero"},
              {"cel.block([1 / 0 == 1], cel.index(0) || true)", "true"},
              {"cel.bind(x, 1 / 0, 2)", "2"},
              {"cel.bind(x, 1 / 0, x + 1)", "error: divide by zero"}});
}

TEST(cel_block, MistakesSayWhatIsMeant) {
  expression e;
  EXPECT_EQ(e.refusal("cel.block(1, 2)"),
            "1:11: cel.block() takes a list literal, then the expression over it");
  EXPECT_EQ(e.refusal("cel.block([1], cel.index(1))"),
            "1:20: cel.index(1) names no value of a cel.block() or macro around it");
  EXPECT_EQ(e.refusal("cel.iterVar(0, 1)").substr(0, 29), "1:5: cel.iterVar(0, 1) names ");
  EXPECT_EQ(e.refusal("cel.block([cel.index(0)], 1)").substr(0, 24), "1:16: cel.index(0) names");
  EXPECT_EQ(e.refusal("cel.index(-1)"), "1:12: cel.index() takes whole numbers from 0");
  EXPECT_EQ(e.refusal("cel.iterVar(0, 'a')"), "1:16: cel.iterVar() takes whole numbers from 0");
}

}  // namespace
}  // namespace nip::cel
