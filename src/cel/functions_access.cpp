// Items and fields: a[b], a[?b], a.?b. Behind an optional value each access yields an optional.
#include <algorithm>
#include <cmath>
#include <optional>

#include "cel/ast.hpp"
#include "cel/functions.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

// What is there; nothing when it is absent, an error value when nothing can be there.
using access = std::optional<value>;

// A list takes any number that is a whole one. -1 is a place that no list has.
value place_of(const value& key) {
  if (key.is(integer)) return key;
  if (key.is(uinteger)) {
    const bool fits = key.as_uinteger() <= INT64_MAX;
    return value::integer(fits ? static_cast<std::int64_t>(key.as_uinteger()) : -1);
  }
  if (!key.is(real)) return no_overload();
  const double number = key.as_real();
  if (number != std::trunc(number) || std::fabs(number) >= 0x1.0p53) {
    return value::failure(eval_errc::invalid_argument);
  }
  return value::integer(static_cast<std::int64_t>(number));
}

access item_of(runtime& run, const value& from, const value& key) {
  const value place = place_of(key);
  if (place.is_error()) return place;
  // JSON is walked to its item.
  const auto steps = static_cast<std::uint64_t>(std::max<std::int64_t>(place.as_integer(), 0));
  if (from.is_json() && !run.charge(1 + steps)) return no_cost();
  if (place.as_integer() < 0) return std::nullopt;
  return item_at(from, static_cast<std::size_t>(place.as_integer()));
}

access look_up(runtime& run, const value& from, const value& key) {
  if (from.is(list)) return item_of(run, from, key);
  if (!from.is(map)) return no_overload();
  if (from.is_json() && !run.charge(1 + size_of(from))) return no_cost();
  return find(from, key);
}

value as_optional(runtime& run, const access& found) {
  if (!found) return value::optional(nullptr);
  return found->is_error() ? *found : make_optional(run, *found);
}

value index_optional(runtime& run, arguments a) noexcept {
  if (!a[0].is(optional)) return as_optional(run, look_up(run, a[0], a[1]));
  if (a[0].held() == nullptr) return a[0];
  return as_optional(run, look_up(run, *a[0].held(), a[1]));
}

value index(runtime& run, arguments a) noexcept {
  if (a[0].is(optional)) return index_optional(run, a);
  const access found = look_up(run, a[0], a[1]);
  if (found) return *found;
  if (a[0].is(list)) return value::failure(eval_errc::index_out_of_range);
  return value::failure(eval_errc::no_such_key,
                        a[1].is(string) ? a[1].as_view() : std::string_view());
}

value select(runtime& run, arguments a) noexcept {
  return a[1].is(string) ? select_optional(run, a[0], a[1].as_view()) : no_overload();
}

constexpr function_spec specs[] = {
    {op::index, "(list<A>, int) -> A", index},
    {op::index, "(map<A, B>, A) -> B", index},
    {op::index, "(optional<list<A>>, int) -> optional<A>", index},
    {op::index, "(optional<map<A, B>>, A) -> optional<B>", index},
    {op::optional_index, "(list<A>, int) -> optional<A>", index_optional},
    {op::optional_index, "(map<A, B>, A) -> optional<B>", index_optional},
    {op::optional_index, "(optional<list<A>>, int) -> optional<A>", index_optional},
    {op::optional_index, "(optional<map<A, B>>, A) -> optional<B>", index_optional},
    {op::optional_select, "(dyn, string) -> optional<dyn>", select},
};

}  // namespace

std::span<const function_spec> access_functions() { return specs; }

value make_optional(runtime& run, const value& held) noexcept {
  value* kept = run.memory.array<value>(1);
  if (kept == nullptr) return no_memory();
  *kept = held;
  return value::optional(kept);
}

value select_optional(runtime& run, const value& from, std::string_view name) noexcept {
  if (from.is(optional)) {
    return from.held() == nullptr ? from : select_optional(run, *from.held(), name);
  }
  if (!from.is(map)) return value::failure(eval_errc::no_such_field, name);
  return as_optional(run, look_up(run, from, value::string(name)));
}

}  // namespace nip::cel
