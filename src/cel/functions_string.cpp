// Functions of one string; positions count code points.
#include <re2/re2.h>

#include <algorithm>

#include "cel/functions.hpp"
#include "cel/regex.hpp"
#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

bool all_text(arguments a) {
  return std::ranges::all_of(a, [](const value& v) { return v.is(string); });
}
value out_of_range() { return value::failure(eval_errc::index_out_of_range); }

value contains(runtime& run, arguments a) noexcept {
  if (!all_text(a)) return no_overload();
  if (!run.charge(text_cost(a[0].as_view().size()))) return no_cost();
  return value::boolean(a[0].as_view().find(a[1].as_view()) != std::string_view::npos);
}

value starts_with(runtime&, arguments a) noexcept {
  if (!all_text(a)) return no_overload();
  return value::boolean(a[0].as_view().starts_with(a[1].as_view()));
}

value ends_with(runtime&, arguments a) noexcept {
  if (!all_text(a)) return no_overload();
  return value::boolean(a[0].as_view().ends_with(a[1].as_view()));
}

// A pattern that is no literal: it has to be compiled here. Literal ones never come here.
value matches(runtime& run, arguments a) noexcept {
  if (!all_text(a)) return no_overload();
  if (!run.charge(regex_compile_cost + text_cost(a[0].as_view().size() * 4))) return no_cost();
  const regex pattern(a[1].as_view());
  if (!pattern.ok()) return value::failure(eval_errc::invalid_argument, a[1].as_view());
  return value::boolean(pattern.found_in(a[0].as_view()));
}

template <char First, char Last, int Shift>
value shift_case(runtime& run, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  const std::string_view text = a[0].as_view();
  if (!run.charge(text_cost(text.size()))) return no_cost();
  char* to = run.memory.array<char>(text.size());
  if (to == nullptr) return no_memory();
  std::ranges::transform(
      text, to, [](char c) { return c >= First && c <= Last ? static_cast<char>(c + Shift) : c; });
  return value::string({to, text.size()});
}

// Turns a code point index into bytes; false when it is no int or lies outside.
bool offset_of(const value& at, std::string_view text, std::size_t& out) {
  if (at.as_integer() < 0) return false;
  const auto offset = byte_offset(text, static_cast<std::size_t>(at.as_integer()));
  out = offset.value_or(0);
  return offset.has_value();
}

value place(std::string_view text, std::size_t found) {
  if (found == std::string_view::npos) return value::integer(-1);
  return value::integer(static_cast<std::int64_t>(code_points(text.substr(0, found))));
}

value index_of(runtime& run, arguments a) noexcept {
  if (!all_text(a.first(2)) || (a.size() == 3 && !a[2].is(integer))) return no_overload();
  const std::string_view text = a[0].as_view();
  if (!run.charge(text_cost(text.size()))) return no_cost();
  std::size_t from = 0;
  if (a.size() == 3 && !offset_of(a[2], text, from)) return out_of_range();
  return place(text, text.find(a[1].as_view(), from));
}

value last_index_of(runtime& run, arguments a) noexcept {
  if (!all_text(a.first(2)) || (a.size() == 3 && !a[2].is(integer))) return no_overload();
  const std::string_view text = a[0].as_view();
  if (!run.charge(text_cost(text.size()))) return no_cost();
  std::size_t from = text.size();
  if (a.size() == 3 && !offset_of(a[2], text, from)) return out_of_range();
  return place(text, text.rfind(a[1].as_view(), from));
}

value char_at(runtime& run, arguments a) noexcept {
  if (!a[0].is(string) || !a[1].is(integer)) return no_overload();
  const std::string_view text = a[0].as_view();
  if (!run.charge(text_cost(text.size()))) return no_cost();
  std::size_t from = 0;
  if (!offset_of(a[1], text, from)) return out_of_range();
  return value::string(from == text.size() ? "" : text.substr(from, code_point_bytes(text, from)));
}

value substring(runtime& run, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  for (const value& at : a.subspan(1)) {
    if (!at.is(integer)) return no_overload();
  }
  const std::string_view text = a[0].as_view();
  if (!run.charge(text_cost(text.size()))) return no_cost();
  std::size_t from = 0;
  std::size_t to = text.size();
  if (!offset_of(a[1], text, from)) return out_of_range();
  if (a.size() == 3 && !offset_of(a[2], text, to)) return out_of_range();
  if (from > to) return out_of_range();
  return value::string(text.substr(from, to - from));
}

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

value trim(runtime& run, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  const std::string_view text = a[0].as_view();
  if (!run.charge(text_cost(text.size()))) return no_cost();
  std::size_t first = text.size();
  std::size_t last = 0;
  for (std::size_t at = 0; at < text.size(); at += code_point_bytes(text, at)) {
    if (is_white_space(code_point_at(text, at))) continue;
    first = std::min(first, at);
    last = at + code_point_bytes(text, at);
  }
  return value::string(first < last ? text.substr(first, last - first) : std::string_view());
}

value reverse(runtime& run, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  const std::string_view text = a[0].as_view();
  if (!run.charge(text_cost(text.size()))) return no_cost();
  char* to = run.memory.array<char>(text.size());
  if (to == nullptr) return no_memory();
  char* end = to + text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = code_point_bytes(text, at);
    end -= bytes;
    std::ranges::copy(text.substr(at, bytes), end);
    at += bytes;
  }
  return value::string({to, text.size()});
}

constexpr function_spec specs[] = {
    {"contains", "string.(string) -> bool", contains},
    {"startsWith", "string.(string) -> bool", starts_with},
    {"endsWith", "string.(string) -> bool", ends_with},
    {"matches", "string.(string) -> bool", matches},
    {"matches", "(string, string) -> bool", matches},
    {"lowerAscii", "string.() -> string", shift_case<'A', 'Z', 'a' - 'A'>},
    {"upperAscii", "string.() -> string", shift_case<'a', 'z', 'A' - 'a'>},
    {"indexOf", "string.(string) -> int", index_of},
    {"indexOf", "string.(string, int) -> int", index_of},
    {"lastIndexOf", "string.(string) -> int", last_index_of},
    {"lastIndexOf", "string.(string, int) -> int", last_index_of},
    {"charAt", "string.(int) -> string", char_at},
    {"substring", "string.(int) -> string", substring},
    {"substring", "string.(int, int) -> string", substring},
    {"trim", "string.() -> string", trim},
    {"reverse", "string.() -> string", reverse},
};

}  // namespace

std::span<const function_spec> string_functions() { return specs; }

}  // namespace nip::cel
