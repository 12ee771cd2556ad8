// What it costs to find the rules that fire: many rules by the index, few ones by trying each.
#include <benchmark/benchmark.h>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "cel/parser.hpp"
#include "message/codec.hpp"
#include "router/index/index_builder.hpp"
#include "router/matcher.hpp"
#include "router/message_input.hpp"
#include "rule_workloads.hpp"

namespace {

using namespace nip;
using namespace nip::router;
using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point from) {
  return std::chrono::duration<double>(clock_type::now() - from).count();
}

constexpr message_input::filled filled{"the-id", "2026-11-22T02:10:07.123Z", "default"};

/// Envelopes, each parsed once and kept.
class parsed_messages {
 public:
  explicit parsed_messages(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      auto& kept = texts_.emplace_back(text);
      kept.reserve(text.size() + message::message::padding);
      parsed_.push_back(codecs_.emplace_back().parse(kept).value());
    }
  }
  const message::parsed& operator[](std::size_t i) const { return parsed_[i % parsed_.size()]; }

 private:
  std::deque<std::string> texts_;
  std::deque<message::codec> codecs_;
  std::vector<message::parsed> parsed_;
};

/// An index over a workload, with what its building took.
struct indexed {
  explicit indexed(const bench::rule_workload& from, const pattern_bounds& bounds)
      : messages(from.messages) {
    const auto& env = message_environment();
    root = paths.variable("message");
    index_builder builder(bounds);
    double reading = 0;
    const auto start = clock_type::now();
    for (const auto& text : from.conditions) {
      const auto one = clock_type::now();
      auto tree = cel::parse(text, env.bounds().syntax);
      auto checked = cel::check(std::move(*tree), env, paths);
      reading += seconds_since(one);
      builder.add(checked.value());
    }
    index = builder.finish(paths);
    build_s = seconds_since(start) - reading;
    read_s = reading;
    rules = from.conditions.size();
    state.emplace(index);
    input.emplace(paths, root);
  }
  /// The rules that fire for message i.
  std::size_t match(std::size_t i) {
    input->bind(messages[i], filled);
    index.match(*input, *state);
    std::size_t fired = 0;
    state->fired.take_all([&](std::uint32_t) {
      ++fired;
      return true;
    });
    return fired;
  }

  cel::path_table paths;
  cel::path_id root = 0;
  parsed_messages messages;
  rule_index index;
  std::optional<match_state> state;
  std::optional<message_input> input;
  double build_s = 0;
  double read_s = 0;
  std::size_t rules = 0;
};

/// One at a time: a million rules are large.
indexed& workload(const std::string& name, const std::function<bench::rule_workload()>& make,
                  const pattern_bounds& bounds) {
  static std::string held_name;
  static std::unique_ptr<indexed> held;
  if (held_name != name) {
    held.reset();
    held = std::make_unique<indexed>(make(), bounds);
    held_name = name;
  }
  return *held;
}

void match(benchmark::State& state, const std::string& name,
           const std::function<bench::rule_workload()>& make, const pattern_bounds& bounds = {}) {
  auto& on = workload(name, make, bounds);
  std::size_t fired = 0;
  std::size_t events = 0;
  for (auto _ : state) fired += on.match(events++);
  state.counters["fired"] = static_cast<double>(fired) / static_cast<double>(events);
  state.counters["build_s"] = on.build_s;
  state.counters["read_s"] = on.read_s;
  state.counters["bytes_a_rule"] =
      static_cast<double>(on.index.bytes()) / static_cast<double>(on.rules);
}

