// The walk behind check(): one visitor over the tree, with the scopes of comprehensions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cel/check.hpp"

namespace nip::cel {

/// Used once for one tree. Not part of the room's interface.
class checker {
 public:
  checker(ast tree, const environment& env, path_table& paths);
  result<checked_ast> run();

 private:
  struct local {
    std::string_view name;
    type declared;
    std::uint32_t slot;
  };

  // check.cpp: the kinds of node
  status visit(node_id id);
  status visit_children(const node& n);
  status visit_literal(node_id id);
  status visit_list(node_id id);
  status visit_map(node_id id);
  status visit_message(node_id id);
  result<type> entry_type(node_id id, bool optional);
  status require(node_id id, const type& wanted, std::string_view what);
  type join(const type& a, const type& b);

  // check_names.cpp: identifiers, fields, paths
  status visit_identifier(node_id id);
  status visit_select(node_id id);
  status select_field(node_id id);
  result<type> field_type(node_id id, const type& of, std::string_view name);
  status visit_optional_select(node_id id);
  void extend_path(node_id id, node_id base, path_step step);
  bool resolve_qualified(node_id id, const std::string& name);
  std::optional<std::string> qualified_name(node_id id) const;
  const local* find_local(const node& identifier) const;
  status unknown_name(node_id id, std::string_view name);

  // check_calls.cpp: functions and operators
  status visit_call(node_id id);
  status visit_conditional(node_id id);
  status visit_logical(node_id id);
  status visit_index(node_id id);
  status resolve_overload(node_id id);
  status unknown_function(node_id id);
  std::unexpected<error> no_overload(node_id id) const;
  bool resolve_namespaced(node_id id);

  // check_loops.cpp: macros
  status visit_comprehension(node_id id);
  status visit_block(node_id id);
  status visit_bodies(node_id id);
  status push_variables(node_id id);
  type comprehension_type(node_id id);

  type& deduced(node_id id) { return out_.info[id].deduced; }
  type known(node_id id) const { return types_.resolve(out_.info[id].deduced); }
  std::unexpected<error> refuse(node_id id, std::string_view message,
                                std::source_location where = std::source_location::current()) const;

  const environment& env_;
  path_table& paths_;
  checked_ast out_;
  substitution types_;
  std::vector<local> locals_;
  std::uint32_t depth_ = 0;
};

}  // namespace nip::cel
