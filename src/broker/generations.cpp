#include "broker/generations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/nearest.hpp"

namespace nip::broker {
namespace {

constexpr std::string_view rules_space = "rules";
constexpr std::string_view plugins_space = "plugins";
constexpr std::string_view house_space = "house";
constexpr std::string_view last_generation_key = "last_generation";

/// Calls `take` with every entry of a space.
template <class Take>
status read_space(state::state_store& kept, std::string_view space, Take&& take) {
  for (std::string cursor;;) {
    NIP_TRY(part, kept.list(space, "", cursor, state::page_entries_max));
    for (const auto& entry : part.entries) NIP_CHECK(take(entry));
    if (part.next.empty()) return {};
    cursor = part.next;
  }
}

result<nlohmann::json> stored_json(const state::entry& entry, std::string_view what) {
  auto document = nlohmann::json::parse(entry.value, nullptr, false);
  if (!document.is_discarded()) return document;
  return fail(errc::corrupt,
              fmt::format("the stored {} \"{}\" is not readable JSON", what, entry.key));
}

}  // namespace

result<generation_ptr> generations::load() {
  NIP_TRY(defined, files_.load());
  plugins_.scan();
  NIP_TRY(from, read_kept(std::move(defined)));
  NIP_TRY(made, build(from));
  return commit(std::move(from), std::move(made));
}

result<generations::sources> generations::read_kept(definitions files) {
  sources out;
  out.files = std::move(files);
  NIP_CHECK(read_space(kept_, rules_space, [&](const state::entry& entry) -> status {
    NIP_TRY(document, stored_json(entry, "rule"));
    NIP_TRY(rule, router::parse_rule(document, router::origin::api, ""));
    out.api.insert_or_assign(entry.key, std::move(rule));
    return {};
  }));
  NIP_CHECK(read_space(kept_, plugins_space, [&](const state::entry& entry) -> status {
    NIP_TRY(document, stored_json(entry, "plugin change"));
    override_of change;
    if (document.contains("enabled")) change.enabled = document["enabled"].get<bool>();
    if (document.contains("config")) change.config = document["config"];
    out.plugins.insert_or_assign(entry.key, std::move(change));
    return {};
  }));
  return out;
}

std::vector<plugin::settings> generations::settings_of(const sources& from) const {
  auto out = from.files.plugins;
  for (const auto& [name, change] : from.plugins) {
    auto at = std::ranges::find(out, name, &plugin::settings::name);
    if (at == out.end()) {
      out.push_back({});
      at = std::prev(out.end());
      at->name = name;
      at->where = "the REST API";
    }
    if (change.enabled) at->enabled = *change.enabled;
    if (change.config) at->config = *change.config;
  }
  return out;
}

result<generation_ptr> generations::build(sources from) {
  auto made = std::make_shared<generation>();
  NIP_TRY(number, next_number());
  made->id = number;
  made->since = clock_.wall();
  const plugin::spec_map none;
  NIP_TRY(specs, plugins_.resolve(settings_of(from), current_ ? current_->plugins : none));
  made->plugins = std::move(specs);
  auto rules = std::move(from.files.rules);
  for (auto& [id, rule] : from.api) rules.push_back(std::move(rule));
  NIP_CHECK(check_targets(rules, made->plugins));
  NIP_TRY(compiled, router::ruleset::compile(std::move(rules)));
  made->rules = std::move(compiled);
  return generation_ptr(std::move(made));
}

status generations::check_targets(const std::vector<router::rule>& rules,
                                  const plugin::spec_map& plugins) {
  warnings_.clear();
  for (const auto& [name, spec] : plugins)
    if (!spec->code && spec->set.enabled) warnings_.push_back(spec->unusable);
  for (const auto& rule : rules) NIP_CHECK(check_targets(rule, plugins));
  return {};
}

status generations::check_targets(const router::rule& rule, const plugin::spec_map& plugins) {
  const std::string place = rule.where.empty() ? "" : rule.where + ": ";
  for (const auto& target : rule.to) {
    if (target.topic) continue;
    const auto found = plugins.find(target.name);
    if (found == plugins.end()) {
      std::vector<std::string_view> names;
      for (const auto& [name, spec] : plugins) names.push_back(name);
      const auto near = nearest(target.name, names);
      return fail(
          errc::invalid_argument,
          fmt::format("{}rule \"{}\": there is no plugin \"{}\"{}", place, rule.id, target.name,
                      near.empty()
                          ? "; no plugin folder holds it and no entry under plugins: configures it"
                          : fmt::format("; did you mean \"{}\"?", near)));
    }
    if (!found->second->unusable.empty())
      warnings_.push_back(
          fmt::format("{}rule \"{}\": plugin \"{}\" cannot run, so its messages will become "
                      "dead letters: {}",
                      place, rule.id, target.name, found->second->unusable));
    else if (!found->second->set.enabled)
      warnings_.push_back(fmt::format("{}rule \"{}\": plugin \"{}\" is disabled; its messages wait",
                                      place, rule.id, target.name));
  }
  return {};
}

void generations::forget_warnings_about(std::string_view rule) {
  const auto about = fmt::format("rule \"{}\": ", rule);
  std::erase_if(warnings_, [&](const auto& each) { return each.starts_with(about); });
}

/// Nothing but what the change itself takes: of a million rules only one is looked at.
result<generation_ptr> generations::beside(router::ruleset_ptr rules) {
  auto made = std::make_shared<generation>();
  NIP_TRY(number, next_number());
  made->id = number;
  made->since = clock_.wall();
  made->plugins = current_->plugins;
  made->rules = std::move(rules);
  return generation_ptr(std::move(made));
}

/// Numbers go on over restarts, since the journal names generations for as long as it keeps
/// messages.
result<generation_id> generations::next_number() {
  if (current_) return current_->id.next();
  NIP_TRY(last, kept_.get(house_space, last_generation_key));
  if (!last) return generation_id(1);
  std::uint64_t number = 0;
  const auto [end, wrong] =
      std::from_chars(last->value.data(), last->value.data() + last->value.size(), number);
  if (wrong != std::errc{})
    return fail(
        errc::corrupt,
        fmt::format("the stored number of the last generation, \"{}\", is no number", last->value));
  return generation_id(number + 1);
}

result<generation_ptr> generations::commit(sources from, generation_ptr made,
                                           std::optional<state::change> cause) {
  NIP_TRY(done, commit(std::move(made), cause));
  sources_ = std::move(from);
  return done;
}

/// The number is in the store when it is in force, and so is what made it: both or neither.
result<generation_ptr> generations::commit(generation_ptr made,
                                           std::optional<state::change> cause) {
  const auto number = std::to_string(made->id.value);
  std::vector<state::change> changes{{house_space, last_generation_key, number}};
  if (cause) changes.push_back(*cause);
  NIP_CHECK(kept_.apply(changes));
  current_ = std::move(made);
  return current_;
}

result<generation_ptr> generations::put_rule(router::rule what) {
  const auto* known = current_->rules->find(what.id);
  if (known != nullptr && known->from == router::origin::file)
    return fail(
        errc::conflict,
        fmt::format("rule \"{}\" is defined in {}; change it there, or give this one another id",
                    what.id, known->where));
  const auto id = what.id;
  const auto text = router::to_json(what).dump();
  NIP_TRY(rules, current_->rules->with(what));
  if (rules) {
    NIP_TRY(made, beside(std::move(rules)));
    forget_warnings_about(id);
    NIP_CHECK(check_targets(what, made->plugins));
    NIP_TRY(done, commit(std::move(made), state::change{rules_space, id, text}));
    sources_.api.insert_or_assign(id, std::move(what));
    return done;
  }
  auto next = sources_;
  next.api.insert_or_assign(id, std::move(what));
  NIP_TRY(made, build(next));
  return commit(std::move(next), std::move(made), state::change{rules_space, id, text});
}

result<generation_ptr> generations::delete_rule(std::string_view id) {
  const auto* known = current_->rules->find(id);
  if (!known)
    return fail(errc::not_found,
                fmt::format("there is no rule \"{}\"; GET /v4/rules lists them", id));
  if (known->from == router::origin::file)
    return fail(errc::conflict,
                fmt::format("rule \"{}\" is defined in {}; delete it there", id, known->where));
  if (auto rules = current_->rules->without(id)) {
    NIP_TRY(made, beside(std::move(rules)));
    forget_warnings_about(id);
    NIP_TRY(done, commit(std::move(made), state::change{rules_space, id, {}}));
    sources_.api.erase(sources_.api.find(id));
    return done;
  }
  auto next = sources_;
  next.api.erase(next.api.find(id));
  NIP_TRY(made, build(next));
  return commit(std::move(next), std::move(made), state::change{rules_space, id, {}});
}

result<generation_ptr> generations::rescan() {
  plugins_.scan();
  NIP_TRY(made, build(sources_));
  if (made->plugins == current_->plugins) return generation_ptr();
  return commit(sources_, std::move(made));
}

result<generation_ptr> generations::change_plugin(std::string_view name, const override_of& what) {
  if (!current_->plugins.contains(name))
    return fail(errc::not_found,
                fmt::format("there is no plugin \"{}\"; GET /v4/plugins lists them", name));
  auto next = sources_;
  auto& kept = next.plugins[std::string(name)];
  if (what.enabled) kept.enabled = what.enabled;
  if (what.config) kept.config = what.config;
  const auto stored = text_of(kept);
  NIP_TRY(made, build(next));
  return commit(std::move(next), std::move(made), state::change{plugins_space, name, stored});
}

std::string generations::text_of(const override_of& what) {
  nlohmann::json document = nlohmann::json::object();
  if (what.enabled) document["enabled"] = *what.enabled;
  if (what.config) document["config"] = *what.config;
  return document.dump();
}

result<generation_ptr> generations::enable_plugin(std::string_view name, bool enabled) {
  return change_plugin(name, {.enabled = enabled, .config = {}});
}

result<generation_ptr> generations::configure_plugin(std::string_view name, nlohmann::json config) {
  return change_plugin(name, {.enabled = {}, .config = std::move(config)});
}

result<generation_ptr> generations::reload_plugin(std::string_view name) {
  const auto found = current_->plugins.find(name);
  if (found == current_->plugins.end())
    return fail(errc::not_found,
                fmt::format("there is no plugin \"{}\"; GET /v4/plugins lists them", name));
  const auto& set = found->second->set;
  NIP_CHECK(plugins_.reload(set.use.empty() ? set.name : set.use));
  NIP_TRY(made, build(sources_));
  return commit(sources_, std::move(made));
}

}  // namespace nip::broker
