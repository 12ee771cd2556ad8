// `nip eval`: a CEL expression on a message, here and now, without a server.
#include <fmt/format.h>
#include <simdjson.h>

#include <memory>

#include "cel/json_input.hpp"
#include "cel/program.hpp"
#include "cel/typed_json.hpp"
#include "cel/write.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/eval_batch.hpp"
#include "cli/commands/input.hpp"

namespace nip::cli {
namespace {

struct eval_options {
  std::string expression;
  std::string data;
  std::string variable = "message";
  bool typed = false;
  bool batch = false;
};

/// Parsed JSON that elements point into.
class document {
 public:
  outcome<simdjson::dom::element> parse(session& now, const std::string& source) {
    NIP_TRY(text, read_text(now, source, "--data"));
    simdjson::dom::element root;
    if (const auto code = parser_.parse(simdjson::padded_string(text)).get(root))
      return stop(exit_code::usage,
                  fmt::format("--data is not JSON: {}", simdjson::error_message(code)));
    return root;
  }

 private:
  simdjson::dom::parser parser_;
};

// For people as the language writes it, where 1u, 1 and 1.0 differ; plain JSON for programs; or
// JSON that names every type.
std::string shown(const session& now, const eval_options& chosen, const cel::value& value) {
  if (!chosen.typed) return now.json() ? cel::to_json(value) : cel::to_literal(value);
  std::string out;
  cel::append_typed_json(out, value);
  return out;
}

outcome<exit_code> run_eval(session& now, const eval_options& chosen) {
  if (chosen.batch) return run_eval_batch(now);
  if (chosen.expression.empty())
    return stop(exit_code::usage,
                "eval: expression is required; or --batch, to read them from stdin");
  cel::environment known;
  cel::path_table paths;
  document data;
  simdjson::dom::element root;
  if (!chosen.data.empty()) {
    NIP_TRY(parsed, data.parse(now, chosen.data));
    root = parsed;
    known.variable(chosen.variable);
  }
  NIP_TRY(program, cel::compile(chosen.expression, known, paths));
  cel::json_input input(paths);
  if (!chosen.data.empty()) input.set(chosen.variable, root);
  cel::arena memory;
  const auto value = program.evaluate(input, memory);
  if (value.is_error()) return stop(exit_code::failed, program.describe(value));
  now.out() << shown(now, chosen, value) << '\n';
  return exit_code::ok;
}

}  // namespace

void add_eval(CLI::App& app, action& chosen) {
  auto set = std::make_shared<eval_options>();
  auto* sub = app.add_subcommand("eval", "evaluate a CEL expression here, without a server");
  auto* expression =
      sub->add_option("expression", set->expression, "CEL, like message.data.amount * 2");
  sub->add_option("--data", set->data,
                  "value of the variable: a JSON file, the text itself, or - for stdin");
  sub->add_option("--as", set->variable, "name of the variable")->capture_default_str();
  sub->add_flag("--typed", set->typed, "print JSON that names every type: {\"uint64Value\":\"3\"}");
  sub->add_flag(
         "--batch", set->batch,
         "evaluate each line of stdin, {\"expr\", \"bindings\"}, and answer it with one line")
      ->excludes(expression);
  sub->callback([set, &chosen] { chosen = [set](session& now) { return run_eval(now, *set); }; });
}

}  // namespace nip::cli
