#include "cel/json_input.hpp"

#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

constexpr std::string_view order = R"({"message": {
  "type": "order.created", "nothing": null,
  "data": {"amount": 1200, "rate": 0.5, "whole": 2.0, "big": 18446744073709551615, "open": true,
           "customer": {"name": "Zo\u00eb", "tags": ["a", "b"]},
           "items": [{"price": 10}, {"price": 95.5}]}}})";

TEST(json_input, NumbersHaveTheTypeThatTheirTextSays) {
  expect_all({{"type(message.data.amount)", "int"},
              {"type(message.data.rate)", "double"},
              {"type(message.data.whole)", "double"},
              {"type(message.data.big)", "double"},
              {"type(message.data.items)", "list"},
              {"type(message.data)", "map"},
              {"message.nothing == null", "true"}},
             order);
}

TEST(json_input, FieldsIndexesAndListsAreReached) {
  expect_all({{"message.data.amount > 1000 && message.type == 'order.created'", "true"},
              {"message.data.customer.name.size()", "3"},
              {"message['data'][\"customer\"].tags[1]", "\"b\""},
              {"message.data.items[1].price", "95.5"},
              {"message.data.items[2].price", "error: index out of range: message.data.items[2]"},
              {"message.data.items.exists(i, i.price > 90)", "true"},
              {"message.data.items.map(i, i.price)", "[10, 95.5]"},
              {"'b' in message.data.customer.tags", "true"},
              {"'open' in message.data", "true"},
              {"message.data.customer == {'tags': ['a', 'b'], 'name': 'Zo\u00eb'}", "true"},
              {"message.data.items.filter(i, i.price > 10).size()", "1"},
              {"message.data.map(k, k).size()", "7"},
              {"message.data.items + [1]", "[{\"price\": 10}, {\"price\": 95.5}, 1]"}},
             order);
}

TEST(json_input, WhatIsAbsentIsAnErrorThatLogicMayAbsorb) {
  expect_all({{"message.data.missing > 3", "error: no such key: message.data.missing"},
              {"message.data.missing.deeper > 3", "error: no such key: message.data.missing"},
              {"message.data.missing > 3 || true", "true"},
              {"message.data.missing > 3 && false", "false"},
              {"message.data.amount.deeper", "error: no such field: message.data.amount.deeper"},
              {"message.type > 3", "error: no such overload"},
              {"message.type == 3", "false"}},
             order);
}

TEST(json_input, HasTellsAbsentFromNull) {
  expect_all(
      {{"has(message.data.amount)", "true"},
       {"has(message.nothing)", "true"},
       {"has(message.data.missing)", "false"},
       {"has(message.data.missing.deeper)", "error: no such key: message.data.missing"},
       {"has(message.data.amount.deeper)", "error: no such field: message.data.amount.deeper"},
       {"message.data.items.exists(i, has(i.discount))", "false"},
       {"has(message.data.items[0].price)", "true"}},
      order);
}

// Counts how often it is asked.
class counting_input final : public input {
 public:
  using input::input;
  int asked = 0;

 protected:
  value resolve(const path&) noexcept override { return value::integer(++asked); }
};

TEST(cel_input, EachPathIsResolvedOnceAMessage) {
  environment env;
  env.variable("x");
  path_table paths;
  const auto first = compile("x.a > 0 && x.a > 0 && x.b > 0", env, paths);
  const auto second = compile("x.a > 0 || x.b < 0", env, paths);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->paths().size(), 2U);
  counting_input in(paths);
  arena memory;
  EXPECT_TRUE(first->matches(in, memory));
  EXPECT_TRUE(second->matches(in, memory));
  EXPECT_EQ(in.asked, 2);
  in.begin();
  EXPECT_TRUE(second->matches(in, memory));
  EXPECT_EQ(in.asked, 3);
}

TEST(cel_input, ProgramsCompiledLaterStillFindTheirPaths) {
  environment env;
  env.variable("x");
  path_table paths;
  counting_input in(paths);
  arena memory;
  const auto first = compile("x.a == 1", env, paths);
  EXPECT_TRUE(first->matches(in, memory));
  const auto second = compile("x.b == 2", env, paths);
  EXPECT_TRUE(second->matches(in, memory));
}

TEST(cel_path, OneChainIsOnePathHoweverItIsWritten) {
  environment env;
  env.variable("m");
  path_table paths;
  const auto dotted = compile("m.a.b", env, paths);
  const auto indexed = compile("m['a'].b", env, paths);
  ASSERT_TRUE(dotted && indexed);
  EXPECT_EQ(dotted->paths()[0], indexed->paths()[0]);
  EXPECT_EQ(paths[dotted->paths()[0]].text, "m.a.b");
  EXPECT_EQ(paths.size(), 3U);
}

}  // namespace
}  // namespace nip::cel
