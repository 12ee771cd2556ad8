// /v4/replay: stored messages sent again, and what other rules would have done with them.
#include "gateway/resources/body_reader.hpp"
#include "gateway/resources/handlers.hpp"

namespace nip::gateway::resources {
namespace {

/// Messages a second when a replay names no rate: noticed, but no flood.
constexpr double replay_rate_default = 1'000;
constexpr double replay_rate_max = 1'000'000;

result<broker::replay_wish> read_wish(const nlohmann::json& body) {
  broker::replay_wish wish;
  wish.rate = replay_rate_default;
  body_reader in(body);
  in.take_bound("from", wish.from);
  in.take_bound("to", wish.to);
  in.take("filter", wish.filter);
  in.take("limit", wish.limit);
  in.take("target", wish.target);
  in.take("rate", wish.rate, 0, replay_rate_max);
  in.take("dry_run", wish.dry_run);
  in.take_array("rules", wish.rules);
  in.take_object("rule", wish.rule);
  NIP_CHECK(in.finish());
  const bool compares = !wish.rules.is_null() || !wish.rule.is_null();
  if (compares && !wish.dry_run)
    return fail(errc::invalid_argument,
                "body: \"rules\" and \"rule\" are compared with, by \"dry_run\": true; a replay is "
                "routed by the rules in force");
  if (!wish.rules.is_null() && !wish.rule.is_null())
    return fail(errc::invalid_argument, "body: give \"rules\" or \"rule\", not both");
  if (wish.dry_run && !wish.target.empty())
    return fail(errc::invalid_argument,
                "body: with a \"target\" no rule is asked, so a dry run has nothing to compare");
  return wish;
}

}  // namespace

void begin_replay(call& what) {
  const auto body = what.json_body();
  if (!body) return;
  auto wish = read_wish(*body);
  if (!wish) return what.refuse(wish.error());
  auto answer = wish->dry_run ? what.respond() : what.respond_job();
  what.shard.admin.replay(what.shard.shard, what.shard.who, *std::move(wish), std::move(answer));
}

void list_replays(call& what) {
  what.shard.admin.list_jobs(what.shard.shard, what.shard.who, what.respond());
}

void get_replay(call& what) {
  what.shard.admin.get_job(what.shard.shard, what.shard.who, what.parameters[0], what.respond());
}

void cancel_replay(call& what) {
  what.shard.admin.cancel_job(what.shard.shard, what.shard.who, what.parameters[0], what.respond());
}

}  // namespace nip::gateway::resources
