#include "broker/stored_state.hpp"

#include "router/plan.hpp"

namespace nip::broker {
namespace {

using bus::outcome_kind;
using nlohmann::json;

std::string_view name_of(outcome_kind kind) {
  switch (kind) {
    case outcome_kind::done:
      return "done";
    case outcome_kind::retry:
      return "backing_off";
    case outcome_kind::dead:
      return "dead";
    case outcome_kind::expired:
      return "expired";
    case outcome_kind::redriven:
      return "queued";
    case outcome_kind::purged:
      return "purged";
  }
  return "unknown";
}

std::string_view what_happened(outcome_kind kind) {
  switch (kind) {
    case outcome_kind::done:
      return "done";
    case outcome_kind::redriven:
      return "redriven";
    case outcome_kind::purged:
      return "purged";
    case outcome_kind::expired:
      return "expired";
    default:
      return "failed";
  }
}

/// What a changed copy of a dead letter became; null when it was thrown away.
json successor(const bus::outcome_record& record) {
  if (record.kind != outcome_kind::purged || record.text.empty()) return nullptr;
  auto became = json::parse(record.text, nullptr, false);
  return became.is_object() && became.contains("redriven_as") ? became : json(nullptr);
}

json describe_attempt(const bus::outcome_record& record) {
  json out = {{"outcome", what_happened(record.kind)}, {"at", format_rfc3339(record.at)}};
  if (record.kind == outcome_kind::redriven || record.kind == outcome_kind::purged) {
    if (auto became = successor(record); !became.is_null()) out.update(became);
    return out;
  }
  out["attempt"] = record.attempt;
  out["plugin"] = record.target;
  if (!record.text.empty()) out["error"] = record.text;
  return out;
}

/// What one outcome changes about how a delivery stands.
void apply_outcome(json& out, const bus::outcome_record& record) {
  out["state"] = name_of(record.kind);
  if (record.kind == outcome_kind::purged) {
    if (auto became = successor(record); !became.is_null()) {
      out["state"] = "redriven";
      out["redriven_as"] = became["redriven_as"];
    }
    return;
  }
  if (record.kind == outcome_kind::redriven) {
    out["attempts"] = 0;
    out["redrives"] = record.attempt;
  } else {
    out["attempts"] = record.attempt;
  }
  if (!record.target.empty()) out["target"] = record.target;
  out.erase("error");
  if (!record.text.empty()) out["error"] = record.text;
}

json describe_delivery(const router::planned_delivery& planned, std::uint16_t index,
                       const bus::bus::found& what, bool explained) {
  json out = {{"rule", planned.rule},
              {"slot", planned.slot},
              {"strategy", router::to_string(planned.how)},
              {"state", "queued"},
              {"attempts", 0}};
  auto attempts = json::array();
  for (const auto& each : what.outcomes) {
    const auto& record = each->record;
    if (record.delivery != index) continue;
    apply_outcome(out, record);
    attempts.push_back(describe_attempt(record));
  }
  if (!explained) return out;
  auto candidates = json::array();
  for (const auto& target : planned.targets) candidates.push_back({{"plugin", target.name}});
  out["candidates"] = std::move(candidates);
  out["attempts_made"] = std::move(attempts);
  return out;
}

std::string_view overall(const json& deliveries, const router::plan& plan) {
  if (!plan.dead_reason().empty()) return "dead";
  std::string_view state = "done";
  for (const auto& each : deliveries) {
    const auto& one = each["state"].get_ref<const std::string&>();
    if (one == "dead" || one == "expired") {
      if (state == "done") state = one == "dead" ? "dead" : "expired";
    } else if (one == "redriven") {
      if (state == "done") state = "redriven";
    } else if (one != "done" && one != "purged") {
      return "delivering";
    }
  }
  return state;
}

}  // namespace

json describe_stored(const bus::bus::found& what, bool explained) {
  const auto& record = what.message.record;
  const auto plan = router::plan::restore(record.generation, record.plan);
  auto message = json::parse(record.envelope, nullptr, false);
  json out = {{"id", message.value("id", "")},
              {"seq", record.tenant_seq.value},
              {"ack", record.flags & bus::buffered ? "buffered" : "fsync"},
              {"generation", record.generation.value},
              {"accepted_at", format_rfc3339(record.accepted_at)},
              {"message", std::move(message)}};
  auto deliveries = json::array();
  if (plan) {
    for (std::uint16_t i = 0; i < (*plan)->deliveries().size(); ++i)
      deliveries.push_back(describe_delivery((*plan)->deliveries()[i], i, what, explained));
    out["state"] = overall(deliveries, **plan);
    // Without a delivery, what was done with the message itself says how it stands.
    if (deliveries.empty())
      for (const auto& each : what.outcomes) apply_outcome(out, each->record);
    if (!(*plan)->topics().empty()) out["topics"] = (*plan)->topics();
    if (!(*plan)->dead_reason().empty()) out["dead_reason"] = (*plan)->dead_reason();
  }
  out["deliveries"] = std::move(deliveries);
  for (const auto& each : what.outcomes)
    if (!each->record.reply.empty()) out["reply"] = json::parse(each->record.reply, nullptr, false);
  return out;
}

}  // namespace nip::broker
