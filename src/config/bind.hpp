// Puts a tree's values where the table of keys says, and names what the table does not know.
#pragma once

#include <fmt/format.h>
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/nearest.hpp"
#include "config/key.hpp"
#include "config/problems.hpp"

namespace nip::config {

/// The words that may follow `prefix` ("" or "services."), each once, in the table's order.
template <class Target>
std::vector<std::string_view> words_below(std::span<const key<Target>> table,
                                          std::string_view prefix) {
  std::vector<std::string_view> words;
  for (const key<Target>& each : table) {
    if (!each.path.starts_with(prefix)) continue;
    const std::string_view rest = std::string_view(each.path).substr(prefix.size());
    const std::string_view word = rest.substr(0, rest.find('.'));
    if (std::ranges::find(words, word) == words.end()) words.push_back(word);
  }
  return words;
}

/// `unknown key "adress"; did you mean "address"?`, or the known ones when none is near.
std::string unknown_key(std::string_view name, std::string_view prefix,
                        std::span<const std::string_view> known);

/// Reads every member of `map` by `table`. Members named in `elsewhere` are left alone. A key with
/// nothing behind it keeps its default. What is wrong goes to `wrong`; the rest is read all the
/// same.
template <class Target>
void bind_keys(const node& map, std::span<const key<Target>> table, Target& into, problems& wrong,
               std::span<const std::string_view> elsewhere = {}, const std::string& prefix = {}) {
  const std::vector<std::string_view> known = words_below(table, prefix);
  for (const member& each : map.members) {
    if (std::ranges::find(elsewhere, each.key) != elsewhere.end()) continue;
    const std::string path = prefix + each.key;
    const auto exact = std::ranges::find(table, path, &key<Target>::path);
    if (std::ranges::find(known, each.key) == known.end()) {
      std::vector<std::string_view> candidates = known;
      candidates.insert(candidates.end(), elsewhere.begin(), elsewhere.end());
      wrong.add(each.at, unknown_key(each.key, prefix, candidates));
    } else if (each.value.kind == node_kind::null) {
      continue;
    } else if (exact != table.end()) {
      if (const auto read = exact->read(each.value, into); !read)
        wrong.add(each.value.at, fmt::format("{}: {}", path, read.error().detail));
    } else if (each.value.kind == node_kind::map) {
      bind_keys(each.value, table, into, wrong, {}, path + ".");
    } else {
      wrong.add(each.value.at, fmt::format("{}: expected a map with {}, got {}", path,
                                           fmt::join(words_below(table, path + "."), ", "),
                                           to_string(each.value.kind)));
    }
  }
}

}  // namespace nip::config
