#include "config/plugin_entries.hpp"

#include <fmt/format.h>

#include "config/bind.hpp"
#include "config/keys.hpp"

namespace nip::config {
namespace {

/// A letter or digit, then letters, digits, dots, dashes and underscores.
bool is_plugin_name(std::string_view name) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.empty() || name.size() > plugin_name_bytes_max || !alphanumeric(name[0])) return false;
  return std::ranges::all_of(
      name, [&](char c) { return alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

std::vector<plugin::settings> read_plugins(const node& map, problems& wrong) {
  std::vector<plugin::settings> read;
  if (map.kind == node_kind::null) return read;
  if (map.kind != node_kind::map) {
    wrong.add(map.at, fmt::format("plugins: expected a map of names, got {}", to_string(map.kind)));
    return read;
  }
  if (map.members.size() > plugin_entries_max) {
    wrong.add(map.at,
              fmt::format("{} plugins, at most {}", map.members.size(), plugin_entries_max));
    return read;
  }
  const auto table = plugin_keys();
  for (const member& each : map.members) {
    plugin::settings entry;
    entry.name = each.key;
    entry.where = each.at.text();
    if (!is_plugin_name(each.key)) {
      wrong.add(each.at,
                fmt::format("\"{}\" is not a plugin name: letters, digits, . - _, at most {}",
                            each.key, plugin_name_bytes_max));
    } else if (each.value.kind == node_kind::map) {
      bind_keys<plugin::settings>(each.value, table, entry, wrong);
    } else if (each.value.kind != node_kind::null) {
      wrong.add(each.value.at, fmt::format("plugins.{}: expected a map, got {}", each.key,
                                           to_string(each.value.kind)));
    }
    read.push_back(std::move(entry));
  }
  return read;
}

}  // namespace nip::config
