#include "router/rule.hpp"

#include <fmt/format.h>

#include <array>

#include "message/topic.hpp"
#include "router/rule_fields.hpp"

namespace nip::router {
namespace {

constexpr std::array known_keys = {"id",      "when",    "to",      "strategy",   "ack",
                                   "timeout", "retry",   "order",   "priority",   "stop",
                                   "gather",  "expired", "enabled", "description"};
constexpr std::array known_retry_keys = {"attempts", "backoff", "max_backoff"};
constexpr std::array known_target_keys = {"plugin", "topic", "weight"};
constexpr std::string_view topic_prefix = "topic:";

result<target> parse_target(field_reader& in, const nlohmann::json& item) {
  target out;
  if (item.is_string()) {
    out.name = item.get<std::string>();
    if (out.name.starts_with(topic_prefix)) {
      out.topic = true;
      out.name.erase(0, topic_prefix.size());
    }
  } else if (item.is_object()) {
    field_reader fields(in.place() + ": to", item);
    fields.only(known_target_keys);
    out.topic = item.contains("topic");
    if (out.topic && item.contains("plugin"))
      return fail(
          errc::invalid_argument,
          fmt::format("{}: a target in \"to\" names a plugin and a topic; write two targets",
                      in.place()));
    fields.text(out.topic ? "topic" : "plugin", out.name);
    fields.number("weight", out.weight, 0u, 1'000'000u);
    NIP_CHECK(fields.finish());
  } else {
    return fail(
        errc::invalid_argument,
        fmt::format("{}: key \"to\": expected plugin names, \"topic:NAME\" or {{plugin: NAME, "
                    "weight: N}}, got {}",
                    in.place(), item.type_name()));
  }
  if (out.name.empty())
    return fail(errc::invalid_argument,
                fmt::format("{}: a target in \"to\" has no name", in.place()));
  if (out.topic && !message::is_topic(out.name))
    return fail(errc::invalid_argument,
                fmt::format("{}: \"{}\" is not a topic: expected words joined by dots, without "
                            "spaces, * and >",
                            in.place(), out.name));
  return out;
}

status parse_targets(field_reader& in, const nlohmann::json& document, rule& out) {
  const auto found = document.find("to");
  if (found == document.end())
    return fail(
        errc::invalid_argument,
        fmt::format("{}: key \"to\" is missing: say which plugins or topics get the messages, "
                    "as in to: [echo]",
                    in.place()));
  const auto one = nlohmann::json::array({*found});
  const auto& items = found->is_array() ? *found : one;
  if (items.empty() || items.size() > targets_max)
    return fail(errc::invalid_argument,
                fmt::format("{}: key \"to\": expected 1 to {} targets, got {}", in.place(),
                            targets_max, items.size()));
  for (const auto& item : items) {
    NIP_TRY(parsed, parse_target(in, item));
    out.to.push_back(std::move(parsed));
  }
  return {};
}

status parse_retry(field_reader& in, const nlohmann::json& document, rule& out) {
  const auto found = document.find("retry");
  if (found == document.end()) return {};
  if (!found->is_object()) return in.wrong_type("retry", "an object", *found);
  field_reader fields(in.place() + ": retry", *found);
  fields.only(known_retry_keys);
  fields.number("attempts", out.retry.attempts, 1u, 1000u);
  fields.duration("backoff", out.retry.backoff);
  fields.duration("max_backoff", out.retry.max_backoff);
  NIP_CHECK(fields.finish());
  if (out.retry.max_backoff < out.retry.backoff)
    return fail(
        errc::invalid_argument,
        fmt::format("{}: retry: max_backoff {} is below backoff {}", in.place(),
                    format_duration(out.retry.max_backoff), format_duration(out.retry.backoff)));
  return {};
}

status check_whole(field_reader& in, const rule& out) {
  if (out.id.empty() || out.id.size() > rule_id_bytes_max)
    return fail(errc::invalid_argument,
                fmt::format("{}: key \"id\": expected 1 to {} bytes, got {}", in.place(),
                            rule_id_bytes_max, out.id.size()));
  if (out.how == strategy::all) return {};
  for (const auto& each : out.to)
    if (each.topic)
      return fail(
          errc::invalid_argument,
          fmt::format("{}: strategy {} chooses among plugins, so \"topic:{}\" cannot be a target; "
                      "put it into a rule of its own with strategy all",
                      in.place(), to_string(out.how), each.name));
  return {};
}

}  // namespace

std::string_view to_string(strategy value) noexcept {
  constexpr std::string_view names[] = {"all", "best", "first", "weighted", "chain"};
  return names[static_cast<unsigned>(value)];
}

result<rule> parse_rule(const nlohmann::json& document, origin from, std::string where) {
  rule out;
  out.from = from;
  if (document.is_object() && document.contains("id") && document["id"].is_string())
    out.id = document["id"].get<std::string>();
  const std::string lead = where.empty() ? "" : where + ": ";
  field_reader in(fmt::format("{}rule \"{}\"", lead, out.id), document);
  out.where = std::move(where);
  if (!document.is_object())
    return fail(errc::invalid_argument,
                fmt::format("{}: expected an object, got {}", in.place(), document.type_name()));
  in.only(known_keys);
  in.text("id", out.id);
  in.text("when", out.when);
  in.text("order", out.order);
  in.text("description", out.description);
  in.choice("strategy", out.how, {"all", "best", "first", "weighted", "chain"});
  in.level("ack", out.ack);
  in.duration("timeout", out.timeout);
  in.number("priority", out.priority, -1'000'000, 1'000'000);
  in.flag("stop", out.stop);
  in.flag("gather", out.gather);
  in.flag("enabled", out.enabled);
  std::uint8_t expired = 0;
  in.choice("expired", expired, {"dead-letter", "drop"});
  out.drop_expired = expired == 1;
  NIP_CHECK(in.finish());
  NIP_CHECK(parse_targets(in, document, out));
  NIP_CHECK(parse_retry(in, document, out));
  NIP_CHECK(check_whole(in, out));
  if (out.when.empty()) out.when = "true";
  return out;
}

nlohmann::json to_json(const rule& what) {
  auto to = nlohmann::json::array();
  for (const auto& each : what.to) {
    if (each.weight == 1)
      to.push_back(each.topic ? std::string(topic_prefix) + each.name : each.name);
    else
      to.push_back({{each.topic ? "topic" : "plugin", each.name}, {"weight", each.weight}});
  }
  nlohmann::json out = {{"id", what.id},
                        {"when", what.when},
                        {"to", std::move(to)},
                        {"strategy", to_string(what.how)},
                        {"priority", what.priority}};
  const rule plain;
  if (what.ack) out["ack"] = message::to_string(*what.ack);
  if (what.timeout) out["timeout"] = format_duration(*what.timeout);
  if (what.retry != plain.retry)
    out["retry"] = {{"attempts", what.retry.attempts},
                    {"backoff", format_duration(what.retry.backoff)},
                    {"max_backoff", format_duration(what.retry.max_backoff)}};
  if (!what.order.empty()) out["order"] = what.order;
  if (what.stop) out["stop"] = true;
  if (what.gather) out["gather"] = true;
  if (what.drop_expired) out["expired"] = "drop";
  if (!what.enabled) out["enabled"] = false;
  if (!what.description.empty()) out["description"] = what.description;
  return out;
}

}  // namespace nip::router
