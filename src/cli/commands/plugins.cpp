// `nip plugins`: what runs, how it is, and switching it on, off or over.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/input.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

std::string plugin_path(const std::string& name) { return "/v4/plugins/" + url_escape(name); }

/// One word for a person: is there a file, and may it take messages?
cell state_of(const nlohmann::json& plugin) {
  if (text_at(plugin, "installed") == "no") return {"missing", colour::red};
  if (text_at(plugin, "enabled") == "no") return {"disabled", colour::dim};
  return {"enabled", colour::green};
}

outcome<exit_code> list_plugins(session& now) {
  NIP_TRY(client, now.connect());
  NIP_TRY(items, list_all(client, "/v4/plugins"));
  if (now.json()) {
    now.print_json(items);
    return exit_code::ok;
  }
  table shown({{"NAME"}, {"VERSION"}, {"STATE"}, {"RUNS"}, {"ISOLATION"}, {"DESCRIPTION"}});
  for (const auto& plugin : items)
    shown.add({cell(text_at(plugin, "name"), colour::cyan), text_at(plugin, "version"),
               state_of(plugin), text_at(plugin, "execution"), text_at(plugin, "isolation"),
               text_at(plugin, "description")});
  if (shown.empty())
    now.say("no plugins; put a .so into the plugin folder");
  else
    shown.print(now.out(), now.paint());
  return exit_code::ok;
}

outcome<exit_code> show(session& now, const std::string& path) {
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, {.path = path}));
  now.print_json(answer);
  return exit_code::ok;
}

outcome<exit_code> act(session& now, const std::string& name, const std::string& verb) {
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, {.method = "POST", .path = plugin_path(name) + ":" + verb}));
  if (now.json())
    now.print_json(answer);
  else
    now.out() << fmt::format("plugin {} is {}{}\n", name, verb, verb.ends_with('e') ? "d" : "ed");
  return exit_code::ok;
}

outcome<exit_code> config(session& now, const std::string& name, const std::string& set) {
  if (set.empty()) return show(now, plugin_path(name) + "/config");
  NIP_TRY(wanted, read_json(now, set, "the config"));
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, json_request("PUT", plugin_path(name) + "/config", wanted)));
  if (now.json())
    now.print_json(answer);
  else
    now.out() << fmt::format("plugin {} has its new config\n", name);
  return exit_code::ok;
}

struct plugin_options {
  std::string name, set;
};
using options_ptr = std::shared_ptr<plugin_options>;

CLI::App* add_named(CLI::App& to, const char* verb, const char* help, const options_ptr& set) {
  auto* sub = to.add_subcommand(verb, help);
  sub->add_option("name", set->name, "the plugin's name")->required();
  return sub;
}

void add_verb(CLI::App& to, const std::string& verb, const char* help, const options_ptr& set,
              action& chosen) {
  add_named(to, verb.c_str(), help, set)->callback([set, verb, &chosen] {
    chosen = [set, verb](session& now) { return act(now, set->name, verb); };
  });
}

}  // namespace

void add_plugins(CLI::App& app, action& chosen) {
  auto set = std::make_shared<plugin_options>();
  auto* sub = app.add_subcommand("plugins", "list, inspect and switch plugins");
  sub->require_subcommand(1);
  sub->add_subcommand("list", "every plugin that was found")->callback([&chosen] {
    chosen = list_plugins;
  });
  add_named(*sub, "get", "one plugin: manifest, state, usage", set)->callback([set, &chosen] {
    chosen = [set](session& now) { return show(now, plugin_path(set->name)); };
  });
  add_named(*sub, "health", "what the plugin says of itself", set)->callback([set, &chosen] {
    chosen = [set](session& now) { return show(now, plugin_path(set->name) + "/health"); };
  });
  auto* configuring = add_named(*sub, "config", "show the config, or set it", set);
  configuring->add_option("--set", set->set,
                          "new config as JSON: a file, the text itself, or - for stdin");
  configuring->callback([set, &chosen] {
    chosen = [set](session& now) { return config(now, set->name, set->set); };
  });
  add_verb(*sub, "enable", "let it take messages", set, chosen);
  add_verb(*sub, "disable", "take no more messages; what is open is finished first", set, chosen);
  add_verb(*sub, "reload", "load its file again beside the old one and move over", set, chosen);
}

}  // namespace nip::cli
