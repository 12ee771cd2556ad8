// Operations on replays: begin, dry run, progress, cancel.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/nearest.hpp"
#include "broker/house.hpp"
#include "broker/replay.hpp"
#include "broker/replay_diff.hpp"
#include "message/topic.hpp"

namespace nip::broker {
namespace {

nlohmann::json describe_wish(const replay_wish& what) {
  nlohmann::json out = nlohmann::json::object();
  if (!what.from.empty()) out["from"] = what.from;
  if (!what.to.empty()) out["to"] = what.to;
  if (!what.filter.empty()) out["filter"] = what.filter;
  if (!what.target.empty()) out["target"] = what.target;
  if (what.limit != 0) out["limit"] = what.limit;
  out["rate"] = what.rate;
  return out;
}

result<message_range> range_of(const replay_wish& what) {
  NIP_TRY(from, parse_bound("from", what.from));
  NIP_TRY(to, parse_bound("to", what.to));
  return message_range{from, to};
}

}  // namespace

void house::replay(unsigned shard, const message::principal& who, replay_wish what, respond done) {
  if (what.dry_run) return dry_run_replay(shard, who, what, std::move(done));
  done = recorded(shard, who, "replay.begin", describe_wish(what).dump(), std::move(done));
  on_control(shard, std::move(done),
             [this, shard, who, what = std::move(what)] { return start_replay(shard, who, what); });
}

result<nlohmann::json> house::start_replay(unsigned shard, const message::principal& who,
                                           const replay_wish& what) {
  NIP_TRY(range, range_of(what));
  NIP_CHECK(check_target(what.target));
  NIP_CHECK(jobs_.room());
  const auto id = jobs_.next_id(parts_.clock.wall());
  replay_course course{who, range, what.filter, what.limit, id, what.target, {}, {}};
  course.envelope = shared_.chosen.envelope;
  if (!what.target.empty()) course.plan = direct_plan(current().id, what.target, "nip:replay");
  NIP_TRY(work, make_replay(parts_.events, std::move(course)));
  return begin_job(shard, {id, "replay", who.tenant, describe_wish(what), what.rate},
                   std::move(work));
}

nlohmann::json house::begin_job(unsigned shard, job::outline what, std::unique_ptr<errand> work) {
  auto made = std::make_shared<job>(std::move(what), std::move(work),
                                    job_place{*shards_[shard], *loops_[shard], parts_.reader,
                                              parts_.clock, *timers_[shard], shared_.job_counts});
  jobs_.add(made);
  auto out = made->describe();
  made->start();
  return out;
}

/// A plugin that rules could name, or a topic.
status house::check_target(const std::string& target) const {
  constexpr std::string_view topic = "topic:";
  if (target.empty() || current().plugins.contains(target)) return {};
  if (target.starts_with(topic)) {
    if (message::is_topic(std::string_view(target).substr(topic.size()))) return {};
    return fail(
        errc::invalid_argument,
        fmt::format("target \"{}\": expected words with dots between behind \"topic:\"", target));
  }
  std::vector<std::string_view> names;
  for (const auto& [name, spec] : current().plugins) names.push_back(name);
  return fail(errc::invalid_argument,
              fmt::format("target \"{}\": there is no such plugin{}; a topic is \"topic:NAME\"",
                          target, did_you_mean(target, names)));
}

void house::dry_run_replay(unsigned shard, const message::principal& who, const replay_wish& what,
                           respond done) {
  parts_.control.post([this, shard, who, what, done = std::move(done)]() mutable {
    auto range = range_of(what);
    if (!range) return answer(shard, done, std::unexpected(std::move(range.error())));
    auto rules = rules_to_compare(what);
    if (!rules) return answer(shard, done, std::unexpected(std::move(rules.error())));
    diff_wish wish{who, *range, what.filter, diff_messages_default, *rules, current().id, {}, {}};
    if (what.limit != 0)
      wish.messages =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(what.limit, diff_messages_max));
    wish.on_unrouted = shared_.chosen.on_unrouted;
    wish.envelope = shared_.chosen.envelope;
    on_reader(shard, std::move(done),
              [this, wish = std::move(wish)] { return diff_replay(parts_.events, wish); });
  });
}

/// [control]
result<router::ruleset_ptr> house::rules_to_compare(const replay_wish& what) const {
  if (what.rules.is_null() && what.rule.is_null()) return current().rules;
  std::vector<router::rule> given;
  if (!what.rules.is_null()) {
    for (const auto& each : what.rules) {
      NIP_TRY(rule, router::parse_rule(each, router::origin::api, ""));
      given.push_back(std::move(rule));
    }
    return router::ruleset::compile(std::move(given));
  }
  NIP_TRY(changed, router::parse_rule(what.rule, router::origin::api, ""));
  // As a PUT would have them: those of files in the order they were read, then those of REST by id.
  std::map<std::string, router::rule> of_rest;
  for (const auto& each : current().rules->rules())
    if (each.what.from == router::origin::file && each.what.id != changed.id)
      given.push_back(each.what);
    else
      of_rest.insert_or_assign(each.what.id, each.what);
  of_rest.insert_or_assign(changed.id, std::move(changed));
  for (auto& [id, rule] : of_rest) given.push_back(std::move(rule));
  return router::ruleset::compile(std::move(given));
}

void house::list_jobs(unsigned shard, const message::principal& who, respond done) {
  on_control(shard, std::move(done), [this, tenant = who.tenant]() -> result<json> {
    return json{{"items", jobs_.list(tenant)}};
  });
}

void house::get_job(unsigned shard, const message::principal& who, std::string id, respond done) {
  on_control(shard, std::move(done), [this, tenant = who.tenant, id]() -> result<json> {
    NIP_TRY(found, jobs_.find(tenant, id));
    return found->describe();
  });
}

void house::cancel_job(unsigned shard, const message::principal& who, std::string id,
                       respond done) {
  done = recorded(shard, who, "job.cancel", id, std::move(done));
  on_control(shard, std::move(done), [this, tenant = who.tenant, id]() -> result<json> {
    NIP_TRY(found, jobs_.find(tenant, id));
    found->cancel();
    auto out = found->describe();
    if (!found->ended()) out["state"] = "cancelled";
    return out;
  });
}

}  // namespace nip::broker
