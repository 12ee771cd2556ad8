// `nip rules`: list, get, put, delete and try rules.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/input.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

std::string path_of(const std::string& id) { return "/v4/rules/" + url_escape(id); }

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

outcome<exit_code> list(session& now) {
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
               {"WHEN"},
               {"FROM", align::left, 40}});
  for (const auto& rule : items)
    shown.add({cell(text_at(rule, "id"), colour::cyan), text_at(rule, "priority"),
               text_at(rule, "strategy"), targets_of(rule), text_or(rule, "when", "true"),
               cell(origin_of(rule), colour::dim)});
  if (shown.empty())
    now.say("no rules; add one with \"nip rules put ID --file rule.json\"");
  else
    shown.print(now.out(), now.paint());
  return exit_code::ok;
}

outcome<exit_code> get(session& now, const std::string& id) {
  NIP_TRY(client, now.connect());
  NIP_TRY(rule, call(client, {.path = path_of(id)}));
  now.print_json(rule);
  return exit_code::ok;
}

outcome<exit_code> put(session& now, const std::string& id, const std::string& file) {
  NIP_TRY(rule, read_json(now, file, "the rule"));
  NIP_TRY(client, now.connect());
  NIP_TRY(stored, call(client, json_request("PUT", path_of(id), rule)));
  if (now.json())
    now.print_json(stored);
  else
    now.out() << fmt::format("rule {} is in force\n", id);
  return exit_code::ok;
}

outcome<exit_code> remove(session& now, const std::string& id) {
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, {.method = "DELETE", .path = path_of(id)}));
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
    std::string id, file = "-", message, rules;
  };
  auto set = std::make_shared<rule_options>();
  auto* sub = app.add_subcommand("rules", "list, read, change and try rules");
  sub->require_subcommand(1);
  sub->add_subcommand("list", "every rule in force, by priority")->callback([&chosen] {
    chosen = list;
  });

  auto* one = sub->add_subcommand("get", "one rule");
  one->add_option("id", set->id)->required();
  one->callback([set, &chosen] { chosen = [set](session& now) { return get(now, set->id); }; });

  auto* putting = sub->add_subcommand("put", "add or replace a rule");
  putting->add_option("id", set->id)->required();
  putting
      ->add_option("--file,rule", set->file,
                   "the rule as JSON: a file, the text itself, or - for stdin")
      ->capture_default_str();
  putting->callback(
      [set, &chosen] { chosen = [set](session& now) { return put(now, set->id, set->file); }; });

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
