// Writes JSON values as block-style YAML that people read and read_yaml() reads back.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace nip::config {

/// Maps and lists as blocks, empty ones as {} and []; texts plain where that is unambiguous.
std::string write_yaml(const nlohmann::ordered_json& value);

}  // namespace nip::config
