// Arithmetic and comparison.
#include <cmath>

#include "cel/ast.hpp"
#include "cel/compare.hpp"
#include "cel/functions.hpp"
#include "cel/time.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

value overflow() { return value::failure(eval_errc::overflow); }

bool both(arguments a, value_kind kind) { return a[0].is(kind) && a[1].is(kind); }

value checked(bool overflowed, std::int64_t result) {
  return overflowed ? overflow() : value::integer(result);
}
value checked(bool overflowed, std::uint64_t result) {
  return overflowed ? overflow() : value::uinteger(result);
}
value checked(std::optional<instant> at) { return at ? value::timestamp(*at) : overflow(); }
value checked(std::optional<std::int64_t> nanos) {
  return nanos ? value::duration(*nanos) : overflow();
}

value join_text(runtime& run, const value& a, const value& b) {
  const std::string_view left = a.as_view();
  const std::string_view right = b.as_view();
  const std::size_t size = left.size() + right.size();
  if (!run.charge(text_cost(size))) return no_cost();
  char* to = run.memory.array<char>(size);
  if (to == nullptr || size > text_bytes_max) return no_memory();
  std::ranges::copy(left, to);
  std::ranges::copy(right, to + left.size());
  const std::string_view joined(to, size);
  return a.is(string) ? value::string(joined) : value::bytes(joined);
}

value join_lists(runtime& run, const value& a, const value& b) {
  const std::size_t size = size_of(a) + size_of(b);
  if (!run.charge(size)) return no_cost();
  value* to = run.memory.array<value>(size);
  if (to == nullptr) return no_memory();
  value* end = to;
  for (cursor each(a); each.next();) *end++ = each.key();
  for (cursor each(b); each.next();) *end++ = each.key();
  return value::list(to, static_cast<std::uint32_t>(size));
}

value add_time(arguments a) {
  if (a[0].is(timestamp) && a[1].is(duration))
    return checked(add(a[0].as_instant(), a[1].as_nanos()));
  if (a[0].is(duration) && a[1].is(timestamp))
    return checked(add(a[1].as_instant(), a[0].as_nanos()));
  return no_overload();
}

value add_any(runtime& run, arguments a) noexcept {
  if (a[0].kind() != a[1].kind()) return add_time(a);
  switch (a[0].kind()) {
    case integer: {
      std::int64_t sum = 0;
      const bool over = __builtin_add_overflow(a[0].as_integer(), a[1].as_integer(), &sum);
      return checked(over, sum);
    }
    case uinteger: {
      std::uint64_t sum = 0;
      const bool over = __builtin_add_overflow(a[0].as_uinteger(), a[1].as_uinteger(), &sum);
      return checked(over, sum);
    }
    case real:
      return value::real(a[0].as_real() + a[1].as_real());
    case string:
    case bytes:
      return join_text(run, a[0], a[1]);
    case list:
      return join_lists(run, a[0], a[1]);
    case duration: {
      std::int64_t sum = 0;
      const bool over = __builtin_add_overflow(a[0].as_nanos(), a[1].as_nanos(), &sum);
      return over ? overflow() : value::duration(sum);
    }
    default:
      return no_overload();
  }
}

value subtract_any(runtime&, arguments a) noexcept {
  if (a[0].is(timestamp) && a[1].is(duration)) {
    // -INT64_MIN does not exist; one step at a time does.
    const std::int64_t nanos = a[1].as_nanos();
    if (nanos != INT64_MIN) return checked(add(a[0].as_instant(), -nanos));
    const auto most = add(a[0].as_instant(), INT64_MAX);
    return most ? checked(add(*most, 1)) : overflow();
  }
  if (a[0].kind() != a[1].kind()) return no_overload();
  std::int64_t rest = 0;
  std::uint64_t positive = 0;
  switch (a[0].kind()) {
    case integer: {
      const bool over = __builtin_sub_overflow(a[0].as_integer(), a[1].as_integer(), &rest);
      return checked(over, rest);
    }
    case uinteger: {
      const bool over = __builtin_sub_overflow(a[0].as_uinteger(), a[1].as_uinteger(), &positive);
      return checked(over, positive);
    }
    case real:
      return value::real(a[0].as_real() - a[1].as_real());
    case timestamp:
      return checked(difference(a[0].as_instant(), a[1].as_instant()));
    case duration: {
      const bool over = __builtin_sub_overflow(a[0].as_nanos(), a[1].as_nanos(), &rest);
      return over ? overflow() : value::duration(rest);
    }
    default:
      return no_overload();
  }
}

value multiply(runtime&, arguments a) noexcept {
  if (both(a, integer)) {
    std::int64_t product = 0;
    const bool over = __builtin_mul_overflow(a[0].as_integer(), a[1].as_integer(), &product);
    return checked(over, product);
  }
  if (both(a, uinteger)) {
    std::uint64_t product = 0;
    const bool over = __builtin_mul_overflow(a[0].as_uinteger(), a[1].as_uinteger(), &product);
    return checked(over, product);
  }
  if (both(a, real)) return value::real(a[0].as_real() * a[1].as_real());
  return no_overload();
}

