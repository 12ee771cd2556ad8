// size, in, index, and the functions over whole lists.
#include <cmath>

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

// A list takes any number that is a whole one.
value list_index(runtime& run, const value& from, const value& key) {
  std::int64_t place = -1;
  if (key.is(integer)) {
    place = key.as_integer();
  } else if (key.is(uinteger)) {
    place = key.as_uinteger() > INT64_MAX ? -1 : static_cast<std::int64_t>(key.as_uinteger());
  } else if (key.is(real) && key.as_real() == std::trunc(key.as_real()) &&
             std::fabs(key.as_real()) < 0x1.0p53) {
    place = static_cast<std::int64_t>(key.as_real());
  } else {
    return key.is(real) ? value::failure(eval_errc::invalid_argument) : no_overload();
  }
  if (from.is_json() &&
      !run.charge(1 + static_cast<std::uint64_t>(std::max<std::int64_t>(place, 0)))) {
    return no_cost();
  }
  if (place < 0) return value::failure(eval_errc::index_out_of_range);
  const auto item = item_at(from, static_cast<std::size_t>(place));
  return item ? *item : value::failure(eval_errc::index_out_of_range);
}

value index(runtime& run, arguments a) noexcept {
  if (a[0].is(list)) return list_index(run, a[0], a[1]);
  if (!a[0].is(map)) return no_overload();
  if (a[0].is_json() && !run.charge(1 + size_of(a[0]))) return no_cost();
  const auto held = find(a[0], a[1]);
  if (held) return *held;
  return value::failure(eval_errc::no_such_key,
                        a[1].is(string) ? a[1].as_view() : std::string_view());
}

value dyn(runtime&, arguments a) noexcept { return a[0]; }

value type_of_value(runtime&, arguments a) noexcept { return value::type(type_name(a[0])); }

constexpr function_spec specs[] = {
    {"size", "(string) -> int", size},
    {"size", "(bytes) -> int", size},
    {"size", "(list<A>) -> int", size},
    {"size", "(map<A, B>) -> int", size},
    {"size", "string.() -> int", size},
    {"size", "bytes.() -> int", size},
    {"size", "list<A>.() -> int", size},
    {"size", "map<A, B>.() -> int", size},
    {op::in, "(A, list<A>) -> bool", in},
    {op::in, "(A, map<A, B>) -> bool", in},
    {op::index, "(list<A>, int) -> A", index},
    {op::index, "(map<A, B>, A) -> B", index},
    {"dyn", "(A) -> dyn", dyn},
    {"type", "(A) -> type<A>", type_of_value},
};

}  // namespace

std::span<const function_spec> aggregate_functions() { return specs; }

}  // namespace nip::cel
