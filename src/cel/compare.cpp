#include "cel/compare.hpp"

#include <cmath>

#include "cel/aggregate.hpp"

namespace nip::cel {

namespace {

constexpr double two_to_63 = 0x1.0p63;
constexpr double two_to_64 = 0x1.0p64;

template <class T>
order three_way(T a, T b) noexcept {
  return a < b ? order::less : b < a ? order::greater : order::equal;
}

order three_way_real(double a, double b) noexcept {
  if (std::isnan(a) || std::isnan(b)) return order::unordered;
  return three_way(a, b);
}

order flipped(order o) noexcept {
  return o == order::less ? order::greater : o == order::greater ? order::less : o;
}

// Within the integer's range the comparison is one of doubles, as in the other CEL implementations:
// beyond 2^53 neighbours are equal.
order integer_to_real(std::int64_t i, double d) noexcept {
  if (d > two_to_63) return order::less;
  if (d < -two_to_63) return order::greater;
  return three_way_real(static_cast<double>(i), d);
}

order uinteger_to_real(std::uint64_t u, double d) noexcept {
  if (d > two_to_64) return order::less;
  if (d < 0) return order::greater;
  return three_way_real(static_cast<double>(u), d);
}

order integer_to_uinteger(std::int64_t i, std::uint64_t u) noexcept {
  if (i < 0) return order::less;
  return three_way(static_cast<std::uint64_t>(i), u);
}

order compare_numbers(const value& a, const value& b) noexcept {
  using enum value_kind;
  switch (a.kind()) {
    case integer:
      if (b.is(integer)) return three_way(a.as_integer(), b.as_integer());
      if (b.is(uinteger)) return integer_to_uinteger(a.as_integer(), b.as_uinteger());
      return integer_to_real(a.as_integer(), b.as_real());
    case uinteger:
      if (b.is(uinteger)) return three_way(a.as_uinteger(), b.as_uinteger());
      if (b.is(integer)) return flipped(integer_to_uinteger(b.as_integer(), a.as_uinteger()));
      return uinteger_to_real(a.as_uinteger(), b.as_real());
    default:
      if (b.is(real)) return three_way_real(a.as_real(), b.as_real());
      if (b.is(integer)) return flipped(integer_to_real(b.as_integer(), a.as_real()));
      return flipped(uinteger_to_real(b.as_uinteger(), a.as_real()));
  }
}

bool spend(std::uint64_t& members_left, std::uint64_t members) noexcept {
  const bool enough = members <= members_left;
  members_left = enough ? members_left - members : 0;
  return enough;
}

bool lists_equal(const value& a, const value& b, std::uint64_t& members_left) noexcept {
  const std::size_t size = size_of(a);
  if (size != size_of(b) || !spend(members_left, size)) return false;
  cursor left(a);
  cursor right(b);
  while (left.next() && right.next()) {
    if (!equals(left.key(), right.key(), members_left)) return false;
  }
  return true;
}

bool maps_equal(const value& a, const value& b, std::uint64_t& members_left) noexcept {
  const std::size_t size = size_of(a);
  if (size != size_of(b)) return false;
  // Each lookup in JSON walks its members.
  const std::uint64_t lookup = b.is_json() ? 1 + size : 1;
  for (cursor each(a); each.next();) {
    if (!spend(members_left, lookup)) return false;
    const auto held = find(b, each.key());
    if (!held || !equals(each.held(), *held, members_left)) return false;
  }
  return true;
}

bool optionals_equal(const value& a, const value& b, std::uint64_t& members_left) noexcept {
  if (a.held() == nullptr || b.held() == nullptr) return a.held() == b.held();
  return equals(*a.held(), *b.held(), members_left);
}

// Where a key's type stands among the types that keys may have.
int key_rank(const value& v) noexcept {
  if (v.is(value_kind::boolean)) return 0;
  if (v.is_number()) return 1;
  return v.is(value_kind::string) ? 2 : 3;
}

}  // namespace

bool equals(const value& a, const value& b) noexcept {
  std::uint64_t unlimited = UINT64_MAX;
  return equals(a, b, unlimited);
}

bool equals(const value& a, const value& b, std::uint64_t& members_left) noexcept {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == order::equal;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case value_kind::null:
      return true;
    case value_kind::boolean:
      return a.as_bool() == b.as_bool();
    case value_kind::string:
    case value_kind::bytes:
    case value_kind::type:
      return a.as_view() == b.as_view();
    case value_kind::timestamp:
      return a.as_instant() == b.as_instant();
    case value_kind::duration:
      return a.as_nanos() == b.as_nanos();
    case value_kind::ip:
      return a.as_address() == b.as_address();
    case value_kind::cidr:
      return a.as_range() == b.as_range();
    case value_kind::list:
      return lists_equal(a, b, members_left);
    case value_kind::map:
      return maps_equal(a, b, members_left);
    case value_kind::optional:
      return optionals_equal(a, b, members_left);
    default:
      return false;
  }
}

order compare(const value& a, const value& b) noexcept {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b);
  if (a.kind() != b.kind()) return order::none;
  switch (a.kind()) {
    case value_kind::boolean:
      return three_way(a.as_bool(), b.as_bool());
    case value_kind::string:
    case value_kind::bytes:
      return three_way(a.as_view(), b.as_view());
    case value_kind::timestamp:
      return three_way(a.as_instant(), b.as_instant());
    case value_kind::duration:
      return three_way(a.as_nanos(), b.as_nanos());
    default:
      return order::none;
  }
}

bool key_less(const value& a, const value& b) noexcept {
  const int left = key_rank(a);
  const int right = key_rank(b);
  if (left != right) return left < right;
  return compare(a, b) == order::less;
}

}  // namespace nip::cel
