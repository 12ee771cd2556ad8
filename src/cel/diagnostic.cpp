#include "cel/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

constexpr std::size_t shown_before_max = 60;  // code points left of the caret
constexpr std::size_t shown_after_max = 40;

std::size_t line_start(std::string_view source, std::size_t offset) {
  const auto newline = source.substr(0, offset).rfind('\n');
  return newline == std::string_view::npos ? 0 : newline + 1;
}

// Control characters would move the caret; they are shown as spaces.
std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return out;
}

std::string_view last_code_points(std::string_view text, std::size_t count) {
  const std::size_t all = code_points(text);
  return all <= count ? text : text.substr(byte_offset(text, all - count).value_or(0));
}

}  // namespace

position position_of(std::string_view source, std::uint32_t offset) {
  const std::string_view before = source.substr(0, std::min<std::size_t>(offset, source.size()));
  const auto lines = std::ranges::count(before, '\n');
  const std::string_view line = before.substr(line_start(source, before.size()));
  return {static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(code_points(line) + 1)};
}

std::string show(std::string_view source, std::uint32_t offset, std::string_view message) {
  const position at = position_of(source, offset);
  const std::size_t place = std::min<std::size_t>(offset, source.size());
  const std::size_t start = line_start(source, place);
  const std::size_t end = std::min(source.find('\n', place), source.size());
  const std::string_view left =
      last_code_points(source.substr(start, place - start), shown_before_max);
  const std::string_view rest = source.substr(place, end - place);
  const std::string_view right =
      rest.substr(0, byte_offset(rest, shown_after_max).value_or(rest.size()));
  return fmt::format("{}:{}: {}\n  {}{}\n  {:{}}^", at.line, at.column, message, printable(left),
                     printable(right), "", code_points(left));
}

std::unexpected<error> compile_failure(errc code, std::string_view source, std::uint32_t offset,
                                       std::string_view message, std::source_location where) {
  return fail(code, show(source, offset, message), where);
}

}  // namespace nip::cel
