#include "cel/cost.hpp"

#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

constexpr std::string_view basket = R"({"n": 3, "items": [
  {"name": "a", "price": 10}, {"name": "bc", "price": 50}, {"name": "bd", "price": 95}]})";

struct priced {
  cost_range estimated;
  std::uint64_t counted = 0;
};

priced price_of(std::string_view source, std::string_view variables = basket) {
  const simdjson::padded_string text(variables);
  simdjson::dom::parser parser;
  environment env;
  path_table paths;
  const simdjson::dom::element root = parser.parse(text).value();
  for (const auto field : root.get_object()) env.variable(std::string(field.key));
  const auto made = compile(source, env, paths);
  EXPECT_TRUE(made) << source;
  if (!made) return {};
  json_input in(paths);
  in.set_all(root);
  arena memory;
  priced found{.estimated = made->estimated_cost()};
  made->evaluate(in, memory, found.counted);
  return found;
}

TEST(cel_cost, ComparingFieldsWithConstantsIsFree) {
  const priced found = price_of("n == 3 && (n > 1 || n < 0)");
  EXPECT_EQ(found.estimated, (cost_range{0, 0}));
  EXPECT_EQ(found.counted, 0U);
}

TEST(cel_cost, WhatIsCountedLiesWithinTheEstimate) {
  for (const std::string_view source :
       {"items.exists(i, i.price > 90 && i.name.startsWith('b'))",
        "items.all(i, i.price > 0)",
        "items.map(i, i.price)",
        "items.filter(i, i.price > 20).size()",
        "items.map(i, items.map(j, j.price - i.price))",
        "items.exists_one(i, i.price == n)",
        "[n, 2, 3].map(x, x + 1)",
        "[n, n, n].map(x, [n, n, n].map(y, y))",
        "{'a': n}.transformMap(k, v, v + 1)",
        "items == items",
        "items[0] == items[1]",
        "items[0].name + 'x'",
        "n > 2 ? [n] : items.map(i, i)",
        "cel.bind(x, items.map(i, i.price), x.exists(p, p > 50))",
        "cel.block([items.size(), [n, n]], cel.index(1).map(x, x * cel.index(0)))",
        "optional.of(items).optMap(l, l.size()).orValue(0)",
        "[?optional.of(n)]",
        "items[0].name.matches('^a')",
        "items[0].name.matches(items[1].name)",
        "'abc'.split('').map(c, c + c).join('-')"}) {
    const priced found = price_of(source);
    EXPECT_LE(found.estimated.least, found.counted) << source;
    EXPECT_LE(found.counted, found.estimated.most) << source;
  }
}

TEST(cel_cost, RoundsOverLiteralsAreCertain) {
  EXPECT_GT(price_of("[1, n, 3].map(x, x + n)").estimated.least, 3U);
  EXPECT_EQ(price_of("items.map(x, x)").estimated.least, 0U);
  EXPECT_LT(price_of("[1, n, 3].exists(x, x == n)").estimated.least,
            price_of("[1, n, 3].map(x, x == n)").estimated.least);
}

TEST(cel_cost, NestedWalksMultiply) {
  const auto one = price_of("items.all(i, i.price > 0)").estimated.most;
  const auto two = price_of("items.all(i, items.all(j, j.price > i.price))").estimated.most;
  EXPECT_GT(two, one * assumed_items / 2);
}

TEST(cel_cost, WhatIsSureToPassTheLimitIsRefusedAtLoad) {
  limits small;
  small.cost_max = 20;
  environment env;
  env.variable("n").bound(small);
  expression e(R"({"n": 1})", env);
  EXPECT_EQ(e("[n, n].map(x, x)"), "[1, 1]");
  EXPECT_EQ(e.refusal("[n, n, n].map(x, [n, n, n].map(y, y))"),
            "1:11: costs at least 39 units; at most 20 are allowed");
}

TEST(cel_cost, WhatIsCutShortHasCostAllThatIsAllowed) {
  limits small;
  small.cost_max = 50;
  environment env;
  env.variable("items").bound(small);
  path_table paths;
  const auto made = compile("items.map(i, items.map(j, j))", env, paths);
  ASSERT_TRUE(made);
  const simdjson::padded_string text(std::string_view("[1, 2, 3, 4, 5, 6, 7, 8]"));
  simdjson::dom::parser parser;
  json_input in(paths);
  in.set("items", parser.parse(text).value());
  arena memory;
  std::uint64_t cost = 0;
  EXPECT_EQ(error_text(made->evaluate(in, memory, cost)), "cost limit exceeded");
  EXPECT_EQ(cost, 50U);
}

}  // namespace
}  // namespace nip::cel
