// Names resolved and types deduced, node by node, before anything runs.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "cel/ast.hpp"
#include "cel/environment.hpp"
#include "cel/path.hpp"
#include "cel/type.hpp"

namespace nip::cel {

/// What a name turned out to be.
enum class reference : std::uint8_t {
  none,
  local,      ///< a comprehension's variable, in `slot`
  path,       ///< a variable or a chain of fields below one: `path`
  type_name,  ///< a type as a value: `denoted`
  unbound,    ///< nothing that is declared; only when the environment does not check
};

/// What the check found out about one node.
struct node_info {
  type deduced;
  reference refers = reference::none;
  path_id path = no_path;
  std::uint32_t slot = 0;
  const function* callee = nullptr;  ///< owned by the environment's table
  /// A call of a namespaced function, written like a member call: math.greatest(x).
  bool namespaced = false;
  std::string denoted = {};
};

/// A tree with its annotations; what code generation and the index of rules read.
struct checked_ast {
  ast tree;
  std::vector<node_info> info;  ///< by node_id
  std::uint32_t slots = 0;      ///< local variables alive at once, at most

  const type& result_type() const { return info[tree.root()].deduced; }
};

/// Comprehensions nest at most this deep, so that local slots and work have a bound.
constexpr std::uint32_t comprehension_depth_max = 12;

/// Resolves names, interns paths, deduces types. Fails with errc::invalid_argument on an unknown
/// name, field or function and on types that no overload takes, with place and suggestion; an
/// unchecked environment lets all of those through. `env` must outlive what is built from the tree.
result<checked_ast> check(ast tree, const environment& env, path_table& paths);

}  // namespace nip::cel
