// What is wrong with a configuration, each with its place, its line and a caret.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/tree.hpp"

namespace nip::config {

/// `nip.yaml:12:3: MESSAGE`, then the line of the file and a caret under the column.
std::string describe(const place& at, std::string_view message);

/// Collects what is wrong, so that one run shows an operator everything and not only the first.
class problems {
 public:
  /// More are counted but not shown.
  static constexpr std::size_t shown_max = 20;

  void add(const place& at, std::string_view message);
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  /// errc::invalid_argument with everything that was added, or success when nothing was.
  status finish() const;

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace nip::config
