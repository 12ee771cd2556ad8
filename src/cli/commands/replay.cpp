// `nip replay`: stored messages sent again, or what other rules would do with them.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/input.hpp"
#include "cli/format.hpp"
#include "cli/progress.hpp"
#include "cli/route_diff.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

struct replay_options {
  std::string from, to, filter, target, rules, cancel;
  std::uint64_t limit = 0;
  double rate = 1'000;
  bool dry_run = false, all = false, detach = false, list = false;
};

nlohmann::json body_of(const replay_options& chosen) {
  nlohmann::json body = nlohmann::json::object();
  if (!chosen.from.empty()) body["from"] = chosen.from;
  if (!chosen.to.empty()) body["to"] = chosen.to;
  if (!chosen.filter.empty()) body["filter"] = chosen.filter;
  if (!chosen.target.empty()) body["target"] = chosen.target;
  if (chosen.limit != 0) body["limit"] = chosen.limit;
  if (chosen.dry_run)
    body["dry_run"] = true;
  else
    body["rate"] = chosen.rate;
  return body;
}

outcome<exit_code> list_replays(session& now) {
  NIP_TRY(client, now.connect());
  NIP_TRY(items, list_all(client, "/v4/replay"));
  if (now.json()) {
    now.print_json(items);
    return exit_code::ok;
  }
  table shown({{"ID"},
               {"KIND"},
               {"STATE"},
               {"SENT", align::right},
               {"REFUSED", align::right},
               {"PROGRESS", align::right},
               {"STARTED"}});
  for (const auto& job : items)
    shown.add({cell(text_at(job, "id"), colour::cyan), text_at(job, "kind"), text_at(job, "state"),
               text_at(job, "sent"), text_at(job, "refused"),
               fmt::format("{:.0f} %", number_at(job, "progress") * 100),
               cell(text_at(job, "started_at"), colour::dim)});
  if (shown.empty())
    now.say("no replays since nipd was started");
  else
    shown.print(now.out(), now.paint());
  return exit_code::ok;
}

outcome<exit_code> cancel(session& now, const std::string& id) {
  NIP_TRY(client, now.connect());
  NIP_TRY(job, call(client, {.method = "DELETE", .path = "/v4/replay/" + url_escape(id)}));
  if (now.json())
    now.print_json(job);
  else
    now.out() << fmt::format("replay {} is {}\n", id, text_at(job, "state"));
  return exit_code::ok;
}

outcome<exit_code> compare(session& now, const replay_options& chosen) {
  auto body = body_of(chosen);
  if (!chosen.rules.empty()) {
    NIP_TRY(given, read_json(now, chosen.rules, "the rules"));
    if (given.is_object() && given.contains("rules")) given = nlohmann::json(given["rules"]);
    body["rules"] = given.is_array() ? std::move(given) : nlohmann::json::array({given});
  }
  NIP_TRY(client, now.connect());
  NIP_TRY(diff, call(client, json_request("POST", "/v4/replay", body)));
  if (now.json())
    now.print_json(diff);
  else
    print_diff(now.out(), diff, now.paint());
  return exit_code::ok;
}

outcome<exit_code> run_replay(session& now, const replay_options& chosen) {
  if (chosen.list) return list_replays(now);
  if (!chosen.cancel.empty()) return cancel(now, chosen.cancel);
  if (!chosen.rules.empty() && !chosen.dry_run)
    return stop(exit_code::usage,
                "--rules is compared with, by --dry-run; a replay is routed by the rules in force");
  if (chosen.dry_run) return compare(now, chosen);
  const bool bounded =
      !chosen.from.empty() || !chosen.to.empty() || !chosen.filter.empty() || chosen.limit != 0;
  if (!bounded && !chosen.all)
    return stop(exit_code::usage,
                "which messages? Give --from, --to, --filter or --limit, or --all for everything "
                "that is stored");
  NIP_TRY(client, now.connect());
  NIP_TRY(job, call(client, json_request("POST", "/v4/replay", body_of(chosen))));
  if (!chosen.detach) return follow_job(now, client, text_at(job, "id"));
  if (now.json())
    now.print_json(job);
  else
    now.out() << text_at(job, "id") << '\n';
  return exit_code::ok;
}

}  // namespace

void add_replay(CLI::App& app, action& chosen) {
  auto set = std::make_shared<replay_options>();
  auto* sub = app.add_subcommand("replay", "send stored messages again, or see what would change");
  sub->add_option("--from", set->from, "first message: seq or RFC 3339 time");
  sub->add_option("--to", set->to, "last message: seq or RFC 3339 time");
  sub->add_option("--filter", set->filter, "CEL over message");
  sub->add_option("--limit", set->limit, "so many messages at most");
  sub->add_flag("--all", set->all, "everything that is stored");
  sub->add_option("--target", set->target, "a plugin, or topic:NAME, whatever the rules say");
  sub->add_option("--rate", set->rate, "messages a second; 0: as fast as there is room")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  sub->add_flag("--dry-run", set->dry_run, "send nothing: which messages would go elsewhere?");
  sub->add_option(
      "--rules", set->rules,
      "with --dry-run: rules to compare with, as JSON: a file, the text, or - for stdin");
  sub->add_flag("--detach", set->detach, "do not wait for its end; print its id");
  sub->add_flag("--list", set->list, "the replays since nipd was started");
  sub->add_option("--cancel", set->cancel, "end the replay with this id");
  sub->callback([set, &chosen] { chosen = [set](session& now) { return run_replay(now, *set); }; });
}

}  // namespace nip::cli
