// Reads the entries under `plugins:`.
#pragma once

#include <vector>

#include "config/configuration.hpp"
#include "config/problems.hpp"
#include "config/tree.hpp"

namespace nip::config {

constexpr std::size_t plugin_entries_max = 10'000;
constexpr std::size_t plugin_name_bytes_max = 128;

/// One settings an entry, in the file's order, each with its place. What is wrong goes to `wrong`.
std::vector<plugin::settings> read_plugins(const node& map, problems& wrong);

}  // namespace nip::config
