#include "cel/source_text.hpp"

#include <array>
#include <span>

#include "cel/write.hpp"

namespace nip::cel {
namespace {

/// How tightly an operator binds; what binds looser than its surroundings needs brackets.
enum precedence : int {
  conditional_level,
  or_level,
  and_level,
  relation_level,
  sum_level,
  product_level,
  unary_level,
  member_level
};

struct infix {
  std::string_view name;
  std::string_view sign;
  int level;
};

constexpr std::array infixes = {
    infix{op::logical_or, " || ", or_level},   infix{op::logical_and, " && ", and_level},
    infix{op::equal, " == ", relation_level},  infix{op::not_equal, " != ", relation_level},
    infix{op::less, " < ", relation_level},    infix{op::less_equal, " <= ", relation_level},
    infix{op::greater, " > ", relation_level}, infix{op::greater_equal, " >= ", relation_level},
    infix{op::in, " in ", relation_level},     infix{op::add, " + ", sum_level},
    infix{op::subtract, " - ", sum_level},     infix{op::multiply, " * ", product_level},
    infix{op::divide, " / ", product_level},   infix{op::modulus, " % ", product_level},
};

class writer {
 public:
  explicit writer(const ast& tree) : tree_(tree) {}

  void write(node_id id, int surroundings) {
    const auto& n = tree_[id];
    switch (n.kind) {
      case node_kind::literal:
        return append_literal(out_, n.literal);
      case node_kind::identifier:
        out_ += (n.rooted ? "." : "") + n.name;
        return;
      case node_kind::select:
        return write_select(n);
      case node_kind::call:
        return write_call(n, surroundings);
      case node_kind::list:
        return write_list("[", n.children, "]");
      case node_kind::map:
        return write_entries("{", n, true);
      case node_kind::message:
        return write_entries(n.name + "{", n, false);
      case node_kind::comprehension:
        return write_comprehension(n);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void write_select(const node& n) {
    if (n.test_only) out_ += "has(";
    write(n.children[0], member_level);
    out_ += "." + n.name;
    if (n.test_only) out_ += ')';
  }

  void write_call(const node& n, int surroundings) {
    for (const auto& each : infixes)
      if (n.name == each.name) return write_infix(n, each, surroundings);
    if (n.name == op::conditional) return write_conditional(n, surroundings);
    if (n.name == op::logical_not || n.name == op::negate) {
      out_ += n.name.substr(0, 1);
      return write(n.children[0], unary_level);
    }
    if (n.name == op::index || n.name == op::optional_index) {
      write(n.children[0], member_level);
      out_ += n.name == op::index ? "[" : "[?";
      write(n.children[1], conditional_level);
      out_ += ']';
      return;
    }
    auto arguments = std::span(n.children);
    if (n.member) {
      write(arguments[0], member_level);
      out_ += '.';
      arguments = arguments.subspan(1);
    }
    write_list(n.name + "(", arguments, ")");
  }

  void write_infix(const node& n, const infix& sign, int surroundings) {
    const bool brackets = sign.level < surroundings;
    if (brackets) out_ += '(';
    for (std::size_t i = 0; i < n.children.size(); ++i) {
      if (i > 0) out_ += sign.sign;
      write(n.children[i], i == 0 ? sign.level : sign.level + 1);
    }
    if (brackets) out_ += ')';
  }

  void write_conditional(const node& n, int surroundings) {
    if (surroundings > conditional_level) out_ += '(';
    write(n.children[0], or_level);
    out_ += " ? ";
    write(n.children[1], or_level);
    out_ += " : ";
    write(n.children[2], conditional_level);
    if (surroundings > conditional_level) out_ += ')';
  }

  void write_list(std::string_view open, std::span<const node_id> items, std::string_view close) {
    out_ += open;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(items[i], conditional_level);
    }
    out_ += close;
  }

  void write_entries(std::string_view open, const node& n, bool keys_are_nodes) {
    out_ += open;
    const std::size_t step = keys_are_nodes ? 2 : 1;
    for (std::size_t i = 0; i < n.children.size(); i += step) {
      if (i > 0) out_ += ", ";
      if (keys_are_nodes)
        write(n.children[i], conditional_level);
      else
        out_ += n.names[i];
      out_ += ": ";
      write(n.children[i + step - 1], conditional_level);
    }
    out_ += '}';
  }

  void write_comprehension(const node& n) {
    write(n.children[0], member_level);
    out_ += "." + n.name + "(";
    for (std::size_t i = 0; i < n.names.size(); ++i) out_ += (i > 0 ? ", " : "") + n.names[i];
    for (std::size_t i = 1; i < n.children.size(); ++i) {
      out_ += ", ";
      write(n.children[i], conditional_level);
    }
    out_ += ')';
  }

  const ast& tree_;
  std::string out_;
};

}  // namespace

std::string to_source(const ast& tree, node_id id) {
  writer one(tree);
  one.write(id, conditional_level);
  return one.take();
}

}  // namespace nip::cel
