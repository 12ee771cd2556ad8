// Shows the configuration in force, without secrets.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "config/configuration.hpp"

namespace nip::config {

/// Every key with its value, defaults too, in the table's order, and the plugins; as GET /v4/config
/// answers. Rules are not in it. Values under names such as password, token, secret are "***", and
/// so is what stands for a password in a URL.
nlohmann::ordered_json to_json(const configuration& what);

/// The same as YAML that load() reads again, with the files that were read as comments.
std::string print(const configuration& what);

/// The JSON Schema (2020-12) of nip.yaml.
nlohmann::ordered_json json_schema();

}  // namespace nip::config
