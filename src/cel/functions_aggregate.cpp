// size, in, and what asks about any value.
#include "cel/ast.hpp"
#include "cel/functions.hpp"
#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

value size(runtime& run, arguments a) noexcept {
  switch (a[0].kind()) {
    case string:
      if (!run.charge(text_cost(a[0].as_view().size()))) return no_cost();
      return value::integer(static_cast<std::int64_t>(code_points(a[0].as_view())));
    case bytes:
      return value::integer(static_cast<std::int64_t>(a[0].as_view().size()));
    case list:
    case map:
      return value::integer(static_cast<std::int64_t>(size_of(a[0])));
    default:
      return no_overload();
  }
}

value in(runtime& run, arguments a) noexcept {
  if (a[1].is(map)) return value::boolean(find(a[1], a[0]).has_value());
  if (!a[1].is(list)) return no_overload();
  for (cursor each(a[1]); each.next();) {
    if (!run.charge(1)) return no_cost();
    if (equals(a[0], each.key())) return value::boolean(true);
  }
  return value::boolean(false);
}

value dyn(runtime&, arguments a) noexcept { return a[0]; }

value type_of_value(runtime&, arguments a) noexcept { return value::type(type_name(a[0])); }

constexpr function_spec specs[] = {
    {"size", "(string) -> int", size},    {"size", "(bytes) -> int", size},
    {"size", "(list<A>) -> int", size},   {"size", "(map<A, B>) -> int", size},
    {"size", "string.() -> int", size},   {"size", "bytes.() -> int", size},
    {"size", "list<A>.() -> int", size},  {"size", "map<A, B>.() -> int", size},
    {op::in, "(A, list<A>) -> bool", in}, {op::in, "(A, map<A, B>) -> bool", in},
    {"dyn", "(A) -> dyn", dyn},           {"type", "(A) -> type<A>", type_of_value},
};

}  // namespace

std::span<const function_spec> aggregate_functions() { return specs; }

}  // namespace nip::cel
