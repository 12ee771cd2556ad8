// Takes secrets out of what is shown.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace nip::config {

constexpr std::string_view redacted = "***";

/// True for names under which secrets stand: password, token, api_key, authorization, …
bool names_a_secret(std::string_view name);

/// `value` with secrets replaced by "***", at every depth. A reference to a variable is gone by
/// then.
nlohmann::json redact(const nlohmann::json& value);

}  // namespace nip::config
