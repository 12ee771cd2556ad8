// What an expression costs: the paths resolved already, resolved from parsed JSON, and compiled.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <string_view>

#include "cel/json_input.hpp"
#include "cel/program.hpp"

namespace {

using namespace nip::cel;

constexpr std::string_view filter =
    R"((Origin == "MOW" || Country == "RU") && (Value >= 100 || Adults == 1))";
constexpr std::string_view filter_input =
    R"({"Origin": "LON", "Country": "RU", "Value": 50, "Adults": 1})";
constexpr std::string_view rule =
    R"(message.type == "order.created" && message.data.amount > 1000)";
constexpr std::string_view rule_input =
    R"({"message": {"id": "0190c8d2-1f1e-7000-8000-000000000001", "type": "order.created",
        "data": {"customer": "c-1", "currency": "EUR", "amount": 1200}}})";
constexpr std::string_view walk = "items.exists(i, i.price > 90 && i.name.startsWith('b'))";
constexpr std::string_view walk_input =
    R"({"items": [{"name": "a", "price": 10}, {"name": "bc", "price": 50}, {"name": "bd",
        "price": 95}]})";

// An expression over the members of one JSON object.
struct bed {
  bed(std::string_view source, std::string_view json) : document(json) {
    for (const auto field : parser.parse(document).get_object()) {
      env.variable(std::string(field.key));
    }
    compiled.emplace(compile(source, env, paths).value());
    in.set_all(parser.parse(document).value());
  }

  simdjson::padded_string document;
  simdjson::dom::parser parser;
  environment env;
  path_table paths;
  json_input in{paths};
  arena memory;
  std::optional<program> compiled;
};

void evaluate_resolved(benchmark::State& state, std::string_view source, std::string_view json) {
  bed b(source, json);
  for (auto _ : state) {
    b.memory.reset();
    benchmark::DoNotOptimize(b.compiled->matches(b.in, b.memory));
  }
}

void evaluate_from_json(benchmark::State& state, std::string_view source, std::string_view json) {
  bed b(source, json);
  for (auto _ : state) {
    b.in.begin();
    b.memory.reset();
    benchmark::DoNotOptimize(b.compiled->matches(b.in, b.memory));
  }
}

void compile_once(benchmark::State& state, std::string_view source, std::string_view json) {
  bed b(source, json);
  for (auto _ : state) {
    benchmark::DoNotOptimize(compile(source, b.env, b.paths));
  }
}

BENCHMARK_CAPTURE(evaluate_resolved, filter, filter, filter_input);
BENCHMARK_CAPTURE(evaluate_resolved, rule, rule, rule_input);
BENCHMARK_CAPTURE(evaluate_from_json, filter, filter, filter_input);
BENCHMARK_CAPTURE(evaluate_from_json, rule, rule, rule_input);
BENCHMARK_CAPTURE(evaluate_from_json, walk, walk, walk_input);
BENCHMARK_CAPTURE(compile_once, filter, filter, filter_input);
BENCHMARK_CAPTURE(compile_once, rule, rule, rule_input);

}  // namespace

BENCHMARK_MAIN();
