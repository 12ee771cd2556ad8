// Equality and order of values, across the numeric types as CEL defines them.
#pragma once

#include <compare>
#include <cstdint>

#include "cel/value.hpp"

namespace nip::cel {

/// CEL's `==`: numbers by their mathematical value, aggregates member by member, NaN equal to
/// nothing, values of different types unequal. Neither may be an error.
bool equals(const value& a, const value& b) noexcept;

/// The same within a budget of members to look at, which it uses up; false when the budget runs
/// out.
bool equals(const value& a, const value& b, std::uint64_t& members_left) noexcept;

/// How `a` stands to `b`. `none` when CEL has no order for the two types.
enum class order : std::uint8_t { less, equal, greater, unordered, none };

/// CEL's order: bool, string, bytes, timestamp, duration each among themselves, numbers across
/// their types. NaN is unordered.
order compare(const value& a, const value& b) noexcept;

/// The operators that compare.
enum class comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

/// Whether an ordering holds between values that stand so (less, equal or greater).
constexpr bool holds(comparison by, order stands) {
  switch (by) {
    case comparison::equal:
      return stands == order::equal;
    case comparison::not_equal:
      return stands != order::equal;
    case comparison::less:
      return stands == order::less;
    case comparison::less_equal:
      return stands == order::less || stands == order::equal;
    case comparison::greater:
      return stands == order::greater;
    case comparison::greater_equal:
      return stands == order::greater || stands == order::equal;
  }
  return false;
}

/// A total order over what may be a map's key; equal exactly where equals() says so.
bool key_less(const value& a, const value& b) noexcept;

}  // namespace nip::cel
