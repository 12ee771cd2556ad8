// `nip audit`: the newest changes that were asked for, and by whom.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

constexpr std::uint32_t entries_default = 20;

outcome<exit_code> show_audit(session& now, std::uint32_t limit) {
  NIP_TRY(client, now.connect());
  NIP_TRY(page, call(client, {.path = fmt::format("/v4/audit?limit={}", limit)}));
  if (now.json()) {
    now.print_json(page.at("items"));
    return exit_code::ok;
  }
  table shown({{"SEQ", align::right, 0}, {"AT"}, {"WHO"}, {"WHAT"}, {"OBJECT"}, {"OUTCOME"}});
  for (const auto& each : page.at("items")) {
    const auto outcome = text_at(each, "outcome");
    shown.add({text_at(each, "seq"), text_at(each, "at"), text_at(each, "who"),
               cell(text_at(each, "what"), colour::cyan), text_at(each, "object"),
               cell(outcome, outcome == "done" ? colour::green : colour::red)});
  }
  if (shown.empty())
    now.say("nothing was changed yet");
  else
    shown.print(now.out(), now.paint());
  return exit_code::ok;
}

}  // namespace

void add_audit(CLI::App& app, action& chosen) {
  auto* sub =
      app.add_subcommand("audit", "who changed what: the newest entries of the audit trail");
  const auto limit = std::make_shared<std::uint32_t>(entries_default);
  sub->add_option("--limit", *limit, "entries to show")->check(CLI::Range(1, 1000));
  sub->callback(
      [&chosen, limit] { chosen = [limit](session& now) { return show_audit(now, *limit); }; });
}

}  // namespace nip::cli
