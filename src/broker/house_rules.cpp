// Operations on rules: list, get, put, delete, try.
#include <fmt/format.h>

#include <algorithm>

#include "broker/house.hpp"
#include "broker/rules_to_explain.hpp"
#include "router/why_not.hpp"

namespace nip::broker {
namespace {

nlohmann::json describe_rule(const router::rule& rule) {
  auto out = router::to_json(rule);
  out["origin"] = rule.from == router::origin::file ? "file" : "api";
  if (!rule.where.empty()) out["where"] = rule.where;
  return out;
}

nlohmann::json describe_deliveries(const router::plan& plan) {
  auto out = nlohmann::json::array();
  for (const auto& each : plan.deliveries()) {
    auto targets = nlohmann::json::array();
    for (const auto& target : each.targets) targets.push_back(target.name);
    out.push_back({{"rule", each.rule},
                   {"slot", each.slot},
                   {"strategy", router::to_string(each.how)},
                   {"targets", std::move(targets)}});
  }
  return out;
}

/// As listed: with what the index decides of it.
nlohmann::json describe_rule(const router::rule& rule, const router::ruleset& in) {
  auto out = describe_rule(rule);
  if (const auto how = in.indexed(rule)) out["indexed"] = router::to_string(*how);
  return out;
}

constexpr std::uint32_t page_max = 1000;

}  // namespace

void house::list_rules(unsigned shard, page which, respond done) {
  on_control(shard, std::move(done), [this, which]() -> result<json> {
    const auto all = current().rules->written();
    auto at = std::ranges::upper_bound(all, which.cursor, {}, &router::rule::id);
    if (which.cursor.empty()) at = all.begin();
    json out = {{"items", json::array()}, {"generation", current().id.value}};
    const auto limit = std::clamp(which.limit, 1u, page_max);
    for (; at != all.end() && out["items"].size() < limit; ++at)
      out["items"].push_back(describe_rule(*at, *current().rules));
    if (at != all.end()) out["next"] = (*std::ranges::prev(at)).id;
    return out;
  });
}

void house::get_rule(unsigned shard, std::string id, respond done) {
  on_control(shard, std::move(done), [this, id]() -> result<json> {
    const auto* rule = current().rules->find(id);
    if (!rule)
      return fail(errc::not_found,
                  fmt::format("there is no rule \"{}\"; GET /v4/rules lists them", id));
    return describe_rule(*rule, *current().rules);
  });
}

void house::put_rule(unsigned shard, const message::principal& who, std::string id,
                     nlohmann::json rule, respond done) {
  done = recorded(shard, who, "rule.put", id, std::move(done));
  parts_.control.post(
      [this, shard, id = std::move(id), rule = std::move(rule), done = std::move(done)]() mutable {
        if (rule.is_object()) {
          if (rule.contains("id") && rule["id"] != id)
            return answer(
                shard, done,
                fail(errc::invalid_argument,
                     fmt::format("the address says rule \"{}\" and the body says {}; leave one out",
                                 id, rule["id"].dump())));
          rule["id"] = id;
          for (const auto* told : {"origin", "where", "generation", "indexed"}) rule.erase(told);
        }
        auto parsed = router::parse_rule(rule, router::origin::api, "");
        if (!parsed) return answer(shard, done, std::unexpected(std::move(parsed.error())));
        const bool fresh = current().rules->find(id) == nullptr;
        auto body = describe_rule(*parsed);
        body["created"] = fresh;
        finish_change(shard, std::move(done), generations_.put_rule(std::move(*parsed)),
                      std::move(body));
      });
}

void house::delete_rule(unsigned shard, const message::principal& who, std::string id,
                        respond done) {
  done = recorded(shard, who, "rule.delete", id, std::move(done));
  parts_.control.post([this, shard, id = std::move(id), done = std::move(done)]() mutable {
    finish_change(shard, std::move(done), generations_.delete_rule(id),
                  {{"id", id}, {"deleted", true}});
  });
}

void house::test_rules(unsigned shard, const message::principal& who, nlohmann::json body,
                       respond done) {
  on_control(shard, std::move(done),
             [this, who, body = std::move(body)] { return test_message(who, body); });
}

/// Routes the body's message by the body's rules, or by those in force, without effect.
result<nlohmann::json> house::test_message(const message::principal& who, const json& body) const {
  if (!body.is_object() || !body.contains("message"))
    return fail(errc::invalid_argument,
                "expected {\"message\": {...}, \"rules\": [...]?}, where rules are tried instead "
                "of those in force");
  auto rules = current().rules;
  if (body.contains("rules")) {
    if (!body["rules"].is_array())
      return fail(errc::invalid_argument,
                  fmt::format("key \"rules\": expected an array of rules, got {}",
                              body["rules"].type_name()));
    std::vector<router::rule> given;
    for (const auto& each : body["rules"]) {
      NIP_TRY(rule, router::parse_rule(each, router::origin::api, ""));
      given.push_back(std::move(rule));
    }
    NIP_TRY(compiled, router::ruleset::compile(std::move(given)));
    rules = std::move(compiled);
  }
  std::string text = body["message"].dump();
  const auto size = text.size();
  text.append(message::message::padding, '\0');
  message::codec codec(shared_.chosen.envelope);
  NIP_TRY(in, codec.parse(std::string_view(text).substr(0, size)));
  router::matcher matcher;
  matcher.use(rules, current().id);
  const auto now = format_rfc3339(parts_.clock.wall());
  const router::message_input::filled filled{"00000000-0000-7000-8000-000000000000", now,
                                             who.tenant_name};
  const auto plan = matcher.route(in, filled);
  json out = {{"generation", current().id.value},
              {"matched", json::array()},
              {"not_matched", json::array()},
              {"deliveries", describe_deliveries(*plan)},
              {"topics", plan->topics()}};
  if (rules->written().size() > explained_rules_max)
    out["note"] = fmt::format(
        "of {} rules the near ones are explained: those of which a part of the condition holds",
        rules->written().size());
  std::vector<std::string_view> fired;
  for (const auto position : matcher.fired()) {
    fired.push_back(rules->rules()[position].what.id);
    out["matched"].push_back(fired.back());
  }
  for (const auto* rule : rules_to_explain(*rules, matcher, in, filled)) {
    if (std::ranges::find(fired, rule->id) != fired.end()) continue;
    auto why = router::why_not(*rule, in, filled);
    if (why.empty()) why = "an earlier rule with stop: true ended the matching";
    out["not_matched"].push_back({{"rule", rule->id}, {"why", why}});
    if (out["not_matched"].size() == near_misses_max) break;
  }
  return out;
}

}  // namespace nip::broker
