#include "router/index/affix_set.hpp"

#include <algorithm>

namespace nip::router {
namespace {

bool char_less(char a, char b) {
  return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
}

}  // namespace

std::string affix_set::oriented(std::string_view text) const {
  std::string out(text);
  if (end_ == end::back) std::ranges::reverse(out);
  return out;
}

void affix_set::add(std::string_view affix) { affixes_.push_back(oriented(affix)); }

void affix_set::finish() {
  std::ranges::sort(affixes_);
  const auto twice = std::ranges::unique(affixes_);
  affixes_.erase(twice.begin(), twice.end());
  const auto count = static_cast<std::uint32_t>(affixes_.size());
  shorter_.assign(count, none_code);
  last_.resize(count);
  // The affixes that the present one begins with, shortest first.
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < count; ++i) {
    for (; !open.empty() && !affixes_[i].starts_with(affixes_[open.back()]); open.pop_back())
      last_[open.back()] = first_code + i - 1;
    if (!open.empty()) shorter_[i] = first_code + open.back();
    open.push_back(i);
  }
  for (const auto each : open) last_[each] = first_code + count - 1;
}

bool affix_set::begins(std::string_view text, const std::string& affix) const noexcept {
  if (end_ == end::front) return text.starts_with(affix);
  return text.size() >= affix.size() && std::equal(affix.begin(), affix.end(), text.rbegin());
}

bool affix_set::before(std::string_view text, const std::string& affix) const noexcept {
  if (end_ == end::front) return text < affix;
  return std::lexicographical_compare(text.rbegin(), text.rend(), affix.begin(), affix.end(),
                                      char_less);
}

std::uint32_t affix_set::code_of(std::string_view text) const noexcept {
  // All that the text begins with are among the last one that does not stand behind it and those
  // that one begins with.
  const auto behind =
      std::ranges::partition_point(affixes_, [&](const auto& one) { return !before(text, one); });
  if (behind == affixes_.begin()) return none_code;
  auto code = first_code + static_cast<std::uint32_t>(behind - affixes_.begin()) - 1;
  while (code != none_code && !begins(text, affixes_[code - first_code])) code = shorter(code);
  return code;
}

code_interval affix_set::interval_of(std::string_view affix) const noexcept {
  const auto at = std::ranges::lower_bound(affixes_, oriented(affix));
  const auto place = static_cast<std::uint32_t>(at - affixes_.begin());
  return {first_code + place, last_[place]};
}

std::size_t affix_set::bytes() const {
  std::size_t sum = affixes_.capacity() * sizeof(std::string) + 8 * shorter_.capacity();
  for (const auto& each : affixes_) sum += each.capacity();
  return sum;
}

}  // namespace nip::router
