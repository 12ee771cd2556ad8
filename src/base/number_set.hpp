// A set of numbers that lie close together, one bit each: what of a long journal is not finished.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace nip {

/// Pages of 4,096 numbers that exist while one of them is in the set: 512 bytes a page, so 1 bit a
/// number where it is dense and about 0.6 KB where it is alone. Not thread-safe.
class number_set {
 public:
  static constexpr std::uint64_t page_numbers = 4096;

  /// False when it was there.
  bool insert(std::uint64_t number);
  /// False when it was not there.
  bool erase(std::uint64_t number);
  bool contains(std::uint64_t number) const;
  bool empty() const { return count_ == 0; }
  std::uint64_t size() const { return count_; }
  void clear();
  /// The lowest number from `from` on.
  std::optional<std::uint64_t> next(std::uint64_t from) const;
  std::optional<std::uint64_t> lowest() const { return next(0); }

  /// Calls `visit` with every number, rising.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [page, words] : pages_)
      for (std::size_t w = 0; w < words.size(); ++w)
        for (auto left = words[w]; left != 0; left &= left - 1)
          visit(page * page_numbers + w * word_bits +
                static_cast<std::uint64_t>(std::countr_zero(left)));
  }

  /// Appends the set: for each page its number and its bits, little-endian.
  void save(std::string& out) const;
  /// Reads what save() wrote. Fails with errc::corrupt; the set is then empty.
  status restore(std::string_view image);

 private:
  static constexpr std::size_t word_bits = 64;
  using page_bits = std::array<std::uint64_t, page_numbers / word_bits>;
  static constexpr std::size_t page_image_bytes = sizeof(std::uint64_t) + sizeof(page_bits);
  static_assert(std::endian::native == std::endian::little);

  std::map<std::uint64_t, page_bits> pages_;
  std::uint64_t count_ = 0;
};

}  // namespace nip
