#include "base/number_set.hpp"

#include <algorithm>
#include <cstring>

namespace nip {
namespace {

struct place {
  std::uint64_t page;
  std::size_t word;
  std::uint64_t bit;
};

constexpr place place_of(std::uint64_t number) {
  const auto within = number % number_set::page_numbers;
  return {number / number_set::page_numbers, within / 64, std::uint64_t{1} << within % 64};
}

}  // namespace

bool number_set::insert(std::uint64_t number) {
  const auto at = place_of(number);
  // Numbers come rising, so the page is the last one nearly always.
  auto found = pages_.empty() || pages_.rbegin()->first < at.page
                   ? pages_.try_emplace(pages_.end(), at.page, page_bits{})
                   : pages_.try_emplace(at.page, page_bits{}).first;
  auto& word = found->second[at.word];
  if ((word & at.bit) != 0) return false;
  word |= at.bit;
  ++count_;
  return true;
}

bool number_set::erase(std::uint64_t number) {
  const auto at = place_of(number);
  const auto found = pages_.find(at.page);
  if (found == pages_.end() || (found->second[at.word] & at.bit) == 0) return false;
  found->second[at.word] &= ~at.bit;
  --count_;
  if (found->second[at.word] == 0 &&
      std::ranges::all_of(found->second, [](std::uint64_t word) { return word == 0; }))
    pages_.erase(found);
  return true;
}

bool number_set::contains(std::uint64_t number) const {
  const auto at = place_of(number);
  const auto found = pages_.find(at.page);
  return found != pages_.end() && (found->second[at.word] & at.bit) != 0;
}

void number_set::clear() {
  pages_.clear();
  count_ = 0;
}

std::optional<std::uint64_t> number_set::next(std::uint64_t from) const {
  const auto at = place_of(from);
  for (auto found = pages_.lower_bound(at.page); found != pages_.end(); ++found) {
    const bool first = found->first == at.page;
    for (std::size_t w = first ? at.word : 0; w < found->second.size(); ++w) {
      auto word = found->second[w];
      if (first && w == at.word) word &= ~(at.bit - 1);
      if (word != 0)
        return found->first * page_numbers + w * word_bits +
               static_cast<std::uint64_t>(std::countr_zero(word));
    }
  }
  return std::nullopt;
}

void number_set::save(std::string& out) const {
  for (const auto& [page, words] : pages_) {
    out.append(reinterpret_cast<const char*>(&page), sizeof page);
    out.append(reinterpret_cast<const char*>(words.data()), sizeof words);
  }
}

status number_set::restore(std::string_view image) {
  clear();
  if (image.size() % page_image_bytes != 0)
    return fail(errc::corrupt, "a set of numbers has a part of a page");
  for (; !image.empty(); image.remove_prefix(page_image_bytes)) {
    std::uint64_t page = 0;
    page_bits words;
    std::memcpy(&page, image.data(), sizeof page);
    std::memcpy(words.data(), image.data() + sizeof page, sizeof words);
    std::uint64_t numbers = 0;
    for (const auto word : words) numbers += static_cast<std::uint64_t>(std::popcount(word));
    const bool rises = pages_.empty() || pages_.rbegin()->first < page;
    if (!rises || numbers == 0 || page > UINT64_MAX / page_numbers) {
      clear();
      return fail(errc::corrupt, "a set of numbers has pages that are empty or do not rise");
    }
    pages_.emplace_hint(pages_.end(), page, words);
    count_ += numbers;
  }
  return {};
}

}  // namespace nip
