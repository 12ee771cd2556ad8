#include "config/problems.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nip::config {
namespace {

// A line longer than this is cut around the caret, so that a message stays readable.
constexpr std::size_t line_shown_max = 120;

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t i = 1; i < number; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

/// Columns count code points; this is the byte where one starts, and tabs keep their width.
std::string padding_before(std::string_view line, std::uint32_t column) {
  std::string blank;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
    if (blank.size() + 1 >= column) break;
    blank += c == '\t' ? '\t' : ' ';
  }
  return blank;
}

}  // namespace

std::string describe(const place& at, std::string_view message) {
  std::string out = fmt::format("{}: {}", at.text(), message);
  if (!at.in || at.line == 0) return out;
  const std::string_view line = line_of(at.in->text, at.line);
  if (line.empty() || at.column > line_shown_max) return out;
  const std::string gutter = fmt::format("{:>5} | ", at.line);
  out += fmt::format("\n{}{}", gutter, line.substr(0, line_shown_max));
  out += fmt::format("\n{:>6}| {}^", "", padding_before(line, at.column));
  return out;
}

void problems::add(const place& at, std::string_view message) {
  if (++count_ > shown_max) return;
  if (!text_.empty()) text_ += '\n';
  text_ += describe(at, message);
}

status problems::finish() const {
  if (empty()) return {};
  if (count_ <= shown_max) return fail(errc::invalid_argument, text_);
  return fail(errc::invalid_argument, fmt::format("{}\nand {} more", text_, count_ - shown_max));
}

}  // namespace nip::config
