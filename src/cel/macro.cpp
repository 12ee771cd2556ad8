#include "cel/macro.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "cel/diagnostic.hpp"

namespace nip::cel {

namespace {

struct shape {
  std::string_view name;
  std::size_t variables;
  std::size_t bodies;
};

constexpr std::array shapes = {
    shape{"all", 1, 1},
    shape{"exists", 1, 1},
    shape{"exists_one", 1, 1},
    shape{"existsOne", 1, 1},
    shape{"map", 1, 1},
    shape{"map", 1, 2},
    shape{"filter", 1, 1},
    shape{"all", 2, 1},
    shape{"exists", 2, 1},
    shape{"exists_one", 2, 1},
    shape{"existsOne", 2, 1},
    shape{"transformList", 2, 1},
    shape{"transformList", 2, 2},
    shape{"transformMap", 2, 1},
    shape{"transformMap", 2, 2},
    shape{"transformMapEntry", 2, 1},
    shape{"transformMapEntry", 2, 2},
};

const shape* shape_of(const node& call) {
  const std::size_t arguments = call.children.size() - 1;
  const auto found = std::ranges::find_if(shapes, [&](const shape& s) {
    return s.name == call.name && s.variables + s.bodies == arguments;
  });
  return found == shapes.end() ? nullptr : &*found;
}

status expand_has(const ast& tree, node& call) {
  const node_id argument = call.children[0];
  const node& tested = tree[argument];
  if (tested.kind != node_kind::select) {
    return compile_failure(errc::parse, tree.source(), tested.position,
                           "has() asks for a field: has(message.data.amount)");
  }
  const std::uint32_t position = tested.position;
  call = node(tested);
  call.position = position;
  call.test_only = true;
  return {};
}

status take_variables(const ast& tree, node& call, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const node& variable = tree[call.children[1 + i]];
    if (variable.kind != node_kind::identifier || variable.rooted) {
      return compile_failure(
          errc::parse, tree.source(), variable.position,
          fmt::format("{}() needs a simple name for its variable here", call.name));
    }
    if (std::ranges::find(call.names, variable.name) != call.names.end()) {
      return compile_failure(errc::parse, tree.source(), variable.position,
                             fmt::format("{}() needs two different variables", call.name));
    }
    call.names.push_back(variable.name);
  }
  const auto first = call.children.begin() + 1;
  call.children.erase(first, first + static_cast<std::ptrdiff_t>(count));
  return {};
}

bool is_bind(const ast& tree, const node& call) {
  if (call.name != "bind" || call.children.size() != 4) return false;
  const node& target = tree[call.children[0]];
  return target.kind == node_kind::identifier && target.name == "cel";
}

// cel.bind(x, value, body) is a comprehension over one value.
status expand_bind(const ast& tree, node& call) {
  NIP_CHECK(take_variables(tree, call, 1));
  call.children.erase(call.children.begin());
  call.name = "cel.bind";
  call.kind = node_kind::comprehension;
  return {};
}

}  // namespace

status expand_macro(const ast& tree, node& call) {
  if (!call.member) {
    const bool tests = call.name == "has" && call.children.size() == 1;
    return tests ? expand_has(tree, call) : status{};
  }
  if (is_bind(tree, call)) return expand_bind(tree, call);
  const shape* macro = shape_of(call);
  if (macro == nullptr) return {};
  NIP_CHECK(take_variables(tree, call, macro->variables));
  if (call.name == "existsOne") call.name = "exists_one";
  call.kind = node_kind::comprehension;
  return {};
}

}  // namespace nip::cel
