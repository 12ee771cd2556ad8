// Reads YAML text into a tree, within bounds and without the parts of YAML that surprise people.
#pragma once

#include <cstddef>
#include <memory>

#include "base/result.hpp"
#include "config/expand.hpp"
#include "config/tree.hpp"

namespace nip::config {

/// Bounds of one file. A tree is made node by node, so that a file past them costs no more.
constexpr std::size_t file_bytes_max = std::size_t{256} << 20;
constexpr std::size_t depth_max = 64;
constexpr std::size_t nodes_max = 40'000'000;
/// Nodes that aliases (`*name`) may add in all: enough for people, too few for a bomb.
constexpr std::size_t alias_nodes_max = 100'000;

/// Parses one document (UTF-8) and expands `${...}` in its values. An empty file is an empty map.
/// Fails with errc::parse: not YAML (position and caret in the detail), not UTF-8, control
/// characters, several documents, duplicate or non-scalar keys, an unknown variable;
/// errc::too_large: past a bound.
result<node> read_yaml(std::shared_ptr<const source> from, const environment& variables);

}  // namespace nip::config
