// `nip doctor`: is the server well, and is this host fit for it?
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/doctor.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

std::string_view word_of(verdict how) {
  return how == verdict::good ? "ok" : how == verdict::warning ? "warn" : "FAIL";
}

colour shade_of(verdict how) {
  return how == verdict::good      ? colour::green
         : how == verdict::warning ? colour::yellow
                                   : colour::red;
}

void print_text(session& now, const std::vector<finding>& found) {
  table shown({{"", align::left}, {"CHECK"}, {"FOUND", align::left, 0}});
  for (const auto& each : found)
    shown.add({cell(std::string(word_of(each.how)), shade_of(each.how)), each.check, each.text});
  shown.print(now.out(), now.paint());
  for (const auto& each : found)
    if (!each.advice.empty())
      now.out() << fmt::format("\n{}: {}\n", now.paint()(colour::bold, each.check), each.advice);
}

void print_json(session& now, const std::vector<finding>& found) {
  auto items = nlohmann::json::array();
  for (const auto& each : found)
    items.push_back({{"check", each.check},
                     {"verdict", word_of(each.how)},
                     {"found", each.text},
                     {"advice", each.advice}});
  now.print_json(items);
}

outcome<exit_code> run_doctor(session& now, std::string journal) {
  std::vector<finding> found;
  NIP_TRY(client, now.connect());
  const bool answers = examine_server(client, found);
  if (answers && journal.empty()) journal = journal_path_of(client);
  examine_host(found);
  if (!journal.empty()) examine_journal(journal, found);
  now.json() ? print_json(now, found) : print_text(now, found);
  if (!answers) return exit_code::unreachable;
  for (const auto& each : found)
    if (each.how == verdict::bad) return exit_code::failed;
  return exit_code::ok;
}

}  // namespace

void add_doctor(CLI::App& app, action& chosen) {
  auto journal = std::make_shared<std::string>();
  auto* sub = app.add_subcommand("doctor", "check the server and this host, and say what to do");
  sub->add_option("--journal", *journal,
                  "journal folder to look at; without it: the server's, when it is local");
  sub->callback([journal, &chosen] {
    chosen = [journal](session& now) { return run_doctor(now, *journal); };
  });
}

}  // namespace nip::cli
