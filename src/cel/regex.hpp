// A compiled regular expression: RE2, whose time is linear in the text whatever the pattern.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace nip::cel {

/// What compiling a pattern at run time costs, in units of work.
constexpr std::uint64_t regex_compile_cost = 500;
/// Memory that one pattern may take, automata included.
constexpr std::int64_t regex_bytes_max = std::int64_t{1} << 20;

/// Immutable; many threads may search with one.
class regex {
 public:
  explicit regex(std::string_view pattern);
  ~regex();
  regex(regex&&) noexcept;
  regex& operator=(regex&&) noexcept;

  bool ok() const;
  /// Why the pattern is refused; empty when ok().
  std::string fault() const;
  /// Whether some part of `text` matches.
  bool found_in(std::string_view text) const;

 private:
  std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace nip::cel
