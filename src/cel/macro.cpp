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
    shape{"optMap", 1, 1},
    shape{"optFlatMap", 1, 1},
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

bool is_of_cel(const ast& tree, const node& call) {
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

// The name that no text can spell, by which cel.index(1) finds its value.
std::string index_name(std::size_t index) { return fmt::format("@index{}", index); }

// cel.block([a, b], body): a and b are cel.index(0) and cel.index(1) in what follows them.
status expand_block(const ast& tree, node& call) {
  const node& values = tree[call.children[1]];
  if (values.kind != node_kind::list || !values.optional_entries.empty()) {
    return compile_failure(errc::parse, tree.source(), values.position,
                           "cel.block() takes a list literal, then the expression over it");
  }
  const node_id body = call.children[2];
  call.children = values.children;
  call.children.push_back(body);
  for (std::size_t i = 0; i < values.children.size(); ++i) call.names.push_back(index_name(i));
  call.name = "cel.block";
  call.kind = node_kind::comprehension;
  return {};
}

// cel.index(1), cel.iterVar(0, 1), cel.accuVar(0, 1): names made of numbers.
status expand_numbered(const ast& tree, node& call) {
  std::string name = call.name == "index" ? "@index" : fmt::format("@{}", call.name);
  for (std::size_t i = 1; i < call.children.size(); ++i) {
    const node& number = tree[call.children[i]];
    const bool whole = number.kind == node_kind::literal &&
                       number.literal.is(value_kind::integer) && number.literal.as_integer() >= 0;
    if (!whole) {
      return compile_failure(errc::parse, tree.source(), number.position,
                             fmt::format("cel.{}() takes whole numbers from 0", call.name));
    }
    name += fmt::format("{}{}", i > 1 ? ":" : "", number.literal.as_integer());
  }
  call.name = std::move(name);
  call.kind = node_kind::identifier;
  call.member = false;
  call.children.clear();
  return {};
}

// True when it was one of cel's own macros, and is expanded.
result<bool> expand_of_cel(const ast& tree, node& call) {
  const std::size_t arguments = call.children.size() - 1;
  const auto is = [&](std::string_view name, std::size_t takes) {
    return call.name == name && arguments == takes;
  };
  if (is("bind", 3)) {
    NIP_CHECK(expand_bind(tree, call));
  } else if (is("block", 2)) {
    NIP_CHECK(expand_block(tree, call));
  } else if (is("index", 1) || is("iterVar", 2) || is("accuVar", 2)) {
    NIP_CHECK(expand_numbered(tree, call));
  } else {
    return false;
  }
  return true;
}

}  // namespace

status expand_macro(const ast& tree, node& call) {
  if (!call.member) {
    const bool tests = call.name == "has" && call.children.size() == 1;
    return tests ? expand_has(tree, call) : status{};
  }
  if (is_of_cel(tree, call)) {
    NIP_TRY(expanded, expand_of_cel(tree, call));
    if (expanded) return {};
  }
  const shape* macro = shape_of(call);
  if (macro == nullptr) return {};
  NIP_CHECK(take_variables(tree, call, macro->variables));
  if (call.name == "existsOne") call.name = "exists_one";
  call.kind = node_kind::comprehension;
  return {};
}

}  // namespace nip::cel
