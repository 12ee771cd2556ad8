#include "cel/write.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/base64.hpp"
#include "base/json_write.hpp"
#include "cel/aggregate.hpp"
#include "cel/network.hpp"
#include "cel/time.hpp"

namespace nip::cel {

namespace {

void append_octets(std::string& out, std::string_view octets) {
  out += "b\"";
  for (const char c : octets) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= 0x20 && c < 0x7F) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  out += '"';
}

void append_json_real(std::string& out, double number) {
  if (std::isfinite(number)) {
    fmt::format_to(std::back_inserter(out), "{}", number);
  } else {
    out += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  }
}

void append_member_name(std::string& out, const value& key) {
  if (key.is(value_kind::string)) {
    append_json(out, key);
  } else {
    out += '"';
    append_json(out, key);
    out += '"';
  }
}

template <class AppendKey, class AppendValue>
void append_map(std::string& out, const value& map, AppendKey append_key,
                AppendValue append_value) {
  out += '{';
  const char* separator = "";
  for (cursor each(map); each.next(); separator = ", ") {
    out += separator;
    append_key(out, each.key());
    out += ": ";
    append_value(out, each.held());
  }
  out += '}';
}

template <class AppendValue>
void append_list(std::string& out, const value& list, AppendValue append_value) {
  out += '[';
  const char* separator = "";
  for (cursor each(list); each.next(); separator = ", ") {
    out += separator;
    append_value(out, each.key());
  }
  out += ']';
}

// The fewest digits that read back, without an exponent from 1e-6 to 1e21.
void append_shortest(std::string& out, double number) {
  constexpr int plain_exponent_min = -6;
  constexpr int plain_exponent_max = 20;
  constexpr std::size_t text_max = 32;
  std::array<char, text_max> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(number),
                                 std::chars_format::scientific);
  std::string digits(buffer.data(), end.ptr);
  const auto mark = digits.find('e');
  const int exponent = std::stoi(digits.substr(mark + 1));
  digits.resize(mark);
  if (digits.size() > 1) digits.erase(1, 1);
  if (std::signbit(number)) out += '-';
  if (exponent < plain_exponent_min || exponent > plain_exponent_max) {
    if (digits.size() > 1) digits.insert(1, ".");
    fmt::format_to(std::back_inserter(out), "{}e{:+}", digits, exponent);
  } else if (exponent < 0) {
    out += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    if (digits.size() > whole) digits.insert(whole, ".");
    out += digits;
  }
}

void append_optional(std::string& out, const value& v) {
  if (v.held() == nullptr) {
    out += "optional.none()";
    return;
  }
  out += "optional.of(";
  append_literal(out, *v.held());
  out += ')';
}

}  // namespace

void append_json(std::string& out, const value& v) {
  switch (v.kind()) {
    case value_kind::null:
      out += "null";
      return;
    case value_kind::boolean:
      out += v.as_bool() ? "true" : "false";
      return;
    case value_kind::integer:
      fmt::format_to(std::back_inserter(out), "{}", v.as_integer());
      return;
    case value_kind::uinteger:
      fmt::format_to(std::back_inserter(out), "{}", v.as_uinteger());
      return;
    case value_kind::real:
      append_json_real(out, v.as_real());
      return;
    case value_kind::string:
    case value_kind::type:
      append_json_string(out, v.as_view());
      return;
    case value_kind::bytes:
      out += '"';
      append_base64(out, v.as_view());
      out += '"';
      return;
    case value_kind::timestamp:
      append_json_string(out, format_instant(v.as_instant()));
      return;
    case value_kind::duration:
      append_json_string(out, format_nanos(v.as_nanos()));
      return;
    case value_kind::ip:
      append_json_string(out, format_address(v.as_address()));
      return;
    case value_kind::cidr:
      append_json_string(out, format_range(v.as_range()));
      return;
    case value_kind::list:
      append_list(out, v, append_json);
      return;
    case value_kind::map:
      append_map(out, v, append_member_name, append_json);
      return;
    case value_kind::optional:
      append_json(out, v.held() == nullptr ? value() : *v.held());
      return;
    case value_kind::error:
      out += "{\"error\": ";
      append_json_string(out, error_text(v));
      out += '}';
      return;
  }
}

void append_literal(std::string& out, const value& v) {
  switch (v.kind()) {
    case value_kind::uinteger:
      fmt::format_to(std::back_inserter(out), "{}u", v.as_uinteger());
      return;
    case value_kind::real: {
      const std::size_t start = out.size();
      append_real(out, v.as_real());
      if (!std::isfinite(v.as_real())) {
        out = out.substr(0, start) + "double(\"" + out.substr(start) + "\")";
      } else if (out.find_first_of(".e", start) == std::string::npos) {
        out += ".0";
      }
      return;
    }
    case value_kind::bytes:
      append_octets(out, v.as_view());
      return;
    case value_kind::type:
      out += v.as_view();
      return;
    case value_kind::timestamp:
      out += "timestamp(\"" + format_instant(v.as_instant()) + "\")";
      return;
    case value_kind::duration:
      out += "duration(\"" + format_nanos(v.as_nanos()) + "\")";
      return;
    case value_kind::ip:
      out += "ip(\"" + format_address(v.as_address()) + "\")";
      return;
    case value_kind::cidr:
      out += "cidr(\"" + format_range(v.as_range()) + "\")";
      return;
    case value_kind::list:
      append_list(out, v, append_literal);
      return;
    case value_kind::map:
      append_map(out, v, append_literal, append_literal);
      return;
    case value_kind::optional:
      append_optional(out, v);
      return;
    case value_kind::error:
      out += "error(" + error_text(v) + ")";
      return;
    default:
      append_json(out, v);
  }
}

void append_real(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "NaN";
  } else if (std::isinf(number)) {
    out += number > 0 ? "Infinity" : "-Infinity";
  } else {
    append_shortest(out, number);
  }
}

}  // namespace nip::cel