value divide(runtime&, arguments a) noexcept {
  if (both(a, real)) return value::real(a[0].as_real() / a[1].as_real());
  if (both(a, integer)) {
    if (a[1].as_integer() == 0) return value::failure(eval_errc::divide_by_zero);
    if (a[0].as_integer() == INT64_MIN && a[1].as_integer() == -1) return overflow();
    return value::integer(a[0].as_integer() / a[1].as_integer());
  }
  if (both(a, uinteger)) {
    if (a[1].as_uinteger() == 0) return value::failure(eval_errc::divide_by_zero);
    return value::uinteger(a[0].as_uinteger() / a[1].as_uinteger());
  }
  return no_overload();
}

value modulus(runtime&, arguments a) noexcept {
  if (both(a, integer)) {
    if (a[1].as_integer() == 0) return value::failure(eval_errc::modulus_by_zero);
    if (a[0].as_integer() == INT64_MIN && a[1].as_integer() == -1) return overflow();
    return value::integer(a[0].as_integer() % a[1].as_integer());
  }
  if (both(a, uinteger)) {
    if (a[1].as_uinteger() == 0) return value::failure(eval_errc::modulus_by_zero);
    return value::uinteger(a[0].as_uinteger() % a[1].as_uinteger());
  }
  return no_overload();
}

value negate(runtime&, arguments a) noexcept {
  if (a[0].is(real)) return value::real(-a[0].as_real());
  if (!a[0].is(integer)) return no_overload();
  return a[0].as_integer() == INT64_MIN ? overflow() : value::integer(-a[0].as_integer());
}

value logical_not(runtime&, arguments a) noexcept {
  return a[0].is(boolean) ? value::boolean(!a[0].as_bool()) : no_overload();
}

template <comparison By>
value compare_any(runtime& run, arguments a) noexcept {
  return apply_comparison(run, By, a[0], a[1]);
}

constexpr function_spec specs[] = {
    {op::logical_not, "(bool) -> bool", logical_not},
    {op::negate, "(int) -> int", negate},
    {op::negate, "(double) -> double", negate},
    {op::add, "(int, int) -> int", add_any},
    {op::add, "(uint, uint) -> uint", add_any},
    {op::add, "(double, double) -> double", add_any},
    {op::add, "(string, string) -> string", add_any},
    {op::add, "(bytes, bytes) -> bytes", add_any},
    {op::add, "(list<A>, list<A>) -> list<A>", add_any},
    {op::add, "(timestamp, duration) -> timestamp", add_any},
    {op::add, "(duration, timestamp) -> timestamp", add_any},
    {op::add, "(duration, duration) -> duration", add_any},
    {op::subtract, "(int, int) -> int", subtract_any},
    {op::subtract, "(uint, uint) -> uint", subtract_any},
    {op::subtract, "(double, double) -> double", subtract_any},
    {op::subtract, "(timestamp, timestamp) -> duration", subtract_any},
    {op::subtract, "(timestamp, duration) -> timestamp", subtract_any},
    {op::subtract, "(duration, duration) -> duration", subtract_any},
    {op::multiply, "(int, int) -> int", multiply},
    {op::multiply, "(uint, uint) -> uint", multiply},
    {op::multiply, "(double, double) -> double", multiply},
    {op::divide, "(int, int) -> int", divide},
    {op::divide, "(uint, uint) -> uint", divide},
    {op::divide, "(double, double) -> double", divide},
    {op::modulus, "(int, int) -> int", modulus},
    {op::modulus, "(uint, uint) -> uint", modulus},
    {op::equal, "(A, A) -> bool", compare_any<comparison::equal>},
    {op::not_equal, "(A, A) -> bool", compare_any<comparison::not_equal>},
};

// The four orderings take the same pairs of types.
constexpr std::string_view ordered[] = {
    "(bool, bool) -> bool",           "(int, int) -> bool",          "(int, uint) -> bool",
    "(int, double) -> bool",          "(uint, int) -> bool",         "(uint, uint) -> bool",
    "(uint, double) -> bool",         "(double, int) -> bool",       "(double, uint) -> bool",
    "(double, double) -> bool",       "(string, string) -> bool",    "(bytes, bytes) -> bool",
    "(timestamp, timestamp) -> bool", "(duration, duration) -> bool"};

constexpr std::size_t ordered_count = std::size(ordered);

constexpr auto ordering_specs = [] {
  std::array<function_spec, 4 * ordered_count> all{};
  for (std::size_t i = 0; i < ordered_count; ++i) {
    all[4 * i] = {op::less, ordered[i], compare_any<comparison::less>};
    all[4 * i + 1] = {op::less_equal, ordered[i], compare_any<comparison::less_equal>};
    all[4 * i + 2] = {op::greater, ordered[i], compare_any<comparison::greater>};
    all[4 * i + 3] = {op::greater_equal, ordered[i], compare_any<comparison::greater_equal>};
  }
  return all;
}();

}  // namespace

std::span<const function_spec> operator_functions() { return specs; }
std::span<const function_spec> ordering_functions() { return ordering_specs; }

value apply_comparison(runtime& run, comparison by, const value& a, const value& b) noexcept {
  if (by <= comparison::not_equal) {
    const bool same = equals(a, b, run.cost_left);
    if (run.cost_left == 0 && !run.charge(1)) return no_cost();
    return value::boolean(same == (by == comparison::equal));
  }
  const order stands = compare(a, b);
  switch (stands) {
    case order::none:
      return no_overload();
    case order::unordered:
      return value::boolean(false);
    default:
      return value::boolean(holds(by, stands));
  }
}

}  // namespace nip::cel
