#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "cel/checker.hpp"

namespace nip::cel {

const checker::local* checker::find_local(const node& identifier) const {
  if (identifier.rooted) return nullptr;
  const auto found = std::find_if(locals_.rbegin(), locals_.rend(),
                                  [&](const local& l) { return l.name == identifier.name; });
  return found == locals_.rend() ? nullptr : &*found;
}

status checker::visit_identifier(node_id id) {
  const node& identifier = out_.tree[id];
  if (const local* found = find_local(identifier)) {
    out_.info[id].refers = reference::local;
    out_.info[id].slot = found->slot;
    deduced(id) = found->declared;
    return {};
  }
  if (resolve_qualified(id, identifier.name)) return {};
  return unknown_name(id, identifier.name);
}

// A variable or a type under any of the names that `name` may stand for.
bool checker::resolve_qualified(node_id id, const std::string& name) {
  node_info& info = out_.info[id];
  const auto bind = [&](const std::string& full) {
    if (const type* declared = env_.find_variable(full)) {
      info.refers = reference::path;
      info.path = paths_.variable(full);
      info.deduced = *declared;
      return true;
    }
    if (const auto denoted = type_named(full)) {
      info.refers = reference::type_name;
      info.denoted = full;
      info.deduced = type_of(*denoted);
      return true;
    }
    return false;
  };
  node_id root = id;
  while (out_.tree[root].kind == node_kind::select) root = out_.tree[root].children[0];
  if (!env_.has_qualified_names() || out_.tree[root].rooted) return bind(name);
  return std::ranges::any_of(env_.candidates(name), bind);
}

status checker::unknown_name(node_id id, std::string_view name) {
  out_.info[id].refers = reference::unbound;
  if (!env_.checked()) return {};
  auto candidates = env_.variable_names();
  for (const local& l : locals_) candidates.push_back(l.name);
  std::string hint = did_you_mean(name, candidates);
  if (hint.empty() && !candidates.empty() && candidates.size() <= 8) {
    hint = fmt::format("; there is {}", fmt::join(candidates, ", "));
  }
  return refuse(id, fmt::format("unknown name \"{}\"{}", name, hint));
}

// "a.b.c" when the node is an identifier and selects only, and no local hides it.
std::optional<std::string> checker::qualified_name(node_id id) const {
  const node& n = out_.tree[id];
  if (n.kind == node_kind::identifier) {
    return find_local(n) != nullptr ? std::nullopt : std::optional(n.name);
  }
  if (n.kind != node_kind::select || n.test_only) return std::nullopt;
  auto prefix = qualified_name(n.children[0]);
  if (prefix) *prefix += "." + n.name;
  return prefix;
}

status checker::visit_select(node_id id) {
  const node& select = out_.tree[id];
  const node_id operand = select.children[0];
  if (!select.test_only) {
    // The longest name that is declared wins over a field of a shorter one.
    const auto name = qualified_name(id);
    const bool may_be_name = name && (env_.has_qualified_names() || name->starts_with("google."));
    if (may_be_name && resolve_qualified(id, *name)) return {};
  }
  NIP_CHECK(visit(operand));
  return select_field(id);
}

status checker::select_field(node_id id) {
  const node& select = out_.tree[id];
  const node_id operand = select.children[0];
  const type base = known(operand);
  extend_path(id, operand, {.is_index = false, .index = 0, .key = select.name});
  type field;
  if (base.is(type_kind::object)) {
    const environment::fields* fields = env_.find_object(base.name);
    const auto found =
        fields == nullptr ? environment::fields::const_iterator{} : fields->find(select.name);
    if (fields != nullptr && found == fields->end() && env_.checked()) {
      std::vector<std::string_view> names;
      for (const auto& [name, declared] : *fields) names.push_back(name);
      return refuse(id, fmt::format("{} has no field \"{}\"{}", base.name, select.name,
                                    did_you_mean(select.name, names)));
    }
    if (fields != nullptr && found != fields->end()) field = found->second;
  } else if (base.is(type_kind::map)) {
    const type key{.kind = type_kind::string};
    if (env_.checked() && !types_.assign(base.params[0], key)) {
      return refuse(id, fmt::format("{} has no field \"{}\": its keys are no strings",
                                    to_text(base), select.name));
    }
    field = base.params[1];
  } else if (base.is(type_kind::parameter)) {
    field = {};
  } else if (!base.is(type_kind::dyn) && env_.checked()) {
    return refuse(id, fmt::format("{} has no fields, so no \"{}\"", to_text(base), select.name));
  }
  deduced(id) = select.test_only ? type{.kind = type_kind::boolean} : field;
  return {};
}

// A step below a path is a path.
void checker::extend_path(node_id id, node_id base, path_step step) {
  const node_info& from = out_.info[base];
  if (from.refers != reference::path) return;
  out_.info[id].path = paths_.child(from.path, std::move(step));
  out_.info[id].refers = reference::path;
}

}  // namespace nip::cel
