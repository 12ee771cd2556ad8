#include "cel/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cel/diagnostic.hpp"
#include "cel/expression_parser.hpp"
#include "cel/lexer.hpp"
#include "cel/macro.hpp"
#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

struct binary_operator {
  std::string_view symbol;
  std::string_view function;
  int binding;
};

constexpr int binding_weakest = 1;
constexpr std::array binary_operators = {
    binary_operator{"||", op::logical_or, 1}, binary_operator{"&&", op::logical_and, 2},
    binary_operator{"==", op::equal, 3},      binary_operator{"!=", op::not_equal, 3},
    binary_operator{"<", op::less, 3},        binary_operator{"<=", op::less_equal, 3},
    binary_operator{">", op::greater, 3},     binary_operator{">=", op::greater_equal, 3},
    binary_operator{"in", op::in, 3},         binary_operator{"+", op::add, 4},
    binary_operator{"-", op::subtract, 4},    binary_operator{"*", op::multiply, 5},
    binary_operator{"/", op::divide, 5},      binary_operator{"%", op::modulus, 5},
};

const binary_operator* operator_of(const token& next) {
  if (next.kind != token_kind::symbol && !next.is_word("in")) return nullptr;
  const auto found = std::ranges::find(binary_operators, next.text, &binary_operator::symbol);
  return found == binary_operators.end() ? nullptr : &*found;
}

}  // namespace

result<ast> parse(std::string_view source, const syntax_limits& limits) {
  if (source.size() > limits.source_bytes_max) {
    return fail(errc::too_large, fmt::format("the expression has {} bytes; at most {} are allowed",
                                             source.size(), limits.source_bytes_max));
  }
  if (!is_utf8(source)) return fail(errc::parse, "the expression is not valid UTF-8");
  return parser(source, limits).run();
}

result<ast> parser::run() {
  NIP_TRY(tokens, tokenize(tree_.source()));
  tokens_ = std::move(tokens);
  NIP_TRY(root, expression());
  if (look().kind != token_kind::end) return unexpected("the end of the expression");
  tree_.set_root(root);
  return std::move(tree_);
}

std::unexpected<error> parser::unexpected(std::string_view wanted) const {
  const token& found = look();
  if (found.kind == token_kind::end) {
    return refuse(found.position, fmt::format("expected {} but the expression ends here", wanted));
  }
  if (found.is("=")) {
    return refuse(found.position, "CEL has no assignment; did you mean \"==\"?");
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> foreign = {
      {{"and", "&&"}, {"or", "||"}, {"not", "!"}}};
  for (const auto& [word, symbol] : foreign) {
    if (found.is_word(word)) {
      return refuse(found.position,
                    fmt::format("CEL has no \"{}\"; did you mean \"{}\"?", word, symbol));
    }
  }
  return refuse(found.position, fmt::format("expected {} but found \"{}\"", wanted, found.text));
}

result<node_id> parser::expression() {
  const level held(depth_);
  if (depth_ > limits_.nesting_max) return too_deep(look().position);
  NIP_TRY(condition, binary(binding_weakest));
  if (!look().is("?")) return condition;
  const std::uint32_t position = take().position;
  NIP_TRY(yes, binary(binding_weakest));
  NIP_CHECK(expect(":"));
  NIP_TRY(no, expression());
  return call(op::conditional, position, {condition, yes, no});
}

// Precedence climbing; all operators bind to the left.
result<node_id> parser::binary(int weakest) {
  NIP_TRY(left, unary());
  for (const binary_operator* by = operator_of(look()); by != nullptr && by->binding >= weakest;
       by = operator_of(look())) {
    const std::uint32_t position = take().position;
    NIP_TRY(right, binary(by->binding + 1));
    NIP_TRY(joined, chain(by->function, position, left, right));
    left = joined;
  }
  return left;
}

// a && b && c is one call with three children: flat for evaluation and for the index of rules.
result<node_id> parser::chain(std::string_view function, std::uint32_t position, node_id left,
                              node_id right) {
  const bool logical = function == op::logical_and || function == op::logical_or;
  node& first = tree_[left];
  if (!logical || first.kind != node_kind::call || first.name != function) {
    return call(function, position, {left, right});
  }
  if (depths_[right] >= limits_.nesting_max) return too_deep(position);
  first.children.push_back(right);
  depths_[left] = std::max(depths_[left], depths_[right] + 1);
  return left;
}

result<node_id> parser::unary() {
  const level held(depth_);
  if (depth_ > limits_.nesting_max) return too_deep(look().position);
  const token& next = look();
  if (!next.is("!") && !next.is("-")) return member();
  const token sign = take();
  const token_kind after = look().kind;
  if (sign.is("-") && (after == token_kind::integer || after == token_kind::real)) {
    NIP_TRY(number, literal(true));
    return suffix(number);
  }
  NIP_TRY(operand, unary());
  return call(sign.is("!") ? op::logical_not : op::negate, sign.position, {operand});
}

result<node_id> parser::member() {
  NIP_TRY(target, primary());
  return suffix(target);
}

result<node_id> parser::suffix(node_id target) {
  for (;;) {
    if (look().is(".")) {
      NIP_TRY(selected, selection(target));
      target = selected;
    } else if (look().is("[")) {
      NIP_TRY(indexed, subscript(target));
      target = indexed;
    } else {
      return target;
    }
  }
}

result<node_id> parser::selection(node_id target) {
  take();
  const bool optional = accept("?");
  const token name = look();
  const bool word = name.kind == token_kind::identifier && name.text != "in" &&
                    name.text != "true" && name.text != "false" && name.text != "null";
  if (!word && name.kind != token_kind::quoted) return unexpected("a field name");
  take();
  node made{.kind = node_kind::select, .position = name.position};
  made.name = name.text;
  made.children = {target};
  if (optional) {
    node field{.kind = node_kind::literal, .position = name.position};
    field.literal = value::string(tree_.keep(name.text));
    NIP_TRY(key, add(std::move(field)));
    return call(op::optional_select, name.position, {target, key});
  }
  if (name.kind == token_kind::quoted || !look().is("(")) return add(std::move(made));
  made.kind = node_kind::call;
  made.member = true;
  NIP_CHECK(arguments(made));
  NIP_CHECK(expand_macro(tree_, made));
  return add(std::move(made));
}

result<node_id> parser::subscript(node_id target) {
  const std::uint32_t position = take().position;
  const bool optional = accept("?");
  NIP_TRY(key, expression());
  NIP_CHECK(expect("]"));
  return call(optional ? op::optional_index : op::index, position, {target, key});
}

status parser::expect(std::string_view symbol) {
  if (accept(symbol)) return {};
  return unexpected(fmt::format("\"{}\"", symbol));
}

std::unexpected<error> parser::refuse(std::uint32_t where, std::string_view message,
                                      errc code) const {
  return compile_failure(code, tree_.source(), where, message);
}

result<node_id> parser::add(node made) {
  std::uint32_t depth = 0;
  for (const node_id child : made.children) depth = std::max(depth, depths_[child]);
  if (++depth > limits_.nesting_max) return too_deep(made.position);
  depths_.push_back(depth);
  return tree_.add(std::move(made));
}

std::unexpected<error> parser::too_deep(std::uint32_t where) const {
  return refuse(where,
                fmt::format("the expression nests deeper than {} levels", limits_.nesting_max),
                errc::too_large);
}

result<node_id> parser::call(std::string_view function, std::uint32_t position,
                             std::vector<node_id> children) {
  node made{.kind = node_kind::call, .position = position};
  made.name = function;
  made.children = std::move(children);
  return add(std::move(made));
}

}  // namespace nip::cel
