// The prefixes (or suffixes) that rules ask of one path: which of them a text has, in one search.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "router/index/order_scale.hpp"

namespace nip::router {

/// Sorted, which is the order in which a walk through the trie of them meets them: those that begin
/// with one of them stand in a row behind it. Built once, then read by any thread.
class affix_set {
 public:
  enum class end : std::uint8_t { front, back };
  /// Of a text that has none of them. The affix at place i has code first_code + i.
  static constexpr std::uint32_t none_code = 1;
  static constexpr std::uint32_t first_code = 2;

  explicit affix_set(end of) : end_(of) {}
  void add(std::string_view affix);
  void finish();

  /// The code of the longest affix that `text` has.
  std::uint32_t code_of(std::string_view text) const noexcept;
  /// The codes of an added affix and of those that are longer: the texts that have it.
  code_interval interval_of(std::string_view affix) const noexcept;
  /// The next shorter affix that a text with this one has as well; none_code at the end.
  std::uint32_t shorter(std::uint32_t code) const noexcept { return shorter_[code - first_code]; }
  std::size_t size() const { return affixes_.size(); }
  std::size_t bytes() const;

 private:
  std::string oriented(std::string_view text) const;
  bool begins(std::string_view text, const std::string& affix) const noexcept;
  /// Whether the text, read from its end that counts, stands before the affix.
  bool before(std::string_view text, const std::string& affix) const noexcept;

  end end_;
  std::vector<std::string> affixes_;  // back to front for suffixes
  std::vector<std::uint32_t> shorter_;
  std::vector<std::uint32_t> last_;  // code of the last one that begins with it
};

}  // namespace nip::router
