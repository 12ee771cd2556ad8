// The atoms of rules: one path compared with constants.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cel/path.hpp"

namespace nip::router {

/// How a predicate asks. All but `present` are errors, so neither true nor false, when the path is
/// absent or of a type that the comparison does not take.
enum class relation : std::uint8_t {
  equal,   ///< path == constant
  one_of,  ///< path in [constants]
  less,    ///< path < constant, and so on
  less_equal,
  greater,
  greater_equal,
  prefix,   ///< path.startsWith(constant)
  suffix,   ///< path.endsWith(constant)
  pattern,  ///< path.matches(constant)
  present,  ///< has(path)
  member,   ///< constant in path, a list or the keys of a map; only asked, never negated
};

constexpr std::size_t relations = 1 + static_cast<std::size_t>(relation::member);

/// One distinct predicate of a set of rules. `negated` asks that it is false, which is not the same
/// as not true: on an error neither holds.
struct predicate {
  relation by = relation::equal;
  bool negated = false;
  cel::path_id path = cel::no_path;
  /// The constant's number in its literal_table; of one_of: the number of its set; of present: the
  /// path that would hold the field.
  std::uint32_t operand = 0;
  std::uint32_t uses = 0;  ///< places in rules that ask it
};

constexpr bool is_order(relation by) {
  return by >= relation::less && by <= relation::greater_equal;
}

}  // namespace nip::router
