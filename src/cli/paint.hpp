// Colours on a terminal, and none anywhere else.
#pragma once

#include <string>
#include <string_view>

namespace nip::cli {

enum class colour { none, bold, dim, red, green, yellow, cyan };

/// Wraps text in ANSI sequences when switched on; copies it otherwise.
class painter {
 public:
  explicit painter(bool on = false) : on_(on) {}
  std::string operator()(colour shade, std::string_view text) const;
  bool on() const { return on_; }

 private:
  bool on_;
};

/// Columns that UTF-8 text takes on a terminal: code points, escape sequences not counted.
std::size_t display_width(std::string_view text);

}  // namespace nip::cli
