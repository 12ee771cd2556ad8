// Reads rules out of nip.yaml and the files of rules.d/, each with its place.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/configuration.hpp"
#include "config/expand.hpp"
#include "config/problems.hpp"
#include "config/tree.hpp"

namespace nip::config {

constexpr std::size_t rule_files_max = 10'000;

/// The files that `pattern` (relative to `base`, may be absolute) names now, sorted. A pattern
/// without wildcards must name a file: errc::not_found. errc::too_large past rule_files_max.
result<std::vector<std::filesystem::path>> find_rule_files(const std::filesystem::path& base,
                                                           const std::string& pattern);

/// Appends the rules of a list; what is not a map is added to `wrong`. errc::too_large past
/// router::rules_max.
status take_rules(const node& list, std::vector<located_rule>& into, problems& wrong);

/// Reads one file: a list of rules, a map with `rules:`, or one rule.
status read_rule_file(const std::filesystem::path& file, const environment& variables,
                      std::vector<located_rule>& into, problems& wrong);

}  // namespace nip::config
