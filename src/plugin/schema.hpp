// Plugin configs against their JSON Schema (draft 7), before the plugin sees them.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.hpp"

namespace nip::plugin {

/// Fails with errc::invalid_argument when `schema` is not a JSON Schema that can be used: not an
/// object, a keyword of the wrong type, a reference to somewhere else. An empty object accepts
/// anything.
status check_schema(const nlohmann::json& schema);

/// Fails with errc::invalid_argument when `config` is not what `schema` allows; the detail names
/// the place
/// ("config.retry.attempts"), what was found there and what was expected; at most five violations.
status check_config(const nlohmann::json& config, const nlohmann::json& schema);

}  // namespace nip::plugin
