#include "router/index/predicate_pool.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace nip::router {
namespace {

std::size_t place_of(std::uint64_t key, std::size_t mask) {
  return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15ULL) >> 24) & mask;
}

}  // namespace

number_map::number_map(std::size_t expected)
    : slots_(std::bit_ceil(std::max<std::size_t>(64, 2 * expected + 1))) {}

std::uint32_t number_map::intern(std::uint64_t key, std::uint32_t fresh) {
  if (size_ * 2 >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = place_of(key, mask);
  while (slots_[at].number != UINT32_MAX) {
    if (slots_[at].key == key) return slots_[at].number;
    at = (at + 1) & mask;
  }
  slots_[at] = {key, fresh};
  ++size_;
  return fresh;
}

void number_map::grow() {
  std::vector<slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const slot& one : old) {
    if (one.number == UINT32_MAX) continue;
    std::size_t at = place_of(one.key, mask);
    while (slots_[at].number != UINT32_MAX) at = (at + 1) & mask;
    slots_[at] = one;
  }
}

literal_table& predicate_pool::table_of(relation by) {
  if (by == relation::equal) return equal_;
  if (by == relation::member) return member_;
  return is_order(by) ? order_ : text_;
}

std::uint32_t predicate_pool::intern(relation by, bool negated, cel::path_id path,
                                     std::uint32_t operand) {
  const std::uint32_t named = by == relation::present ? path : operand;
  auto& row = numbers_[2 * static_cast<std::size_t>(by) + (negated ? 1 : 0)];
  if (row.size() <= named) row.resize(std::max<std::size_t>(named + 1, row.size() * 2));
  auto& number = row[named];
  if (number == 0) {
    number = static_cast<std::uint32_t>(predicates_.size());
    predicates_.push_back({.by = by, .negated = negated, .path = path, .operand = operand});
  }
  ++predicates_[number].uses;
  return number;
}

std::uint32_t predicate_pool::constant(relation by, bool negated, cel::path_id path,
                                       const literal& operand) {
  return intern(by, negated, path, table_of(by).intern(path, operand));
}

std::uint32_t predicate_pool::one_of(bool negated, cel::path_id path,
                                     std::vector<std::uint32_t> members) {
  std::ranges::sort(members);
  const auto twice = std::ranges::unique(members);
  members.erase(twice.begin(), twice.end());
  // Members are of the path; an empty set has to say of which.
  const auto hash = XXH3_64bits_withSeed(members.data(), members.size() * sizeof(members[0]), path);
  const auto fresh = static_cast<std::uint32_t>(sets_.size());
  const auto known = sets_by_hash_.intern(hash, fresh);
  if (known != fresh && !members.empty() && std::ranges::equal(set(known), members))
    return intern(relation::one_of, negated, path, known);
  sets_.push_back({static_cast<std::uint32_t>(set_members_.size()),
                   static_cast<std::uint32_t>(members.size())});
  set_members_.insert(set_members_.end(), members.begin(), members.end());
  return intern(relation::one_of, negated, path, fresh);
}

std::uint32_t predicate_pool::present(bool negated, cel::path_id path, cel::path_id holder) {
  return intern(relation::present, negated, path, holder);
}

}  // namespace nip::router
