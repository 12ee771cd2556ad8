#include "router/index/predicate_pool.hpp"

#include <xxhash.h>

#include <algorithm>

namespace nip::router {
namespace {

std::size_t place_of(std::uint64_t key, std::size_t mask) {
  return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15ULL) >> 24) & mask;
}

}  // namespace

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
  // An operand stands for its path as well: a literal and a set are of one path, and what presence
  // asks for is the path itself.
  const std::uint32_t named = by == relation::present ? path : operand;
  const std::uint64_t key =
      std::uint64_t{named} << 8 | static_cast<std::uint64_t>(by) << 1 | (negated ? 1U : 0U);
  const auto fresh = static_cast<std::uint32_t>(predicates_.size());
  const auto number = numbers_.intern(key, fresh);
  if (number == fresh)
    predicates_.push_back({.by = by, .negated = negated, .path = path, .operand = operand});
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
  const auto [from, to] = sets_by_hash_.equal_range(hash);
  for (auto at = from; at != to; ++at)
    if (!members.empty() && sets_[at->second] == members)
      return intern(relation::one_of, negated, path, at->second);
  const auto number = static_cast<std::uint32_t>(sets_.size());
  sets_by_hash_.emplace(hash, number);
  sets_.push_back(std::move(members));
  return intern(relation::one_of, negated, path, number);
}

std::uint32_t predicate_pool::present(bool negated, cel::path_id path, cel::path_id holder) {
  return intern(relation::present, negated, path, holder);
}

}  // namespace nip::router
