#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "cel/checker.hpp"

namespace nip::cel {

namespace {

constexpr type boolean_type() { return {.kind = type_kind::boolean}; }

// How an operator is written, for messages; empty for a function.
std::string_view symbol_of(std::string_view function) {
  if (function == op::in) return "in";
  if (function == op::index) return "[]";
  if (function == op::logical_not) return "!";
  if (function == op::negate) return "-";
  const bool binary = function.size() > 2 && function.front() == '_' && function.back() == '_';
  return binary ? function.substr(1, function.size() - 2) : std::string_view();
}

}  // namespace

status checker::visit_call(node_id id) {
  const node& call = out_.tree[id];
  if (call.name == op::conditional) return visit_conditional(id);
  if (call.name == op::logical_and || call.name == op::logical_or) return visit_logical(id);
  if (call.name == op::index) return visit_index(id);
  if (call.name == op::optional_select) return visit_optional_select(id);
  if (call.member && resolve_namespaced(id)) {
    const node& named = out_.tree[id];
    for (std::size_t i = 1; i < named.children.size(); ++i) NIP_CHECK(visit(named.children[i]));
  } else {
    NIP_CHECK(visit_children(call));
  }
  return resolve_overload(id);
}

status checker::visit_conditional(node_id id) {
  const node& call = out_.tree[id];
  NIP_CHECK(visit_children(call));
  NIP_CHECK(require(call.children[0], boolean_type(), "the condition of ?:"));
  const type yes = deduced(call.children[1]);
  const type no = deduced(call.children[2]);
  if (env_.checked() && !types_.assign(yes, no)) {
    return refuse(id,
                  fmt::format("both results of ?: must have one type, not {} and {}; wrap one in "
                              "dyn() to mix them",
                              to_text(types_.resolve(yes)), to_text(types_.resolve(no))));
  }
  deduced(id) = join(yes, no);
  return {};
}

status checker::visit_logical(node_id id) {
  const node& call = out_.tree[id];
  NIP_CHECK(visit_children(call));
  for (const node_id child : call.children) {
    NIP_CHECK(require(child, boolean_type(), fmt::format("what {} joins", symbol_of(call.name))));
  }
  deduced(id) = boolean_type();
  return {};
}

status checker::visit_index(node_id id) {
  const node& call = out_.tree[id];
  NIP_CHECK(visit_children(call));
  const node& key = out_.tree[call.children[1]];
  const bool literal = key.kind == node_kind::literal;
  if (literal && key.literal.is(value_kind::string)) {
    extend_path(id, call.children[0],
                {.is_index = false, .index = 0, .key = std::string(key.literal.as_view())});
  } else if (literal && key.literal.is(value_kind::integer) && key.literal.as_integer() >= 0) {
    extend_path(id, call.children[0],
                {.is_index = true, .index = key.literal.as_integer(), .key = {}});
  }
  if (known(call.children[0]).is(type_kind::object)) {
    return refuse(id, "a record has fields, not keys: write it with a dot");
  }
  return resolve_overload(id);
}

// strings.quote(x): the target is no value but the function's namespace.
bool checker::resolve_namespaced(node_id id) {
  node& call = out_.tree[id];
  const auto prefix = qualified_name(call.children[0]);
  if (!prefix) return false;
  const function* found = env_.find_function(*prefix + "." + call.name);
  if (found == nullptr || env_.find_variable(*prefix) != nullptr) return false;
  out_.info[id].namespaced = true;
  out_.info[id].callee = found;
  return true;
}

status checker::resolve_overload(node_id id) {
  const node& call = out_.tree[id];
  node_info& info = out_.info[id];
  const std::size_t first = info.namespaced ? 1 : 0;
  const bool member = call.member && !info.namespaced;
  const std::size_t arguments = call.children.size() - first;
  const function* callee = info.namespaced ? info.callee : env_.find_function(call.name);
  if (callee == nullptr) return unknown_function(id);
  if (callee->takes(member, arguments)) info.callee = callee;
  if (!env_.checked()) return {};
  bool found = false;
  for (const overload& o : callee->overloads) {
    if (o.member != member || o.parameters.size() != arguments) continue;
    const substitution before = types_;
    const std::uint32_t base = types_.reserve(o.variables);
    bool fits = true;
    for (std::size_t i = 0; i < arguments && fits; ++i) {
      fits = types_.assign(renumbered(o.parameters[i], base), deduced(call.children[first + i]));
    }
    if (!fits) {
      types_ = before;
      continue;
    }
    const type result = types_.resolve(renumbered(o.result, base));
    if (!found) {
      info.deduced = result;
    } else {
      types_ = before;
      if (!(types_.resolve(info.deduced) == result)) info.deduced = {};
    }
    found = true;
  }
  if (!found) return no_overload(id);
  return {};
}

status checker::unknown_function(node_id id) {
  if (!env_.checked()) return {};
  const node& call = out_.tree[id];
  const auto same_shape = env_.functions().names(call.member);
  return refuse(
      id, fmt::format("unknown function \"{}\"{}", call.name, did_you_mean(call.name, same_shape)));
}

std::unexpected<error> checker::no_overload(node_id id) const {
  const node& call = out_.tree[id];
  const node_info& info = out_.info[id];
  const std::size_t first = info.namespaced ? 1 : 0;
  std::vector<std::string> given;
  for (std::size_t i = first; i < call.children.size(); ++i) {
    given.push_back(to_text(known(call.children[i])));
  }
  const std::string_view symbol = symbol_of(call.name);
  if (!symbol.empty()) {
    const std::string shown = given.size() == 2
                                  ? fmt::format("{} {} {}", given[0], symbol, given[1])
                                  : fmt::format("{}{}", symbol, given[0]);
    return refuse(id,
                  fmt::format("no such operation: {}{}", shown,
                              given.size() == 2 ? "; convert one side or wrap it in dyn()" : ""));
  }
  std::vector<std::string_view> known_signatures;
  const function* callee = info.namespaced ? info.callee : env_.find_function(call.name);
  for (const overload& o : callee->overloads) known_signatures.push_back(o.signature);
  const bool targeted = call.member && !info.namespaced;
  const std::string target = targeted ? given[0] + "." : "";
  if (targeted) given.erase(given.begin());
  return refuse(id, fmt::format("{0}() does not take {1}({2}); it takes {3}", call.name, target,
                                fmt::join(given, ", "), fmt::join(known_signatures, " or ")));
}

}  // namespace nip::cel
