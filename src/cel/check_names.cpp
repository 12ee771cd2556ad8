#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "cel/checker.hpp"

namespace nip::cel {

namespace {

// Where the types stand whose names have dots.
bool is_of_known_package(std::string_view name) {
  return name.starts_with("google.") || name.starts_with("net.");
}

// "@iterVar0:1" as it was written: cel.iterVar(0, 1).
std::string numbered_text(std::string_view name) {
  const auto digit = name.find_first_of("0123456789");
  std::string text = fmt::format("cel.{}({})", name.substr(1, digit - 1), name.substr(digit));
  if (const auto colon = text.find(':'); colon != std::string::npos) text.replace(colon, 1, ", ");
  return text;
}

}  // namespace

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
  if (name.starts_with('@')) {
    return refuse(id, fmt::format("{} names no value of a cel.block() or macro around it",
                                  numbered_text(name)));
  }
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
    const bool may_be_name = name && (env_.has_qualified_names() || is_of_known_package(*name));
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
  // Behind an optional value every field is one.
  const bool optional = base.is(type_kind::optional);
  NIP_TRY(field, field_type(id, optional ? base.params[0] : base, select.name));
  const type yields = optional ? optional_of(field) : field;
  deduced(id) = select.test_only ? type{.kind = type_kind::boolean} : yields;
  return {};
}

// a.?name yields an optional, and of an optional too.
status checker::visit_optional_select(node_id id) {
  const node& call = out_.tree[id];
  NIP_CHECK(visit_children(call));
  out_.info[id].callee = env_.find_function(call.name);
  const type base = known(call.children[0]);
  const std::string_view name = out_.tree[call.children[1]].literal.as_view();
  NIP_TRY(field, field_type(id, base.is(type_kind::optional) ? base.params[0] : base, name));
  deduced(id) = optional_of(field);
  // Below a path it is one too, but what stands below it is none: it is an optional's.
  const node_info& from = out_.info[call.children[0]];
  if (from.refers == reference::path) {
    out_.info[id].path =
        paths_.child(from.path, {.is_index = false, .index = 0, .key = std::string(name)});
  }
  return {};
}

// The type of what `of` has under a name; dyn when that is not known.
result<type> checker::field_type(node_id id, const type& of, std::string_view name) {
  if (of.is(type_kind::object)) {
    const environment::fields* fields = env_.find_object(of.name);
    if (fields == nullptr) return type{};
    const auto found = fields->find(name);
    if (found != fields->end()) return found->second;
    if (!env_.checked()) return type{};
    std::vector<std::string_view> names;
    for (const auto& [known_name, declared] : *fields) names.push_back(known_name);
    return refuse(
        id, fmt::format("{} has no field \"{}\"{}", of.name, name, did_you_mean(name, names)));
  }
  if (of.is(type_kind::map)) {
    const type key{.kind = type_kind::string};
    if (env_.checked() && !types_.assign(of.params[0], key)) {
      return refuse(
          id, fmt::format("{} has no field \"{}\": its keys are no strings", to_text(of), name));
    }
    return of.params[1];
  }
  if (!of.is(type_kind::parameter) && !of.is(type_kind::dyn) && env_.checked()) {
    return refuse(id, fmt::format("{} has no fields, so no \"{}\"", to_text(of), name));
  }
  return type{};
}

// A step below a path is a path.
void checker::extend_path(node_id id, node_id base, path_step step) {
  const node_info& from = out_.info[base];
  if (from.refers != reference::path) return;
  out_.info[id].path = paths_.child(from.path, std::move(step));
  out_.info[id].refers = reference::path;
}

}  // namespace nip::cel
