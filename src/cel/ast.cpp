#include "cel/ast.hpp"

#include <fmt/format.h>

#include "cel/write.hpp"

namespace nip::cel {

namespace {

void append(std::string& out, const ast& tree, node_id id);

void append_children(std::string& out, const ast& tree, const node& parent, std::size_t from) {
  for (std::size_t i = from; i < parent.children.size(); ++i) {
    if (i > from) out += ", ";
    if (i - from < parent.names.size() && parent.kind == node_kind::message) {
      out += parent.names[i - from] + ": ";
    }
    append(out, tree, parent.children[i]);
  }
}

void append_call(std::string& out, const ast& tree, const node& call) {
  if (call.member) {
    append(out, tree, call.children[0]);
    out += '.';
  }
  out += call.name;
  out += '(';
  append_children(out, tree, call, call.member ? 1 : 0);
  out += ')';
}

void append_map(std::string& out, const ast& tree, const node& map) {
  out += '{';
  for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
    if (i > 0) out += ", ";
    append(out, tree, map.children[i]);
    out += ": ";
    append(out, tree, map.children[i + 1]);
  }
  out += '}';
}

void append_comprehension(std::string& out, const ast& tree, const node& macro) {
  append(out, tree, macro.children[0]);
  out += fmt::format(".{}(", macro.name);
  for (const std::string& variable : macro.names) out += variable + ", ";
  append_children(out, tree, macro, 1);
  out += ')';
}

void append(std::string& out, const ast& tree, node_id id) {
  const node& n = tree[id];
  switch (n.kind) {
    case node_kind::literal:
      append_literal(out, n.literal);
      return;
    case node_kind::identifier:
      out += (n.rooted ? "." : "") + n.name;
      return;
    case node_kind::select:
      append(out, tree, n.children[0]);
      out += fmt::format(".{}{}", n.name, n.test_only ? "~test-only~" : "");
      return;
    case node_kind::call:
      append_call(out, tree, n);
      return;
    case node_kind::list:
      out += '[';
      append_children(out, tree, n, 0);
      out += ']';
      return;
    case node_kind::map:
      append_map(out, tree, n);
      return;
    case node_kind::message:
      out += n.name + "{";
      append_children(out, tree, n, 0);
      out += '}';
      return;
    case node_kind::comprehension:
      append_comprehension(out, tree, n);
      return;
  }
}

}  // namespace

std::string to_text(const ast& tree, node_id id) {
  std::string out;
  append(out, tree, id);
  return out;
}

}  // namespace nip::cel
