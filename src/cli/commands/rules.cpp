// `nip rules`: list, get, put, delete and try rules.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/input.hpp"
#include "cli/format.hpp"
#include "cli/route_diff.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

std::string rule_path(const std::string& id) { return "/v4/rules/" + url_escape(id); }

std::string targets_of(const nlohmann::json& rule) {
  std::string joined;
  for (const auto& target : value_at(rule, "to")) {
    if (!joined.empty()) joined += ", ";
    if (target.is_object())
      joined += text_at(target, "plugin") != "-" ? text_at(target, "plugin") : compact(target);
    else
      joined += target.is_string() ? target.get<std::string>() : compact(target);
  }
  return joined.empty() ? text_at(rule, "to") : joined;
}

/// Where a rule is written: a place in a file, or "api".
std::string origin_of(const nlohmann::json& rule) {
  const auto place = text_at(rule, "where");
  return place == "-" ? text_at(rule, "origin") : place;
}

/// A key that is left out has its default.
std::string text_or(const nlohmann::json& rule, const char* key, const char* otherwise) {
  const auto text = text_at(rule, key);
  return text == "-" ? otherwise : text;
}

outcome<exit_code> list_rules(session& now) {
  NIP_TRY(client, now.connect());
  NIP_TRY(items, list_all(client, "/v4/rules"));
  if (now.json()) {
    now.print_json(items);
    return exit_code::ok;
  }
  table shown({{"ID"},
               {"PRIORITY", align::right},
               {"STRATEGY"},
               {"TO"},
               {"INDEXED"},
               {"WHEN"},
               {"FROM", align::left, 40}});
  for (const auto& rule : items)
    shown.add({cell(text_at(rule, "id"), colour::cyan), text_at(rule, "priority"),
               text_at(rule, "strategy"), targets_of(rule), text_at(rule, "indexed"),
               text_or(rule, "when", "true"), cell(origin_of(rule), colour::dim)});
  if (shown.empty())
    now.say("no rules; add one with \"nip rules put ID --file rule.json\"");
  else
    shown.print(now.out(), now.paint());
  return exit_code::ok;
}

outcome<exit_code> get(session& now, const std::string& id) {
  NIP_TRY(client, now.connect());
  NIP_TRY(rule, call(client, {.path = rule_path(id)}));
  now.print_json(rule);
  return exit_code::ok;
}

struct put_options {
  std::string file = "-";
  std::uint64_t last = 1'000;
  bool yes = false;
};

/// What the rule would have changed about the last messages. A server that cannot say it does not
/// keep anybody from putting a rule.
void show_change(session& now, http_client& client, const nlohmann::json& rule,
                 std::uint64_t last) {
  const auto diff = call(
      client,
      json_request("POST", "/v4/replay", {{"dry_run", true}, {"limit", last}, {"rule", rule}}));
  if (!diff) {
    now.err() << "no comparison with stored messages: " << diff.error().text << '\n';
    return;
  }
  // What a script reads stays as it is.
  const bool for_people = now.io().out_is_terminal && !now.json();
  print_diff(for_people ? now.out() : now.err(), *diff, for_people ? now.paint() : painter());
}

/// Asks where somebody can answer. Scripts go on as if it had been yes.
outcome<bool> confirmed(session& now, const std::string& id, bool yes, bool from_stdin) {
  if (yes) return true;
  if (!now.io().in_is_terminal || !now.io().out_is_terminal || from_stdin) {
    now.err() << "no terminal to ask at: goes on (--yes says so beforehand)\n";
    return true;
  }
  now.out() << fmt::format("put rule {} in force? [y/N] ", id) << std::flush;
  std::string said;
  std::getline(now.io().in, said);
  return said == "y" || said == "Y" || said == "yes";
}

outcome<exit_code> put(session& now, const std::string& id, const put_options& chosen) {
  NIP_TRY(rule, read_json(now, chosen.file, "the rule"));
  NIP_TRY(client, now.connect());
  if (chosen.last > 0 && rule.is_object()) {
    auto named = rule;
    named["id"] = id;
    show_change(now, client, named, chosen.last);
    NIP_TRY(agreed, confirmed(now, id, chosen.yes, chosen.file == "-"));
    if (!agreed) return stop(exit_code::failed, fmt::format("rule {} is not changed", id));
  }
  NIP_TRY(stored, call(client, json_request("PUT", rule_path(id), rule)));
  if (now.json())
    now.print_json(stored);
  else
    now.out() << fmt::format("rule {} is in force\n", id);
  return exit_code::ok;
}

outcome<exit_code> remove(session& now, const std::string& id) {
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, {.method = "DELETE", .path = rule_path(id)}));
  if (now.json())
    now.print_json(answer);
  else
    now.out() << fmt::format("rule {} is gone\n", id);
  return exit_code::ok;
}

outcome<exit_code> test(session& now, const std::string& message, const std::string& rules) {
  nlohmann::json body;
  NIP_TRY(envelope, read_json(now, message, "the message"));
  body["message"] = std::move(envelope);
  if (!rules.empty()) {
    NIP_TRY(candidates, read_json(now, rules, "the rules"));
    body["rules"] =
        candidates.is_array() ? std::move(candidates) : nlohmann::json::array({candidates});
  }
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, json_request("POST", "/v4/rules:test", body)));
  now.print_json(answer);
  return exit_code::ok;
}

}  // namespace

void add_rules(CLI::App& app, action& chosen) {
  struct rule_options {
    std::string id, message, rules;
    put_options putting;
  };
  auto set = std::make_shared<rule_options>();
  auto* sub = app.add_subcommand("rules", "list, read, change and try rules");
  sub->require_subcommand(1);
  sub->add_subcommand("list", "every rule in force, by priority")->callback([&chosen] {
    chosen = list_rules;
  });

  auto* one = sub->add_subcommand("get", "one rule");
  one->add_option("id", set->id)->required();
  one->callback([set, &chosen] { chosen = [set](session& now) { return get(now, set->id); }; });

  auto* putting = sub->add_subcommand("put", "add or replace a rule");
  putting->add_option("id", set->id)->required();
  putting
      ->add_option("--file,rule", set->putting.file,
                   "the rule as JSON: a file, the text itself, or - for stdin")
      ->capture_default_str();
  putting
      ->add_option("--last", set->putting.last,
                   "show what it would have changed about so many stored messages; 0: nothing")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{100'000}))
      ->capture_default_str();
  putting->add_flag("-y,--yes", set->putting.yes, "do not ask");
  putting->callback(
      [set, &chosen] { chosen = [set](session& now) { return put(now, set->id, set->putting); }; });

  auto* gone = sub->add_subcommand("delete", "remove a rule that was made by REST");
  gone->add_option("id", set->id)->required();
  gone->callback([set, &chosen] { chosen = [set](session& now) { return remove(now, set->id); }; });

  auto* trial = sub->add_subcommand("test", "where would this message go? Nothing is sent");
  trial->add_option("message", set->message, "envelope: a file, the text itself, or - for stdin")
      ->required();
  trial->add_option("--rules", set->rules,
                    "try these rules instead of those in force: a file or the text");
  trial->callback([set, &chosen] {
    chosen = [set](session& now) { return test(now, set->message, set->rules); };
  });
}

}  // namespace nip::cli
