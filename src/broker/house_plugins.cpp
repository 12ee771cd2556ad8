// Operations on plugins: list, get, health, config, enable, disable, reload.
#include <fmt/format.h>

#include <algorithm>

#include "broker/house.hpp"

namespace nip::broker {
namespace {

using nlohmann::json;

std::unexpected<error> no_plugin(std::string_view name) {
  return fail(errc::not_found,
              fmt::format("there is no plugin \"{}\"; GET /v4/plugins lists them", name));
}

std::string_view name_of(administration::plugin_action what) {
  using enum administration::plugin_action;
  switch (what) {
    case enable:
      return "plugin.enable";
    case disable:
      return "plugin.disable";
    case reload:
      return "plugin.reload";
  }
  return "plugin";
}

/// The breaker of one target; how long it stays open only while it does.
json describe_breaker(const delivery::target& of, mono_time now) {
  const auto state = of.breaker_.at(now);
  json out = {{"state", delivery::to_string(state)},
              {"opened", of.stats_.opened.value()},
              {"probes", of.stats_.probes.value()},
              {"moved", of.stats_.moved.value()}};
  if (state == delivery::breaker_state::open)
    out["open_for_ms"] = (of.breaker_.half_open_from() - now).count() / 1'000'000;
  return out;
}

/// What one shard knows of a plugin.
json describe_on_shard(const shard& one, const std::string& name) {
  const auto& targets = one.deliveries().targets();
  const auto found = targets.find(name);
  if (found == targets.end()) return nullptr;
  const auto& to = *found->second;
  json out = {{"running", to.instance_ != nullptr},
              {"queued", to.queued()},
              {"parked", to.backlog_.size()},
              {"in_flight", to.in_flight_},
              {"done", to.stats_.done.value()},
              {"failed", to.stats_.failed.value()},
              {"timed_out", to.stats_.timed_out.value()},
              {"service_us", to.stats_.service_ns() / 1e3},
              {"failure_rate", to.stats_.failure_rate()},
              {"healthy", to.healthy_},
              {"breaker", describe_breaker(to, one.now())}};
  if (!to.trouble_.empty()) out["trouble"] = to.trouble_;
  if (to.instance_) {
    const auto health = to.instance_->health();
    const auto usage = to.instance_->usage();
    out["health"] = {{"state", plugin::to_string(health.state)}, {"reason", health.reason}};
    out["usage"] = {{"memory_bytes", usage.memory_bytes},
                    {"handled", usage.handled},
                    {"failed", usage.failed},
                    {"in_flight", usage.in_flight}};
  }
  return out;
}

/// Adds a shard's breaker: the worst state, and the longest time.
void add_breaker(json& all, const json& one) {
  for (const auto* key : {"opened", "probes", "moved"})
    all[key] = all[key].get<std::uint64_t>() + one[key].get<std::uint64_t>();
  const auto& state = one["state"];
  if (all["state"] == "closed" || state == "open") all["state"] = state;
  if (one.contains("open_for_ms"))
    all["open_for_ms"] =
        std::max(all.value("open_for_ms", std::int64_t{0}), one["open_for_ms"].get<std::int64_t>());
}

/// The whole from its shards: sums, and the worst health.
json sum_up(const std::vector<json>& answers) {
  json out = {{"state", "idle"}, {"queued", 0}, {"parked", 0},   {"in_flight", 0},
              {"done", 0},       {"failed", 0}, {"timed_out", 0}};
  json breaker = {{"state", "closed"}, {"opened", 0}, {"probes", 0}, {"moved", 0}};
  auto shards = json::array();
  bool running = false;
  std::string worst = "healthy";
  std::string reason;
  for (const auto& each : answers) {
    if (each.is_null()) continue;
    for (const auto* key : {"queued", "parked", "in_flight", "done", "failed", "timed_out"})
      out[key] = out[key].get<std::uint64_t>() + each[key].get<std::uint64_t>();
    add_breaker(breaker, each["breaker"]);
    running |= each["running"].get<bool>();
    if (!each["healthy"].get<bool>()) {
      worst = "unhealthy";
      reason = each.value("trouble", "");
    } else if (each.contains("health") && worst == "healthy") {
      worst = each["health"]["state"].get<std::string>();
      reason = each["health"]["reason"].get<std::string>();
    }
    shards.push_back(each);
  }
  out["state"] = running ? "running" : worst == "unhealthy" ? "failed" : "idle";
  out["health"] = {{"state", worst}, {"reason", reason}, {"breaker", std::move(breaker)}};
  out["shards"] = std::move(shards);
  return out;
}

}  // namespace

json house::describe_plugin(const plugin::spec& spec) const {
  const auto& set = spec.set;
  const auto& about = spec.about;
  json out = {{"name", set.name},
              {"plugin", set.use.empty() ? set.name : set.use},
              {"version", about.version},
              {"description", about.description},
              {"enabled", set.enabled},
              {"installed", spec.code != nullptr},
              {"isolation", plugin::to_string(set.level)},
              {"execution", plugin::to_string(set.runs.value_or(about.runs))},
              {"instances", plugin::to_string(set.count.value_or(about.count))},
              {"idempotent", about.idempotent},
              {"reloads", spec.reloads}};
  if (about.cost > 0) out["cost"] = about.cost;
  return out;
}

void house::list_plugins(unsigned shard, page which, respond done) {
  on_control(shard, std::move(done), [this, which]() -> result<json> {
    const auto& all = current().plugins;
    auto at = which.cursor.empty() ? all.begin() : all.upper_bound(which.cursor);
    json out = {{"items", json::array()}, {"generation", current().id.value}};
    const auto limit = std::clamp(which.limit, 1u, 1000u);
    for (; at != all.end() && out["items"].size() < limit; ++at)
      out["items"].push_back(describe_plugin(*at->second));
    if (at != all.end()) out["next"] = std::prev(at)->first;
    auto problems = json::array();
    for (const auto& each : generations_.plugin_problems())
      problems.push_back({{"file", each.file.string()}, {"reason", each.reason}});
    out["problems"] = std::move(problems);
    return out;
  });
}

void house::get_plugin(unsigned shard, std::string name, respond done) {
  ask_shards([name](class shard& one) { return describe_on_shard(one, name); },
             [this, shard, name, done = std::move(done)](std::vector<json> answers) mutable {
               const auto found = current().plugins.find(name);
               if (found == current().plugins.end()) return answer(shard, done, no_plugin(name));
               auto out = describe_plugin(*found->second);
               out.update(sum_up(answers));
               out["config"] = found->second->set.config;
               out["config_schema"] = found->second->about.config_schema;
               out["manifest"] = found->second->about.manifest;
               answer(shard, done, std::move(out));
             });
}

void house::plugin_health(unsigned shard, std::string name, respond done) {
  ask_shards([name](class shard& one) { return describe_on_shard(one, name); },
             [this, shard, name, done = std::move(done)](std::vector<json> answers) mutable {
               if (!current().plugins.contains(name)) return answer(shard, done, no_plugin(name));
               auto all = sum_up(answers);
               all["health"]["name"] = name;
               all["health"]["running"] = all["state"] == "running";
               answer(shard, done, all["health"]);
             });
}

void house::get_plugin_config(unsigned shard, std::string name, respond done) {
  on_control(shard, std::move(done), [this, name]() -> result<json> {
    const auto found = current().plugins.find(name);
    if (found == current().plugins.end()) return no_plugin(name);
    return found->second->set.config;
  });
}

void house::put_plugin_config(unsigned shard, const message::principal& who, std::string name,
                              nlohmann::json config, respond done) {
  done = recorded(shard, who, "plugin.config", name, std::move(done));
  parts_.control.post([this, shard, name = std::move(name), config = std::move(config),
                       done = std::move(done)]() mutable {
    json body = {{"name", name}, {"config", config}};
    finish_change(shard, std::move(done), generations_.configure_plugin(name, std::move(config)),
                  std::move(body));
  });
}

void house::act_on_plugin(unsigned shard, const message::principal& who, std::string name,
                          plugin_action what, respond done) {
  done = recorded(shard, who, name_of(what), name, std::move(done));
  parts_.control.post(
      [this, shard, name = std::move(name), what, done = std::move(done)]() mutable {
        auto made = what == plugin_action::reload
                        ? generations_.reload_plugin(name)
                        : generations_.enable_plugin(name, what == plugin_action::enable);
        json body = {{"name", name}};
        if (made) body.update(describe_plugin(*(*made)->plugins.at(name)));
        finish_change(shard, std::move(done), std::move(made), std::move(body));
      });
}

}  // namespace nip::broker
