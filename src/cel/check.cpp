#include "cel/check.hpp"

#include <fmt/format.h>

#include "cel/checker.hpp"
#include "cel/diagnostic.hpp"

namespace nip::cel {

checker::checker(ast tree, const environment& env, path_table& paths) : env_(env), paths_(paths) {
  out_.info.resize(tree.size());
  out_.tree = std::move(tree);
}

result<checked_ast> checker::run() {
  NIP_CHECK(visit(out_.tree.root()));
  for (node_info& info : out_.info) info.deduced = types_.resolve(info.deduced, true);
  return std::move(out_);
}

status checker::visit(node_id id) {
  switch (out_.tree[id].kind) {
    case node_kind::literal:
      return visit_literal(id);
    case node_kind::identifier:
      return visit_identifier(id);
    case node_kind::select:
      return visit_select(id);
    case node_kind::call:
      return visit_call(id);
    case node_kind::list:
      return visit_list(id);
    case node_kind::map:
      return visit_map(id);
    case node_kind::message:
      return visit_message(id);
    case node_kind::comprehension:
      return visit_comprehension(id);
  }
  return {};
}

status checker::visit_children(const node& n) {
  for (const node_id child : n.children) NIP_CHECK(visit(child));
  return {};
}

status checker::visit_literal(node_id id) {
  switch (out_.tree[id].literal.kind()) {
    case value_kind::null:
      deduced(id).kind = type_kind::null;
      break;
    case value_kind::boolean:
      deduced(id).kind = type_kind::boolean;
      break;
    case value_kind::integer:
      deduced(id).kind = type_kind::integer;
      break;
    case value_kind::uinteger:
      deduced(id).kind = type_kind::uinteger;
      break;
    case value_kind::real:
      deduced(id).kind = type_kind::real;
      break;
    case value_kind::string:
      deduced(id).kind = type_kind::string;
      break;
    case value_kind::bytes:
      deduced(id).kind = type_kind::bytes;
      break;
    default:
      break;
  }
  return {};
}

// The type of either when one of them fits the other, else dyn.
type checker::join(const type& a, const type& b) {
  if (types_.resolve(a).is(type_kind::dyn) || types_.resolve(b).is(type_kind::dyn)) return {};
  if (!types_.assign(a, b) && !types_.assign(b, a)) return {};
  return types_.general(a, b);
}

// Of an entry written with `?`, what it may hold.
result<type> checker::entry_type(node_id id, bool optional) {
  if (!optional || known(id).is(type_kind::dyn)) return deduced(id);
  const type held = types_.fresh();
  NIP_CHECK(require(id, optional_of(held), "an entry with ?"));
  return held;
}

status checker::visit_list(node_id id) {
  const node& list = out_.tree[id];
  NIP_CHECK(visit_children(list));
  if (list.children.empty()) {
    deduced(id) = list_of(types_.fresh());
    return {};
  }
  type item;
  for (std::size_t i = 0; i < list.children.size(); ++i) {
    NIP_TRY(entry, entry_type(list.children[i], list.is_optional(i)));
    item = i == 0 ? entry : join(item, entry);
  }
  deduced(id) = list_of(item);
  return {};
}

status checker::visit_map(node_id id) {
  const node& map = out_.tree[id];
  NIP_CHECK(visit_children(map));
  if (map.children.empty()) {
    deduced(id) = map_of(types_.fresh(), types_.fresh());
    return {};
  }
  type key = deduced(map.children[0]);
  type held;
  for (std::size_t i = 0; i < map.children.size(); i += 2) {
    NIP_TRY(entry, entry_type(map.children[i + 1], map.is_optional(i / 2)));
    key = join(key, deduced(map.children[i]));
    held = i == 0 ? entry : join(held, entry);
  }
  deduced(id) = map_of(key, held);
  return {};
}

status checker::visit_message(node_id id) {
  const node& message = out_.tree[id];
  return refuse(id,
                fmt::format("there is no message type \"{}\": protobuf messages are not part of "
                            "this language; write a map: {{\"key\": value}}",
                            message.name));
}

status checker::require(node_id id, const type& wanted, std::string_view what) {
  if (!env_.checked() || types_.assign(wanted, deduced(id))) return {};
  return refuse(id, fmt::format("{} must be {}, not {}", what,
                                to_text(types_.resolve(wanted, true)), to_text(known(id))));
}

std::unexpected<error> checker::refuse(node_id id, std::string_view message,
                                       std::source_location where) const {
  return compile_failure(errc::invalid_argument, out_.tree.source(), out_.tree[id].position,
                         message, where);
}

result<checked_ast> check(ast tree, const environment& env, path_table& paths) {
  return checker(std::move(tree), env, paths).run();
}

}  // namespace nip::cel
