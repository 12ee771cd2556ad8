// One rule: which messages it wants, where they go, and under what promises.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "message/levels.hpp"

namespace nip::router {

/// How the targets of a rule share its messages.
enum class strategy : std::uint8_t {
  all,       ///< one delivery a target
  best,      ///< one delivery; the scorer chooses at each attempt
  first,     ///< one delivery; the first healthy target in order
  weighted,  ///< one delivery; by share
  chain,     ///< one delivery that runs its targets in order, output to input
};
std::string_view to_string(strategy value) noexcept;

/// A plugin instance or a topic.
struct target {
  std::string name;
  bool topic = false;
  std::uint32_t weight = 1;  ///< share under `weighted`; 0 gets nothing
  /// In a plan: the same for this name in every plan of the process, dense from 1. Not compared.
  std::uint32_t number = 0;

  bool operator==(const target& other) const {
    return name == other.name && topic == other.topic && weight == other.weight;
  }
};

struct retry_policy {
  std::uint32_t attempts = 5;  ///< in all, the first included; at least 1
  nanoseconds backoff = std::chrono::milliseconds(100);
  nanoseconds max_backoff = std::chrono::seconds(30);

  bool operator==(const retry_policy&) const = default;
};

/// Where a rule came from. Rules in files cannot be changed by REST.
enum class origin : std::uint8_t { file, api };

/// A rule as it was written. Compiled by ruleset.
struct rule {
  std::string id;
  std::string when;  ///< CEL over message.*; "true" when left out
  std::vector<target> to;
  strategy how = strategy::all;
  std::optional<message::ack_level> ack;  ///< a floor; none raises nothing
  std::optional<nanoseconds> timeout;     ///< deadline, counted from acceptance
  retry_policy retry;
  std::string order;          ///< CEL; empty: no order is kept
  std::int32_t priority = 0;  ///< higher first; equal ones in the order they were read
  bool stop = false;          ///< no later rule is tried when this one fires
  bool gather = false;        ///< a waiting caller gets every reply as an array
  bool drop_expired = false;  ///< expired deliveries are dropped instead of dead-lettered
  bool enabled = true;
  std::string description;
  origin from = origin::file;
  std::string where;  ///< "rules.d/orders.yaml:3:5", for messages
};

/// Bounds of one rule and of a set.
constexpr std::size_t targets_max = 64;
constexpr std::size_t rule_id_bytes_max = 128;
constexpr std::size_t rules_max = 2'000'000;

/// Reads a rule from its JSON (YAML) form. Fails with errc::invalid_argument: unknown key with the
/// nearest known one, wrong type, value out of range; `where` leads the message when not empty.
result<rule> parse_rule(const nlohmann::json& document, origin from, std::string where);

/// The JSON form that parse_rule reads back, defaults left out.
nlohmann::json to_json(const rule& what);

}  // namespace nip::router
