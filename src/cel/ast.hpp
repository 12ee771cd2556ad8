// The syntax tree: one flat vector of nodes, each with its place in the source.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/arena.hpp"
#include "cel/value.hpp"

namespace nip::cel {

using node_id = std::uint32_t;

enum class node_kind : std::uint8_t {
  literal,        ///< `literal`
  identifier,     ///< `name`; `rooted` when written with a leading dot
  select,         ///< child 0 `.name`; `test_only` inside has()
  call,           ///< `name`(children); a `member` call's child 0 is its target
  list,           ///< children
  map,            ///< children: key, value, key, value ...
  message,        ///< `name`{names[i]: child i}
  comprehension,  ///< macro `name`: child 0 the range, then the bodies; `names` the variables
};

/// The functions that operators stand for, by CEL's own names.
namespace op {
constexpr std::string_view conditional = "_?_:_";
constexpr std::string_view logical_and = "_&&_";  // any number of children, at least two
constexpr std::string_view logical_or = "_||_";   // the same
constexpr std::string_view logical_not = "!_";
constexpr std::string_view negate = "-_";
constexpr std::string_view equal = "_==_";
constexpr std::string_view not_equal = "_!=_";
constexpr std::string_view less = "_<_";
constexpr std::string_view less_equal = "_<=_";
constexpr std::string_view greater = "_>_";
constexpr std::string_view greater_equal = "_>=_";
constexpr std::string_view in = "@in";
constexpr std::string_view add = "_+_";
constexpr std::string_view subtract = "_-_";
constexpr std::string_view multiply = "_*_";
constexpr std::string_view divide = "_/_";
constexpr std::string_view modulus = "_%_";
constexpr std::string_view index = "_[_]";
constexpr std::string_view optional_index = "_[?_]";
constexpr std::string_view optional_select = "_?._";
}  // namespace op

struct node {
  node_kind kind = node_kind::literal;
  bool rooted = false;
  bool member = false;
  bool test_only = false;
  std::uint32_t position = 0;  ///< byte offset in the source: of the name, operator or bracket
  std::string name = {};
  value literal = {};
  std::vector<node_id> children = {};
  std::vector<std::string> names = {};
  /// For list, map and message: which entries were written with `?`; empty when none was.
  std::vector<bool> optional_entries = {};

  bool is_optional(std::size_t entry) const {
    return entry < optional_entries.size() && optional_entries[entry];
  }
};

/// A parsed expression. Owns its source and the text of its literals. Movable; a move keeps views
/// good.
class ast {
 public:
  const node& operator[](node_id id) const { return nodes_[id]; }
  node& operator[](node_id id) { return nodes_[id]; }
  node_id root() const { return root_; }
  std::size_t size() const { return nodes_.size(); }
  std::string_view source() const { return source_; }

  // What the parser builds with.
  void set_source(std::string_view source) { source_ = source; }
  void set_root(node_id root) { root_ = root; }
  node_id add(node made) {
    nodes_.push_back(std::move(made));
    return static_cast<node_id>(nodes_.size() - 1);
  }
  /// A copy that lives as long as the tree.
  std::string_view keep(std::string_view text) { return texts_.copy(text); }

 private:
  std::string source_;
  std::vector<node> nodes_;
  node_id root_ = 0;
  arena texts_;
};

/// The tree as text with every operator as a call, for tests and for `explain`:
/// `_&&_(_==_(x, 1), a.b.contains("y"))`.
std::string to_text(const ast& tree, node_id id);
inline std::string to_text(const ast& tree) { return to_text(tree, tree.root()); }

}  // namespace nip::cel
