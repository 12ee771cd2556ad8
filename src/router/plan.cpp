#include "router/plan.hpp"

#include <xxhash.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace nip::router {
namespace {

using nlohmann::json;

json to_stored(const planned_delivery& each) {
  auto targets = json::array();
  for (const auto& target : each.targets) targets.push_back({target.name, target.weight});
  json out = {{"rule", each.rule},
              {"slot", each.slot},
              {"how", static_cast<int>(each.how)},
              {"targets", std::move(targets)},
              {"attempts", each.retry.attempts},
              {"backoff", each.retry.backoff.count()},
              {"max_backoff", each.retry.max_backoff.count()}};
  if (each.timeout) out["timeout"] = each.timeout->count();
  if (!each.order.empty()) out["order"] = each.order;
  if (each.drop_expired) out["drop_expired"] = true;
  if (each.gather) out["gather"] = true;
  return out;
}

/// Joins the library's own complaints, which restore() turns into an error.
[[noreturn]] void throw_unreadable(const char* key) {
  throw json::other_error::create(501, std::string("value out of range: ") + key, nullptr);
}

planned_delivery from_stored(const json& in) {
  planned_delivery out;
  out.rule = in.at("rule").get<std::string>();
  out.slot = in.at("slot").get<std::uint16_t>();
  const auto how = in.at("how").get<unsigned>();
  if (how > static_cast<unsigned>(strategy::chain)) throw_unreadable("strategy");
  out.how = static_cast<strategy>(how);
  for (const auto& each : in.at("targets"))
    out.targets.push_back({each.at(0).get<std::string>(), false, each.at(1).get<std::uint32_t>()});
  if (out.targets.empty() || out.targets.size() > targets_max) throw_unreadable("targets");
  out.retry.attempts = in.at("attempts").get<std::uint32_t>();
  out.retry.backoff = nanoseconds(in.at("backoff").get<std::int64_t>());
  out.retry.max_backoff = nanoseconds(in.at("max_backoff").get<std::int64_t>());
  if (in.contains("timeout")) out.timeout = nanoseconds(in["timeout"].get<std::int64_t>());
  out.order = in.value("order", "");
  out.drop_expired = in.value("drop_expired", false);
  out.gather = in.value("gather", false);
  return out;
}

/// Numbers stand for names where every delivery would look them up. Names are never forgotten: they
/// are those of plugins that rules have named.
std::uint32_t number_of(const std::string& name) {
  static std::mutex lock;
  static std::unordered_map<std::string, std::uint32_t> numbers;
  const std::lock_guard guard(lock);
  return numbers.try_emplace(name, static_cast<std::uint32_t>(numbers.size() + 1)).first->second;
}

}  // namespace

plan::plan(generation_id made_under, std::vector<planned_delivery> what,
           std::vector<std::string> topics, std::string dead_reason,
           std::optional<message::ack_level> floor)
    : generation_(made_under),
      deliveries_(std::move(what)),
      topics_(std::move(topics)),
      dead_reason_(std::move(dead_reason)),
      floor_(floor) {
  for (auto& each : deliveries_)
    for (auto& target : each.targets) target.number = number_of(target.name);
  json stored = {{"deliveries", json::array()}};
  for (const auto& each : deliveries_) stored["deliveries"].push_back(to_stored(each));
  if (!topics_.empty()) stored["topics"] = topics_;
  if (!dead_reason_.empty()) stored["dead"] = dead_reason_;
  bytes_ = stored.dump(-1, ' ', false, json::error_handler_t::replace);
  key_ = XXH3_64bits(bytes_.data(), bytes_.size());
  ordered_ = std::ranges::any_of(deliveries_, [](const auto& each) { return !each.order.empty(); });
}

result<plan_ptr> plan::restore(generation_id made_under, std::string_view bytes) {
  try {
    const auto stored = json::parse(bytes);
    std::vector<planned_delivery> deliveries;
    for (const auto& each : stored.at("deliveries")) deliveries.push_back(from_stored(each));
    auto topics = stored.value("topics", std::vector<std::string>{});
    return plan_ptr(
        new plan(made_under, std::move(deliveries), std::move(topics), stored.value("dead", "")));
  } catch (const std::bad_alloc&) {
    throw;  // nothing is wrong with the bytes
  } catch (const std::exception& bad) {
    return fail(errc::corrupt, std::string("stored plan is not readable: ") + bad.what());
  }
}

}  // namespace nip::router
