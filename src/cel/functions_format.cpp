// string.format(list): the clauses %s %d %f %e %b %o %x %X and %%.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "cel/functions.hpp"
#include "cel/time.hpp"
#include "cel/write.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

constexpr int precision_default = 6;
constexpr int precision_max = 1000;
constexpr int nesting_max = 32;  // of lists and maps that %s shows

bool append_shown(std::string& out, const value& v, int depth);

bool append_shown_map(std::string& out, const value& map, int depth) {
  std::vector<std::pair<std::string, std::string>> shown;
  for (cursor each(map); each.next();) {
    auto& [key, held] = shown.emplace_back();
    if (!append_shown(key, each.key(), depth) || !append_shown(held, each.held(), depth))
      return false;
  }
  std::ranges::sort(shown);
  out += '{';
  for (std::size_t i = 0; i < shown.size(); ++i) {
    out += fmt::format("{}{}: {}", i > 0 ? ", " : "", shown[i].first, shown[i].second);
  }
  out += '}';
  return true;
}

// %s: text bare, aggregates with their members shown the same way, maps by the text of their keys.
bool append_shown(std::string& out, const value& v, int depth) {
  if (depth > nesting_max) return false;
  switch (v.kind()) {
    case string:
    case bytes:
    case type:
      out += v.as_view();
      return true;
    case real:
      append_real(out, v.as_real());
      return true;
    case timestamp:
      out += format_instant(v.as_instant());
      return true;
    case duration:
      out += format_nanos(v.as_nanos());
      return true;
    case map:
      return append_shown_map(out, v, depth + 1);
    case list: {
      out += '[';
      bool first = true;
      for (cursor each(v); each.next(); first = false) {
        if (!first) out += ", ";
        if (!append_shown(out, each.key(), depth + 1)) return false;
      }
      out += ']';
      return true;
    }
    case null:
    case boolean:
    case integer:
    case uinteger:
      append_json(out, v);
      return true;
    default:
      return false;
  }
}

bool append_decimal(std::string& out, const value& v) {
  if (v.is(integer) || v.is(uinteger)) {
    append_json(out, v);
    return true;
  }
  if (!v.is(real) || std::isfinite(v.as_real())) return false;
  append_real(out, v.as_real());
  return true;
}

bool append_fraction(std::string& out, const value& v, int precision, bool scientific) {
  double number = 0;
  if (v.is(real)) {
    number = v.as_real();
  } else if (v.is(integer)) {
    number = static_cast<double>(v.as_integer());
  } else if (v.is(uinteger)) {
    number = static_cast<double>(v.as_uinteger());
  } else {
    return false;
  }
  if (!std::isfinite(number)) {
    append_real(out, number);
  } else if (scientific) {
    out += fmt::format("{:.{}e}", number, precision);
  } else {
    out += fmt::format("{:.{}f}", number, precision);
  }
  return true;
}

// %b %o %x %X of a whole number, with its sign before the digits.
bool append_based(std::string& out, const value& v, char clause) {
  std::uint64_t magnitude = v.as_uinteger();
  if (v.is(integer) && v.as_integer() < 0) {
    out += '-';
    magnitude = 0 - magnitude;
  }
  switch (clause) {
    case 'b':
      out += fmt::format("{:b}", magnitude);
      return true;
    case 'o':
      out += fmt::format("{:o}", magnitude);
      return true;
    case 'x':
      out += fmt::format("{:x}", magnitude);
      return true;
    default:
      out += fmt::format("{:X}", magnitude);
      return true;
  }
}

bool append_digits(std::string& out, const value& v, char clause) {
  if (v.is(integer) || v.is(uinteger)) return append_based(out, v, clause);
  if (v.is(boolean) && clause == 'b') {
    out += v.as_bool() ? '1' : '0';
    return true;
  }
  if (clause == 'b' || clause == 'o' || !(v.is(string) || v.is(bytes))) return false;
  for (const char c : v.as_view()) {
    const auto octet = static_cast<unsigned char>(c);
    out += clause == 'x' ? fmt::format("{:02x}", octet) : fmt::format("{:02X}", octet);
  }
  return true;
}

bool append_clause(std::string& out, const value& v, char clause, int precision) {
  switch (clause) {
    case 's':
      return append_shown(out, v, 0);
    case 'd':
      return append_decimal(out, v);
    case 'f':
      return append_fraction(out, v, precision, false);
    case 'e':
      return append_fraction(out, v, precision, true);
    case 'b':
    case 'o':
    case 'x':
    case 'X':
      return append_digits(out, v, clause);
    default:
      return false;
  }
}

// Reads ".N" before a clause's letter; nothing when it is malformed or too large.
std::optional<int> read_precision(std::string_view& rest) {
  if (!rest.starts_with('.')) return precision_default;
  int precision = 0;
  const auto [end, failed] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), precision);
  if (failed != std::errc() || precision < 0 || precision > precision_max) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return precision;
}

value format(runtime& run, arguments a) noexcept {
  if (!a[0].is(string) || !a[1].is(list)) return no_overload();
  std::string_view rest = a[0].as_view();
  std::string out;
  cursor items(a[1]);
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('%'), rest.size());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (rest.starts_with('%')) {
      out += '%';
      rest.remove_prefix(1);
      continue;
    }
    const auto precision = read_precision(rest);
    if (!precision || rest.empty())
      return value::failure(eval_errc::invalid_argument, a[0].as_view());
    if (!items.next()) return value::failure(eval_errc::index_out_of_range, a[0].as_view());
    const std::size_t before = out.size();
    if (!append_clause(out, items.key(), rest[0], *precision)) {
      return value::failure(eval_errc::invalid_argument, a[0].as_view());
    }
    if (!run.charge(text_cost(out.size() - before))) return no_cost();
    rest.remove_prefix(1);
  }
  return keep_string(run, out);
}

constexpr function_spec specs[] = {
    {"format", "string.(list<dyn>) -> string", format},
};

}  // namespace

std::span<const function_spec> format_functions() { return specs; }

}  // namespace nip::cel
