#include "cel/literal.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

result<std::uint64_t> read_magnitude(std::string_view digits) {
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  }
  std::uint64_t magnitude = 0;
  const auto [end, failed] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (failed != std::errc() || end != digits.data() + digits.size()) {
    return fail(errc::parse, "this number does not fit 64 bits");
  }
  return magnitude;
}

result<value> read_integer(std::string_view digits, bool negative) {
  constexpr std::uint64_t magnitude_min = std::uint64_t{1} << 63;
  NIP_TRY(magnitude, read_magnitude(digits));
  if (magnitude > magnitude_min - (negative ? 0 : 1)) {
    return fail(errc::parse,
                "this number does not fit int (-9223372036854775808 to 9223372036854775807); write "
                "it with a u for uint or with .0 for double");
  }
  return value::integer(static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude));
}

result<value> read_real(std::string_view text, bool negative) {
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed == std::errc::result_out_of_range) {
    // from_chars does not tell too large from too small: the exponent's sign does.
    number = text.find("e-") == std::string_view::npos && text.find("E-") == std::string_view::npos
                 ? HUGE_VAL
                 : 0.0;
  }
  return value::real(negative ? -number : number);
}

// Resolves the escapes of one literal's inside.
class unescaper {
 public:
  unescaper(std::string_view body, bool octets) : body_(body), octets_(octets) {}

  result<std::string> run() {
    while (at_ < body_.size()) {
      if (body_[at_] == '\\') {
        NIP_CHECK(escape());
      } else if (body_[at_] == '\r') {
        // A line end inside a triple-quoted literal is one \n however the file was saved.
        at_ += at_ + 1 < body_.size() && body_[at_ + 1] == '\n' ? 2 : 1;
        out_ += '\n';
      } else {
        out_ += body_[at_++];
      }
    }
    return std::move(out_);
  }
  std::size_t fault() const { return fault_; }

 private:
  status escape() {
    fault_ = at_++;
    if (at_ >= body_.size()) return fail(errc::parse, "a backslash must be followed by something");
    const char c = body_[at_];
    constexpr std::string_view letters = "abfnrtv\\?\"'`";
    constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\?\"'`";
    if (const auto i = letters.find(c); i != std::string_view::npos) {
      ++at_;
      out_ += meanings[i];
      return {};
    }
    switch (c) {
      case 'x':
      case 'X':
        return numeric(1, 2, 16);
      case 'u':
        return octets_ ? unknown(c) : numeric(1, 4, 16);
      case 'U':
        return octets_ ? unknown(c) : numeric(1, 8, 16);
      case '0':
      case '1':
      case '2':
      case '3':
        return numeric(0, 3, 8);
      default:
        return unknown(c);
    }
  }

  status unknown(char c) const {
    if (octets_ && (c == 'u' || c == 'U')) {
      return fail(errc::parse, "bytes take no \\u escapes; write the octets with \\x");
    }
    return fail(errc::parse,
                fmt::format("unknown escape \\{}; a backslash itself is \\\\, and r'...' "
                            "takes everything as it stands",
                            c));
  }

  status numeric(std::size_t skip, std::size_t digits, int base) {
    at_ += skip;
    const std::string_view text = body_.substr(at_, digits);
    std::uint32_t code = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), code, base);
    if (failed != std::errc() || text.size() < digits || end != text.data() + digits) {
      return fail(errc::parse, fmt::format("this escape needs {} {} digits", digits,
                                           base == 8 ? "octal" : "hexadecimal"));
    }
    at_ += digits;
    if (octets_) {
      out_ += static_cast<char>(code);
      return {};
    }
    if (!is_scalar(code)) return fail(errc::parse, "this escape is not a Unicode character");
    append_utf8(out_, code);
    return {};
  }

  std::string_view body_;
  bool octets_;
  std::size_t at_ = 0;
  std::size_t fault_ = 0;
  std::string out_;
};

}  // namespace

result<value> read_number(const token& literal, bool negative) {
  std::string_view digits = literal.text;
  if (literal.kind == token_kind::real) return read_real(digits, negative);
  if (literal.kind == token_kind::integer) return read_integer(digits, negative);
  digits.remove_suffix(1);
  NIP_TRY(magnitude, read_magnitude(digits));
  return value::uinteger(magnitude);
}

result<std::string> read_text(const token& literal, std::uint32_t& where) {
  std::string_view text = literal.text;
  const std::size_t prefix = text.find_first_of("'\"");
  const bool raw = text.substr(0, prefix).find_first_of("rR") != std::string_view::npos;
  text.remove_prefix(prefix);
  const bool triple = text.size() >= 6 && text[1] == text[0] && text[2] == text[0];
  const std::size_t quotes = triple ? 3 : 1;
  const std::string_view body = text.substr(quotes, text.size() - 2 * quotes);
  if (raw) return std::string(body);
  unescaper escapes(body, literal.kind == token_kind::bytes);
  auto resolved = escapes.run();
  where = literal.position + static_cast<std::uint32_t>(prefix + quotes + escapes.fault());
  return resolved;
}

}  // namespace nip::cel
