#include "cli/app.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/nearest.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"

namespace nip::cli {
namespace {

constexpr double timeout_seconds_max = 86'400;

void add_globals(CLI::App& app, global_options& chosen, const environment_lookup& environment) {
  chosen.server = environment("NIP_SERVER").value_or(chosen.server);
  const auto colourless = environment("NO_COLOR");
  chosen.no_color = colourless && !colourless->empty();
  app.add_option("-s,--server", chosen.server, "URL of nipd (or the variable NIP_SERVER)")
      ->capture_default_str();
  app.add_flag("--json", chosen.json, "output for programs: JSON");
  app.add_option("--timeout", chosen.timeout_seconds,
                 "seconds that one request may take, 0 for no bound")
      ->check(CLI::Range(0.0, timeout_seconds_max))
      ->capture_default_str();
  app.add_flag("--no-color", chosen.no_color, "no colours (or the variable NO_COLOR)");
  app.set_version_flag("--version", std::string("nip ") + NIP_VERSION);
}

void add_commands(CLI::App& app, action& chosen) {
  add_send(app, chosen);
  add_watch(app, chosen);
  add_explain(app, chosen);
  add_eval(app, chosen);
  add_rules(app, chosen);
  add_plugins(app, chosen);
  add_replay(app, chosen);
  add_dlq(app, chosen);
  add_top(app, chosen);
  add_stats(app, chosen);
  add_audit(app, chosen);
  add_doctor(app, chosen);
  add_journal(app, chosen);
  add_bench(app, chosen);
}

/// The first word that is no option must be a command: says which one was meant.
std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  std::vector<std::string_view> views;
  for (const auto* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  for (const auto& name : names) views.push_back(name);
  return fmt::format("unknown command \"{}\"{}", word, did_you_mean(word, views));
}

int complain(const failure& why, bool json, streams& io) {
  if (json) {
    const nlohmann::json body{{"error", why.text}, {"exit_code", static_cast<int>(why.code)}};
    io.err << compact(body) << '\n';
  } else {
    const painter paint(io.err_is_terminal);
    io.err << paint(colour::red, "nip: ") << why.text << '\n';
  }
  return static_cast<int>(why.code);
}

int on_parse_end(const CLI::App& app, const CLI::ParseError& end, bool json, streams& io) {
  if (end.get_exit_code() == 0) return app.exit(end, io.out, io.err);  // --help and --version
  std::string what = end.what();
  const auto chosen = app.get_subcommands();
  if (chosen.empty() && !app.remaining().empty())
    what = unknown_command(app, app.remaining().front());
  const auto* place = chosen.empty() ? &app : chosen.front();
  const std::string help =
      chosen.empty() ? "nip --help" : fmt::format("nip {} --help", place->get_name());
  return complain({exit_code::usage, fmt::format("{} (see \"{}\")", what, help)}, json, io);
}

}  // namespace

int run(const std::vector<std::string>& arguments, const environment_lookup& environment,
        streams& io) {
  global_options options;
  action chosen;
  CLI::App app{"nip: talk to the NIP message broker", "nip"};
  app.fallthrough();
  app.require_subcommand(0, 1);
  add_globals(app, options, environment);
  add_commands(app, chosen);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& end) {
    return on_parse_end(app, end, options.json, io);
  }
  if (!chosen) {
    io.out << app.help();
    return static_cast<int>(exit_code::usage);
  }
  session now(options, io);
  const auto ended = chosen(now);
  io.out.flush();
  return ended ? static_cast<int>(*ended) : complain(ended.error(), options.json, io);
}

}  // namespace nip::cli
