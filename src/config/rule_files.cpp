#include "config/rule_files.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <memory>

#include "config/source_file.hpp"
#include "config/yaml_reader.hpp"
#include "router/rule.hpp"

namespace nip::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view wildcards = "*?[";

/// A folder's own name is no pattern, whatever characters it has.
std::string escaped(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (wildcards.find(c) != std::string_view::npos || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

struct glob_closer {
  void operator()(glob_t* found) const noexcept { globfree(found); }
};

}  // namespace

result<std::vector<fs::path>> find_rule_files(const fs::path& base, const std::string& pattern) {
  if (pattern.empty()) return std::vector<fs::path>{};
  if (pattern.find_first_of(wildcards) == std::string::npos) {
    std::error_code ignored;
    if (!fs::exists(base / pattern, ignored))
      return fail(errc::not_found, fmt::format("no file {}", (base / pattern).string()));
    return std::vector<fs::path>{base / pattern};
  }
  const std::string whole =
      fs::path(pattern).is_absolute() ? pattern : escaped((base / "").string()) + pattern;
  glob_t found{};
  const int code = glob(whole.c_str(), GLOB_NOSORT, nullptr, &found);
  const std::unique_ptr<glob_t, glob_closer> owner(&found);
  if (code == GLOB_NOMATCH) return std::vector<fs::path>{};
  if (code != 0) return fail(errc::io, fmt::format("cannot list {}", whole));
  if (found.gl_pathc > rule_files_max)
    return fail(errc::too_large, fmt::format("{} files match {}, at most {} are read",
                                             found.gl_pathc, whole, rule_files_max));
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < found.gl_pathc; ++i) {
    std::error_code ignored;
    if (fs::is_regular_file(found.gl_pathv[i], ignored)) files.emplace_back(found.gl_pathv[i]);
  }
  std::ranges::sort(files);
  return files;
}

status take_rules(const node& list, std::vector<located_rule>& into, problems& wrong) {
  if (list.kind == node_kind::null) return {};
  if (list.kind != node_kind::list) {
    wrong.add(list.at,
              fmt::format("rules: expected a list of rules, got {}", to_string(list.kind)));
    return {};
  }
  for (const node& item : list.items) {
    if (item.kind != node_kind::map) {
      wrong.add(item.at, fmt::format("expected a rule (a map with when and to), got {}",
                                     to_string(item.kind)));
      continue;
    }
    if (into.size() >= router::rules_max)
      return fail(errc::too_large,
                  describe(item.at, fmt::format("more than {} rules", router::rules_max)));
    into.push_back({to_json(item), item.at.text()});
  }
  return {};
}

status read_rule_file(const fs::path& file, const environment& variables,
                      std::vector<located_rule>& into, problems& wrong) {
  NIP_TRY(text, read_source(file));
  NIP_TRY(root, read_yaml(text, variables));
  if (root.kind == node_kind::list) return take_rules(root, into, wrong);
  if (root.kind != node_kind::map) {
    wrong.add(root.at, fmt::format("expected rules, got {}", to_string(root.kind)));
    return {};
  }
  const node* inside = root.find("rules");
  if (inside == nullptr) {
    if (!root.members.empty()) into.push_back({to_json(root), root.at.text()});
    return {};
  }
  for (const member& each : root.members)
    if (each.key != "rules")
      wrong.add(each.at,
                fmt::format("unknown key \"{}\"; a file of rules holds only \"rules\"", each.key));
  return take_rules(*inside, into, wrong);
}

}  // namespace nip::config
