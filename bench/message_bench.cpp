// The cost of one envelope of 256 bytes: check, build, let go. The budget is 350 ns.
#include <benchmark/benchmark.h>

#include <string>

#include "base/clock.hpp"
#include "message/codec.hpp"

namespace nip::message {
namespace {

constexpr std::size_t envelope_bytes = 256;

/// An order as a client would send it, filled up to `envelope_bytes`.
std::string sample(bool complete) {
  std::string head = R"({"type":"order.created","source":"shop","data":{"customer":"c-1029",)"
                     R"("amount":1250.5,"currency":"EUR","items":[{"sku":"A-1","n":2}],"note":")";
  std::string tail = R"("},"metadata":{"priority":"high"}})";
  if (complete)
    head.insert(
        1, R"("id":"01890a5d-ac96-774b-bcce-b302099a8057","timestamp":"2026-11-22T02:10:07Z",)");
  std::string text = head;
  text.append(std::max(envelope_bytes, head.size() + tail.size()) - head.size() - tail.size(), 'x');
  text += tail;
  text.reserve(text.size() + message::padding);
  return text;
}

void parse_only(benchmark::State& state) {
  codec parser;
  const std::string text = sample(state.range(0) != 0);
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(text));
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(parse_only)->ArgName("complete")->Arg(0)->Arg(1);

void parse_and_make(benchmark::State& state) {
  codec parser;
  buffer_pool pool;
  const std::string text = sample(state.range(0) != 0);
  const acceptance filled{
      default_tenant, system_clock().wall(), "01890a5d-ac96-774b-bcce-b302099a8057", {}};
  for (auto _ : state) benchmark::DoNotOptimize(make_message(pool, *parser.parse(text), filled));
}
BENCHMARK(parse_and_make)->ArgName("complete")->Arg(0)->Arg(1);

void restore(benchmark::State& state) {
  codec parser;
  buffer_pool pool;
  const std::string text = sample(true);
  for (auto _ : state)
    benchmark::DoNotOptimize(restore_message(pool, parser, text, default_tenant, wall_time{}));
}
BENCHMARK(restore);

void bare_dom(benchmark::State& state) {
  simdjson::dom::parser parser;
  const std::string text = sample(state.range(0) != 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(parser.parse(text.data(), text.size(), false).error());
}
BENCHMARK(bare_dom)->ArgName("complete")->Arg(0)->Arg(1);

}  // namespace
}  // namespace nip::message

BENCHMARK_MAIN();
