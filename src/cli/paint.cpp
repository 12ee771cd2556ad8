#include "cli/paint.hpp"

namespace nip::cli {
namespace {

std::string_view sequence_of(colour shade) {
  switch (shade) {
    case colour::none:
      return "";
    case colour::bold:
      return "\x1b[1m";
    case colour::dim:
      return "\x1b[2m";
    case colour::red:
      return "\x1b[31m";
    case colour::green:
      return "\x1b[32m";
    case colour::yellow:
      return "\x1b[33m";
    case colour::cyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

std::string painter::operator()(colour shade, std::string_view text) const {
  if (!on_ || shade == colour::none || text.empty()) return std::string(text);
  std::string painted(sequence_of(shade));
  painted += text;
  painted += "\x1b[0m";
  return painted;
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  bool escaped = false;
  for (const unsigned char c : text) {
    if (escaped) {
      escaped = c != 'm';
    } else if (c == 0x1b) {
      escaped = true;
    } else if ((c & 0xC0) != 0x80) {  // a continuation byte belongs to the code point before
      ++columns;
    }
  }
  return columns;
}

}  // namespace nip::cli
