// What a shard knows of a message, as JSON: its state, and the explanation of every decision.
#include <fmt/format.h>

#include "broker/shard.hpp"

namespace nip::broker {
namespace {

using nlohmann::json;

double microseconds(nanoseconds from) { return static_cast<double>(from.count()) / 1e3; }

json raw(std::string_view text) { return json::parse(text, nullptr, false); }

std::string_view overall_state(const delivery::flight& what) {
  using delivery::delivery_state;
  if (!what.plan->dead_reason().empty()) return "dead";
  if (what.open > 0) return "delivering";
  bool dead = false;
  bool expired = false;
  for (const auto* one : what.deliveries) {
    dead |= one->state == delivery_state::dead;
    expired |= one->state == delivery_state::expired;
  }
  if (dead) return "dead";
  if (expired) return "expired";
  if (what.deliveries.empty()) return what.open == 0 ? "done" : "accepted";
  return "done";
}

json describe(const delivery::delivery& one) {
  json out = {{"rule", one.planned().rule},
              {"slot", one.planned().slot},
              {"strategy", router::to_string(one.planned().how)},
              {"state", delivery::to_string(one.state)},
              {"attempts", one.attempt}};
  if (one.to) out["target"] = one.to->name();
  if (!one.error.empty()) out["error"] = one.error;
  return out;
}

json describe(const router::score& s) {
  json out = {{"available", s.available},
              {"hot", s.hot},
              {"unseen", s.unseen},
              {"meets_deadline", s.meets_deadline},
              {"relative_load", s.relative_load},
              {"expected_latency_us", s.expected_latency_ns / 1e3},
              {"expected_failure_us", s.expected_failure_ns / 1e3},
              {"cost_us", s.cost_ns / 1e3},
              {"price", s.price}};
  if (!s.available) out["left_out"] = router::to_string(s.why);
  return out;
}

json explain(const delivery::delivery& one) {
  json out = describe(one);
  auto candidates = json::array();
  const auto& targets = one.planned().targets;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    json each = {{"plugin", targets[i].name},
                 {"chosen", one.to && one.to->name() == targets[i].name}};
    if (targets[i].weight != 1) each["weight"] = targets[i].weight;
    if (i < one.scores.size()) each["score"] = describe(one.scores[i]);
    candidates.push_back(std::move(each));
  }
  out["candidates"] = std::move(candidates);
  if (one.explored) out["chosen_by"] = "exploration";
  if (one.probe) out["chosen_by"] = "probe";
  auto attempts = json::array();
  for (const auto& note : one.failures)
    attempts.push_back({{"attempt", note.attempt},
                        {"plugin", note.target},
                        {"outcome", "failed"},
                        {"error", note.error},
                        {"at", format_rfc3339(note.at)},
                        {"took_us", microseconds(note.took)}});
  if (one.state == delivery::delivery_state::done)
    attempts.push_back({{"attempt", one.attempt},
                        {"plugin", one.to ? one.to->name() : ""},
                        {"outcome", "done"},
                        {"took_us", microseconds(one.took)}});
  out["attempts_made"] = std::move(attempts);
  return out;
}

json describe_times(const delivery::flight& what) {
  constexpr std::string_view names[] = {"received", "parsed", "routed",   "numbered",
                                        "durable",  "handed", "answered", "ended"};
  json out = json::object();
  const auto start = what.at(delivery::stage::received);
  for (std::size_t i = 1; i < delivery::stage_count; ++i)
    if (what.times[i].ns != 0) out[std::string(names[i])] = microseconds(what.times[i] - start);
  return out;
}

}  // namespace

json shard::state_of(tenant_id tenant, std::string_view id) {
  const auto* found = find(tenant, id);
  if (!found) return nullptr;
  auto deliveries = json::array();
  for (const auto* one : found->deliveries) deliveries.push_back(describe(*one));
  json out = {{"id", id},
              {"seq", found->tenant_seq.value},
              {"state", overall_state(*found)},
              {"ack", message::to_string(found->level)},
              {"generation", found->plan->generation().value},
              {"deliveries", std::move(deliveries)},
              {"message", raw(found->message->json())}};
  if (!found->plan->topics().empty()) out["topics"] = found->plan->topics();
  if (found->reply) out["reply"] = raw(found->reply->json());
  return out;
}

json shard::explanation_of(tenant_id tenant, std::string_view id) {
  const auto* found = find(tenant, id);
  if (!found) return nullptr;
  auto deliveries = json::array();
  for (const auto* one : found->deliveries) deliveries.push_back(explain(*one));
  json out = {{"id", id},
              {"seq", found->tenant_seq.value},
              {"type", found->message->view().type},
              {"state", overall_state(*found)},
              {"ack", message::to_string(found->level)},
              {"generation", found->plan->generation().value},
              {"accepted_at", format_rfc3339(found->message->accepted_at())},
              {"topics", found->plan->topics()},
              {"deliveries", std::move(deliveries)},
              {"message", raw(found->message->json())}};
  if (!found->plan->dead_reason().empty()) out["dead_reason"] = found->plan->dead_reason();
  if (found->sampled) out["stages_us"] = describe_times(*found);
  return out;
}

}  // namespace nip::broker
