// Values that may be absent, and what is asked of them.
#include "cel/functions.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

// What its type starts from: 0, "", [], the epoch ...
bool is_zero(const value& v) {
  switch (v.kind()) {
    case null:
      return true;
    case boolean:
      return !v.as_bool();
    case integer:
    case uinteger:
      return v.as_uinteger() == 0;
    case real:
      return v.as_real() == 0;
    case string:
    case bytes:
      return v.as_view().empty();
    case list:
    case map:
      return size_of(v) == 0;
    case timestamp:
      return v.as_instant() == instant{};
    case duration:
      return v.as_nanos() == 0;
    case optional:
      return v.held() == nullptr;
    default:
      return false;
  }
}

value none(runtime&, arguments) noexcept { return value::optional(nullptr); }

value of(runtime& run, arguments a) noexcept { return make_optional(run, a[0]); }

value of_non_zero(runtime& run, arguments a) noexcept {
  return is_zero(a[0]) ? value::optional(nullptr) : make_optional(run, a[0]);
}

value has_value(runtime&, arguments a) noexcept {
  return a[0].is(optional) ? value::boolean(a[0].held() != nullptr) : no_overload();
}

value held_value(runtime&, arguments a) noexcept {
  if (!a[0].is(optional)) return no_overload();
  if (a[0].held() != nullptr) return *a[0].held();
  return value::failure(eval_errc::invalid_argument, "optional.none() has no value");
}

value either(runtime&, arguments a) noexcept {
  if (!a[0].is(optional) || !a[1].is(optional)) return no_overload();
  return a[0].held() != nullptr ? a[0] : a[1];
}

value either_value(runtime&, arguments a) noexcept {
  if (!a[0].is(optional)) return no_overload();
  return a[0].held() != nullptr ? *a[0].held() : a[1];
}

// The values of those that have one.
value unwrap(runtime& run, arguments a) noexcept {
  if (!a[0].is(list)) return no_overload();
  const std::size_t size = size_of(a[0]);
  if (!run.charge(size)) return no_cost();
  value* items = run.memory.array<value>(size);
  if (items == nullptr) return no_memory();
  value* end = items;
  for (cursor each(a[0]); each.next();) {
    if (!each.key().is(optional)) return no_overload();
    if (each.key().held() != nullptr) *end++ = *each.key().held();
  }
  return value::list(items, static_cast<std::uint32_t>(end - items));
}

value end_of(runtime& run, const value& from, bool last) {
  if (!from.is(list)) return no_overload();
  const std::size_t size = size_of(from);
  if (size == 0) return value::optional(nullptr);
  if (from.is_json() && !run.charge(1 + (last ? size : 0))) return no_cost();
  const auto item = item_at(from, last ? size - 1 : 0);
  return item ? make_optional(run, *item) : value::optional(nullptr);
}

value first(runtime& run, arguments a) noexcept { return end_of(run, a[0], false); }
value last(runtime& run, arguments a) noexcept { return end_of(run, a[0], true); }

constexpr function_spec specs[] = {
    {"optional.none", "() -> optional<A>", none},
    {"optional.of", "(A) -> optional<A>", of},
    {"optional.ofNonZeroValue", "(A) -> optional<A>", of_non_zero},
    {"optional.unwrap", "(list<optional<A>>) -> list<A>", unwrap},
    {"unwrapOpt", "list<optional<A>>.() -> list<A>", unwrap},
    {"hasValue", "optional<A>.() -> bool", has_value},
    {"value", "optional<A>.() -> A", held_value},
    {"or", "optional<A>.(optional<A>) -> optional<A>", either},
    {"orValue", "optional<A>.(A) -> A", either_value},
    {"first", "list<A>.() -> optional<A>", first},
    {"last", "list<A>.() -> optional<A>", last},
};

}  // namespace

std::span<const function_spec> optional_functions() { return specs; }

}  // namespace nip::cel
