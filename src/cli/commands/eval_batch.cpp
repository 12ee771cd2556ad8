#include "cli/commands/eval_batch.hpp"

#include <fmt/format.h>

#include "base/json_write.hpp"
#include "cel/json_input.hpp"
#include "cel/program.hpp"
#include "cel/typed_json.hpp"
#include "cli/commands/eval_request.hpp"

namespace nip::cli {
namespace {

std::string error_line(std::uint64_t number, std::string_view text) {
  std::string out = R"({"error":)";
  append_json_string(out, fmt::format("line {}: {}", number, text));
  return out + '}';
}

// One line without its end; false when there is none. What passes the bound is read and dropped.
bool read_line(std::istream& from, std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  auto* buffer = from.rdbuf();
  for (int c = buffer->sbumpc();; c = buffer->sbumpc()) {
    if (c == std::char_traits<char>::eof()) return !line.empty() || too_long;
    if (c == '\n') return true;
    if (line.size() < eval_line_bytes_max) {
      line += static_cast<char>(c);
    } else {
      too_long = true;
    }
  }
}

}  // namespace

std::string batch_evaluator::answer(std::uint64_t number, const std::string& line) {
  auto made = evaluate(line);
  return made ? *made : error_line(number, made.error().detail);
}

result<std::string> batch_evaluator::evaluate(const std::string& line) {
  simdjson::dom::element request;
  if (const auto code = parser_.parse(line).get(request)) {
    return fail(errc::parse, fmt::format("not JSON: {}", simdjson::error_message(code)));
  }
  return run(request);
}

result<std::string> batch_evaluator::run(simdjson::dom::element request) {
  NIP_TRY(wanted, read_eval_request(request, functions_));
  cel::path_table paths;
  NIP_TRY(program, cel::compile(wanted.expression, wanted.known, paths));
  std::string out = "{";
  if (wanted.check_only || wanted.typed_result) {
    append_json_key(out, "type");
    append_json_string(out, to_text(program.result_type()));
  }
  if (wanted.check_only) return out + '}';
  bound_.reset();
  memory_.reset();
  cel::json_input input(paths);
  for (const auto& [name, element] : wanted.bindings) {
    auto held = cel::read_typed_json(element, bound_);
    if (!held) {
      return fail(errc::invalid_argument,
                  fmt::format("\"bindings\": {}: {}", name, held.error().detail));
    }
    input.set(name, *held);
  }
  std::uint64_t spent = 0;
  const auto value = program.evaluate(input, memory_, spent);
  if (value.is_error()) return fail(errc::invalid_argument, program.describe(value));
  if (out.size() > 1) out += ',';
  append_json_key(out, "value");
  append_typed_json(out, value);
  if (wanted.cost) {
    const auto estimated = program.estimated_cost();
    out += fmt::format(R"(,"cost":{{"least":{},"most":{},"counted":{}}})", estimated.least,
                       estimated.most, spent);
  }
  return out + '}';
}

outcome<exit_code> run_eval_batch(session& now) {
  batch_evaluator evaluator;
  std::string line;
  bool too_long = false;
  for (std::uint64_t number = 1; read_line(now.io().in, line, too_long); ++number) {
    now.out() << (too_long
                      ? error_line(number, fmt::format("longer than {} bytes", eval_line_bytes_max))
                      : evaluator.answer(number, line))
              << '\n'
              << std::flush;
  }
  return exit_code::ok;
}

}  // namespace nip::cli
