// Loads nip.yaml with its overlay and rules: everything or the list of what is wrong.
#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "config/configuration.hpp"
#include "config/expand.hpp"

namespace nip::config {

/// Reads `file`, nip.<environment>.yaml beside it when there is one, and the rule files. Every
/// message starts with file:line:column. Fails with errc::not_found or errc::io (a file),
/// errc::parse (YAML), errc::invalid_argument (keys and values, all of them in one detail),
/// errc::too_large.
result<configuration> load(const std::filesystem::path& file, const environment& variables);

/// The same out of one text, with no overlay and no rule files; `name` stands in messages.
result<configuration> load_text(std::string name, std::string text, const environment& variables);

}  // namespace nip::config