BENCHMARK_CAPTURE(match, selective_10, "s10", [] { return bench::selective(10, 10); });
BENCHMARK_CAPTURE(match, selective_10k, "s10k", [] { return bench::selective(10'000, 100); });
BENCHMARK_CAPTURE(match, selective_1m, "s1m", [] { return bench::selective(1'000'000, 1000); });
BENCHMARK_CAPTURE(match, grid_10, "g10", [] { return bench::grid(10); });
BENCHMARK_CAPTURE(match, grid_10k, "g10k", [] { return bench::grid(10'000); });
BENCHMARK_CAPTURE(match, grid_1m, "g1m", [] { return bench::grid(1'000'000); });
BENCHMARK_CAPTURE(match, be_gen_1m_100, "b100", [] { return bench::conjunctions(1'000'000, 100); });
BENCHMARK_CAPTURE(match, be_gen_1m_30k, "b30k",
                  [] { return bench::conjunctions(1'000'000, 30'000); });
BENCHMARK_CAPTURE(match, abe_gen_1k, "a1k", [] { return bench::boolean_expressions(1'000); });
BENCHMARK_CAPTURE(match, abe_gen_100k, "a100k", [] { return bench::boolean_expressions(100'000); });
BENCHMARK_CAPTURE(match, abe_gen_1m, "a1m", [] { return bench::boolean_expressions(1'000'000); });
BENCHMARK_CAPTURE(match, abe_narrow_1k, "n1k",
                  [] { return bench::boolean_expressions(1'000, bench::narrow_text); });
BENCHMARK_CAPTURE(match, abe_narrow_100k, "n100k",
                  [] { return bench::boolean_expressions(100'000, bench::narrow_text); });
BENCHMARK_CAPTURE(match, abe_narrow_1m, "n1m",
                  [] { return bench::boolean_expressions(1'000'000, bench::narrow_text); });
BENCHMARK_CAPTURE(match, patterns_1k, "p1k", [] { return bench::patterns(1'000); });
BENCHMARK_CAPTURE(
    match, patterns_1k_alone, "p1k1", [] { return bench::patterns(1'000); },
    pattern_bounds{.sets_max = 0});
BENCHMARK_CAPTURE(match, tags_10k, "t10k", [] { return bench::tags(10'000); });

/// The matcher as a shard uses it, over rules of which one in a set is met.
void route(benchmark::State& state, std::size_t tried) {
  std::vector<rule> rules;
  for (int i = 0; i < state.range(0); ++i) {
    auto& made = rules.emplace_back();
    made.id = fmt::format("rule-{}", i);
    made.when = i == 0 ? R"(message.type == "bench.order")"
                       : fmt::format(R"(message.type == "other.{}")", i);
    made.to.emplace_back().name = "sink";
  }
  matcher by;
  by.use(ruleset::compile(std::move(rules), tried).value(), generation_id(1));
  const parsed_messages messages(
      {R"({"type":"bench.order","data":{"customer":"c-1","amount":1200,"text":"0123456789"}})"});
  for (auto _ : state) benchmark::DoNotOptimize(by.route(messages[0], filled));
}
BENCHMARK_CAPTURE(route, tried, 1000)->Arg(1)->Arg(2)->Arg(4)->Arg(6)->Arg(8)->Arg(10)->Arg(16);
BENCHMARK_CAPTURE(route, indexed, 0)->Arg(1)->Arg(2)->Arg(4)->Arg(6)->Arg(8)->Arg(10)->Arg(16);

rule api_rule(const std::string& id, std::string when) {
  rule out;
  out.id = id;
  out.when = std::move(when);
  out.from = origin::api;
  out.to.emplace_back().name = "sink";
  return out;
}

/// Many rules of which single ones change; the delta is half full.
const ruleset_ptr& changing(std::size_t count) {
  static std::map<std::size_t, ruleset_ptr> made;
  auto& out = made[count];
  if (out) return out;
  made = {};
  std::vector<rule> rules;
  for (auto& when : bench::selective(count, 100).conditions)
    rules.push_back(api_rule(fmt::format("rule-{:07}", rules.size()), std::move(when)));
  auto now = ruleset::compile(std::move(rules)).value();
  for (std::size_t i = 0; i < ruleset::delta_max / 2; ++i)
    now = now->with(api_rule(fmt::format("new-{}", i), "message.data.n == 1")).value();
  return made[count] = now;
}

void insert(benchmark::State& state) {
  const auto from = changing(static_cast<std::size_t>(state.range(0)));
  const auto what = api_rule("one", R"(message.type == "order.type-1" && message.data.n > 1)");
  for (auto _ : state) benchmark::DoNotOptimize(from->with(what));
}
BENCHMARK(insert)->Arg(10'000)->Arg(1'000'000);

void remove_one(benchmark::State& state) {
  const auto from = changing(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(from->without("rule-0004711"));
}
BENCHMARK(remove_one)->Arg(10'000)->Arg(1'000'000);

/// What the shard pays for the next generation, and for messages while the delta is half full.
void swap_in(benchmark::State& state) {
  const auto from = changing(static_cast<std::size_t>(state.range(0)));
  const auto to = from->without("rule-0004711");
  matcher by;
  by.use(from, generation_id(1));
  bool other = false;
  for (auto _ : state) by.use((other = !other) ? to : from, generation_id(2));
}
BENCHMARK(swap_in)->Arg(10'000)->Arg(1'000'000);

void route_by_delta(benchmark::State& state) {
  const auto from = changing(static_cast<std::size_t>(state.range(0)));
  matcher by;
  by.use(from, generation_id(1));
  const parsed_messages messages(
      {R"({"type":"bench.order","data":{"customer":"c-1","amount":1200,"text":"0123456789"}})"});
  for (auto _ : state) benchmark::DoNotOptimize(by.route(messages[0], filled));
}
BENCHMARK(route_by_delta)->Arg(10'000);

}  // namespace

BENCHMARK_MAIN();
