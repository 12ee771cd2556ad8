// Interns the predicates of a set of rules while its index is built.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "router/index/literal_table.hpp"
#include "router/index/predicate.hpp"

namespace nip::router {

/// Numbers from 64-bit keys that the caller makes distinct: open addressing, 12 bytes an entry.
class number_map {
 public:
  /// For about so many keys.
  explicit number_map(std::size_t expected = 0);
  /// The number of `key`; `fresh` becomes it when the key is new.
  std::uint32_t intern(std::uint64_t key, std::uint32_t fresh);
  std::size_t size() const { return size_; }

 private:
  struct slot {
    std::uint64_t key = 0;
    std::uint32_t number = UINT32_MAX;
  };
  void grow();
  std::vector<slot> slots_;
  std::size_t size_ = 0;
};

/// Each distinct predicate has one number, dense from first_number. Number 0 is always true.
class predicate_pool {
 public:
  static constexpr std::uint32_t first_number = 1;

  /// A predicate over one constant. The kinds of constant that the relation takes: equal and member
  /// any, the orders numbers and strings, the others strings.
  std::uint32_t constant(relation by, bool negated, cel::path_id path, const literal& operand);
  /// path in [members]; members are numbers in equal_literals(), in any order.
  std::uint32_t one_of(bool negated, cel::path_id path, std::vector<std::uint32_t> members);
  std::uint32_t present(bool negated, cel::path_id path, cel::path_id holder);

  std::span<const predicate> all() const { return predicates_; }
  predicate& operator[](std::uint32_t number) { return predicates_[number]; }
  const predicate& operator[](std::uint32_t number) const { return predicates_[number]; }

  /// The constants of equal and one_of.
  literal_table& equal_literals() { return equal_; }
  /// Those of the orders.
  literal_table& order_literals() { return order_; }
  /// Those of member.
  literal_table& member_literals() { return member_; }
  /// Those of prefix, suffix and pattern.
  literal_table& text_literals() { return text_; }
  /// A set's members, ascending.
  std::span<const std::uint32_t> set(std::uint32_t number) const {
    return std::span(set_members_).subspan(sets_[number].first, sets_[number].count);
  }
  std::size_t sets() const { return sets_.size(); }

 private:
  std::uint32_t intern(relation by, bool negated, cel::path_id path, std::uint32_t operand);
  literal_table& table_of(relation by);

  std::vector<predicate> predicates_ = std::vector<predicate>(first_number);
  // By relation and whether it is negated: numbers by operand, 0 for what was not seen. An operand
  // stands for its path as well: a literal and a set are of one path, and what presence asks for is
  // the path itself.
  std::array<std::vector<std::uint32_t>, 2 * relations> numbers_;
  literal_table equal_;
  literal_table order_;
  literal_table text_;
  literal_table member_;
  struct set_row {
    std::uint32_t first;  ///< in set_members_
    std::uint32_t count;
  };
  std::vector<set_row> sets_;
  std::vector<std::uint32_t> set_members_;
  number_map sets_by_hash_;
};

}  // namespace nip::router
