// The parser's half that reads values: literals, names, lists, maps, messages, arguments.
#include <fmt/format.h>

#include <algorithm>

#include "cel/expression_parser.hpp"
#include "cel/literal.hpp"
#include "cel/macro.hpp"

namespace nip::cel {

result<node_id> parser::primary() {
  const token& next = look();
  switch (next.kind) {
    case token_kind::integer:
    case token_kind::uinteger:
    case token_kind::real:
    case token_kind::string:
    case token_kind::bytes:
      return literal(false);
    case token_kind::identifier:
      return named(false);
    case token_kind::symbol:
      break;
    default:
      return unexpected("a value");
  }
  if (accept("(")) {
    NIP_TRY(inside, expression());
    NIP_CHECK(expect(")"));
    return inside;
  }
  if (next.is("[")) return list();
  if (next.is("{")) return map();
  if (accept(".")) return named(true);
  return unexpected("a value");
}

result<node_id> parser::named(bool rooted) {
  if (look().kind != token_kind::identifier) return unexpected("a name");
  const token word = take();
  node made{.kind = node_kind::literal, .position = word.position};
  if (word.text == "true" || word.text == "false") {
    made.literal = value::boolean(word.text == "true");
    return add(std::move(made));
  }
  if (word.text == "null") return add(std::move(made));
  if (is_reserved(word.text)) {
    return refuse(word.position, fmt::format("\"{}\" is a reserved word", word.text));
  }
  made.rooted = rooted;
  made.name = word.text;
  if (message_follows()) return message(std::move(made));
  made.kind = node_kind::identifier;
  if (!look().is("(")) {
    if (word.text == "not" && look().kind == token_kind::identifier) {
      --at_;
      return unexpected("a value");
    }
    return add(std::move(made));
  }
  made.kind = node_kind::call;
  NIP_CHECK(arguments(made));
  NIP_CHECK(expand_macro(tree_, made));
  return add(std::move(made));
}

// After a name: { .name } and then an opening brace.
bool parser::message_follows() const {
  std::size_t ahead = 0;
  while (look(ahead).is(".") && look(ahead + 1).kind == token_kind::identifier) ahead += 2;
  return look(ahead).is("{");
}

result<node_id> parser::literal(bool negative) {
  const token word = take();
  node made{.kind = node_kind::literal, .position = word.position};
  if (word.kind == token_kind::string || word.kind == token_kind::bytes) {
    std::uint32_t where = word.position;
    auto text = read_text(word, where);
    if (!text) return refuse(where, text.error().detail);
    const std::string_view kept = tree_.keep(*text);
    made.literal = word.kind == token_kind::string ? value::string(kept) : value::bytes(kept);
  } else {
    auto number = read_number(word, negative);
    if (!number) return refuse(word.position, number.error().detail);
    made.literal = *number;
  }
  return add(std::move(made));
}

result<node_id> parser::list() {
  node made{.kind = node_kind::list, .position = take().position};
  std::vector<bool> optional;
  while (!look().is("]")) {
    optional.push_back(accept("?"));
    NIP_TRY(item, expression());
    made.children.push_back(item);
    if (!accept(",")) break;
  }
  NIP_CHECK(expect("]"));
  if (std::ranges::find(optional, true) != optional.end()) made.optional_entries = optional;
  return add(std::move(made));
}

result<node_id> parser::map() {
  node made{.kind = node_kind::map, .position = take().position};
  std::vector<bool> optional;
  while (!look().is("}")) {
    optional.push_back(accept("?"));
    NIP_TRY(key, expression());
    NIP_CHECK(expect(":"));
    NIP_TRY(held, expression());
    made.children.push_back(key);
    made.children.push_back(held);
    if (!accept(",")) break;
  }
  NIP_CHECK(expect("}"));
  if (std::ranges::find(optional, true) != optional.end()) made.optional_entries = optional;
  return add(std::move(made));
}

result<node_id> parser::message(node type) {
  type.kind = node_kind::message;
  while (accept(".")) {
    type.name += '.';
    type.name += take().text;
  }
  NIP_CHECK(expect("{"));
  while (!look().is("}")) {
    type.optional_entries.push_back(accept("?"));
    const token field = look();
    if (field.kind != token_kind::identifier && field.kind != token_kind::quoted) {
      return unexpected("a field name");
    }
    take();
    NIP_CHECK(expect(":"));
    NIP_TRY(held, expression());
    type.names.emplace_back(field.text);
    type.children.push_back(held);
    if (!accept(",")) break;
  }
  NIP_CHECK(expect("}"));
  return add(std::move(type));
}

status parser::arguments(node& into) {
  take();
  while (!look().is(")")) {
    NIP_TRY(argument, expression());
    into.children.push_back(argument);
    if (!accept(",")) return expect(")");
    if (look().is(")")) return unexpected("another argument");
  }
  take();
  return {};
}

}  // namespace nip::cel
