// Many regular expressions, searched for in one pass: an RE2 set.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace nip::cel {

/// Filled by one thread; once finished it does not change, and many threads may search with it. It
/// finds what regex::found_in() finds for each pattern.
class regex_set {
 public:
  /// Memory that program and automata may take.
  explicit regex_set(std::int64_t bytes_max);
  ~regex_set();
  regex_set(regex_set&&) noexcept;
  regex_set& operator=(regex_set&&) noexcept;

  /// False, and nothing is added, when it is not a pattern. Those added are numbered from 0.
  bool add(std::string_view pattern);
  /// False when the memory does not suffice. Nothing can be added afterwards.
  bool finish();
  /// The numbers of the patterns of which some part of `text` is a match, in any order. False, and
  /// `found` says nothing, when the set was not finished or the memory does not suffice.
  bool search(std::string_view text, std::vector<int>& found) const;

 private:
  struct compiled;
  std::unique_ptr<compiled> held_;
};

}  // namespace nip::cel
