// The check's half about macros: their variables, conditions and results.
#include <fmt/format.h>

#include <algorithm>

#include "cel/checker.hpp"

namespace nip::cel {

namespace {

constexpr type boolean_type() { return {.kind = type_kind::boolean}; }

bool is_optional_macro(const node& macro) {
  return macro.name == "optMap" || macro.name == "optFlatMap";
}

}  // namespace

status checker::visit_comprehension(node_id id) {
  const node& macro = out_.tree[id];
  const std::size_t outer = locals_.size();
  if (++depth_ > comprehension_depth_max) {
    return refuse(
        id, fmt::format("comprehensions nest deeper than {} levels", comprehension_depth_max));
  }
  if (macro.name == "cel.block") {
    NIP_CHECK(visit_block(id));
  } else {
    NIP_CHECK(visit(macro.children[0]));
    NIP_CHECK(push_variables(id));
    NIP_CHECK(visit_bodies(id));
    deduced(id) = comprehension_type(id);
  }
  locals_.resize(outer);
  --depth_;
  return {};
}

status checker::push_variables(node_id id) {
  const node& macro = out_.tree[id];
  const type range = known(macro.children[0]);
  type first;
  type second;
  if (macro.name == "cel.bind") {
    first = range;
  } else if (is_optional_macro(macro)) {
    const type held = types_.fresh();
    NIP_CHECK(
        require(macro.children[0], optional_of(held), fmt::format("what {}() maps", macro.name)));
    first = range.is(type_kind::dyn) ? type{} : held;
  } else if (range.is(type_kind::list)) {
    first = macro.names.size() == 2 ? type{.kind = type_kind::integer} : range.params[0];
    second = range.params[0];
  } else if (range.is(type_kind::map)) {
    first = range.params[0];
    second = range.params[1];
  } else if (!range.is(type_kind::dyn) && !range.is(type_kind::parameter) && env_.checked()) {
    return refuse(macro.children[0],
                  fmt::format("{}() walks a list or a map, not {}", macro.name, to_text(range)));
  }
  const auto slot = static_cast<std::uint32_t>(locals_.size());
  out_.info[id].slot = slot;
  locals_.push_back({macro.names[0], first, slot});
  if (macro.names.size() == 2) locals_.push_back({macro.names[1], second, slot + 1});
  out_.slots = std::max(out_.slots, static_cast<std::uint32_t>(locals_.size()));
  return {};
}

status checker::visit_bodies(node_id id) {
  const node& macro = out_.tree[id];
  for (std::size_t i = 1; i < macro.children.size(); ++i) NIP_CHECK(visit(macro.children[i]));
  const bool tests = macro.name == "all" || macro.name == "exists" || macro.name == "exists_one" ||
                     macro.name == "filter" || macro.children.size() == 3;
  if (macro.name == "optFlatMap") {
    return require(macro.children[1], optional_of(types_.fresh()), "the result of optFlatMap()");
  }
  if (!tests) return {};
  return require(macro.children[1], boolean_type(),
                 fmt::format("the condition of {}()", macro.name));
}

type checker::comprehension_type(node_id id) {
  const node& macro = out_.tree[id];
  const type range = known(macro.children[0]);
  const type body = deduced(macro.children.back());
  if (macro.name == "map" || macro.name == "transformList") return list_of(body);
  if (macro.name == "cel.bind" || macro.name == "optFlatMap") return body;
  if (macro.name == "optMap") return optional_of(body);
  if (macro.name == "filter") {
    return range.params.empty() ? list_of({}) : list_of(range.params[0]);
  }
  if (macro.name == "transformMapEntry") return body;
  if (macro.name == "transformMap") {
    if (range.is(type_kind::map)) return map_of(range.params[0], body);
    if (range.is(type_kind::list)) return map_of({.kind = type_kind::integer}, body);
    return map_of({}, body);
  }
  return boolean_type();
}

// Each value may name those before it. Slots are kept for all of them at once, so that the
// variables of macros in one do not run into the others.
status checker::visit_block(node_id id) {
  const node& block = out_.tree[id];
  const std::size_t first = locals_.size();
  out_.info[id].slot = static_cast<std::uint32_t>(first);
  for (std::size_t i = 0; i < block.names.size(); ++i) {
    locals_.push_back({{}, {}, static_cast<std::uint32_t>(first + i)});
  }
  out_.slots = std::max(out_.slots, static_cast<std::uint32_t>(locals_.size()));
  for (std::size_t i = 0; i < block.names.size(); ++i) {
    NIP_CHECK(visit(block.children[i]));
    locals_[first + i].name = block.names[i];
    locals_[first + i].declared = deduced(block.children[i]);
  }
  NIP_CHECK(visit(block.children.back()));
  deduced(id) = deduced(block.children.back());
  return {};
}

}  // namespace nip::cel
