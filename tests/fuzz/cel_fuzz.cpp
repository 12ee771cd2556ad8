// Any text as an expression over one fixed message, checked and unchecked.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cel/json_input.hpp"
#include "cel/program.hpp"
#include "cel/write.hpp"

namespace {

using namespace nip::cel;

constexpr std::string_view message = R"({"message": {
  "id": "1", "type": "order.created", "data": {
    "amount": 1200, "rate": 0.5, "big": 18446744073709551615, "name": "Zo\u00eb", "none": null,
    "tags": ["a", "b"], "items": [{"price": 10}, {"price": 95.5}],
    "deep": {"a": {"b": {"c": 1}}}}}})";

// Everything that the fuzzer keeps between two inputs.
struct fixture {
  simdjson::padded_string text{message};
  simdjson::dom::parser parser;
  simdjson::dom::element document = parser.parse(text).value();
  environment checked = declared();
  environment unchecked = declared().unchecked();

  static environment declared() {
    limits small;
    small.syntax.source_bytes_max = 4096;
    small.cost_max = 20'000;
    environment env;
    env.object(
        "message",
        {{"id", {.kind = type_kind::string}}, {"type", {.kind = type_kind::string}}, {"data", {}}});
    return env.variable("message", object_of("message")).bound(small);
  }
};

// matches() is evaluate() being true, and an evaluation changes nothing that the next one sees.
void run(std::string_view source, const environment& env, const fixture& fixed) {
  path_table paths;
  const auto made = compile(source, env, paths);
  if (!made) return;
  json_input in(paths);
  in.set_all(fixed.document);
  arena memory(std::size_t{1} << 20);
  const value first = made->evaluate(in, memory);
  const std::string shown = to_literal(first);
  const bool holds = first.is_true();
  if (first.is_error() && made->describe(first).empty()) std::abort();
  memory.reset();
  in.begin();
  if (made->matches(in, memory) != holds) std::abort();
  memory.reset();
  if (to_literal(made->evaluate(in, memory)) != shown) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fixture fixed;
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  run(source, fixed.checked, fixed);
  run(source, fixed.unchecked, fixed);
  return 0;
}
