#include "message/json_fault.hpp"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace nip::message {
namespace {

std::string quoted(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the end of the text";
  const auto c = static_cast<unsigned char>(text[at]);
  if (c == 0) return "a NUL byte";
  return c > 0x20 && c < 0x7f ? fmt::format("'{}'", text[at]) : fmt::format("byte 0x{:02x}", c);
}

/// Length of the well-formed UTF-8 sequence at `at`, or 0 (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool overlong = lead == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = lead == 0xed && byte(1) > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead < 0xf0 || lead > 0xf4) return 0;
  const bool overlong = lead == 0xf0 && byte(1) < 0x90;
  const bool beyond = lead == 0xf4 && byte(1) > 0x8f;
  return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
}

/// Reads the text once, left to right; open containers are a list of '{' and '['.
class checker {
 public:
  checker(std::string_view text, std::size_t depth_max) : text_(text), depth_max_(depth_max) {}

  std::optional<json_fault> run() {
    if (!start() || !values()) return fault_;
    skip_space();
    if (at_ != text_.size()) expected("nothing after the end of the JSON value");
    return fault_;
  }

 private:
  bool start() {
    if (text_.starts_with("\xEF\xBB\xBF"))
      return fail("a UTF-8 byte order mark; send the text without it");
    skip_space();
    return at_ < text_.size() || fail("there is no JSON value");
  }

  /// One value with everything in it.
  bool values() {
    do {
      skip_space();
      const char c = peek();
      if (c == '{' || c == '[') {
        if (!open(c)) return false;
        if (!closed_at_once_) continue;
      } else if (!scalar()) {
        return false;
      }
      if (!after_value()) return false;
    } while (!open_.empty());
    return true;
  }

  bool open(char c) {
    if (open_.size() == depth_max_) {
      fail(fmt::format("nested deeper than {} levels", depth_max_));
      fault_->too_deep = true;
      return false;
    }
    open_.push_back(c);
    ++at_;
    skip_space();
    closed_at_once_ = peek() == closing(c);
    return closed_at_once_ || c == '[' || key();
  }

  /// Closes what ends here and takes the comma before the next value, if one follows.
  bool after_value() {
    while (!open_.empty()) {
      skip_space();
      const char container = open_.back();
      if (peek() == closing(container)) {
        ++at_;
        open_.pop_back();
        continue;
      }
      if (peek() != ',') {
        return expected(container == '{' ? "',' or '}' after a member"
                                         : "',' or ']' after an element");
      }
      ++at_;
      skip_space();
      return container == '[' || key();
    }
    return true;
  }

  bool key() {
    if (peek() != '"') return expected("a key in double quotes");
    if (!string()) return false;
    skip_space();
    if (peek() != ':') return expected("':' after a key");
    ++at_;
    return true;
  }

  bool scalar() {
    const char c = peek();
    if (c == '"') return string();
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return !is_word_character(peek()) || expected("',' or a closing bracket");
    }
    return expected("a JSON value");
  }

  bool string() {
    const std::size_t from = at_++;
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') return ++at_, true;
      if (c < 0x20) {
        return fail(c == 0 ? "a NUL byte in a string"
                           : "a control character in a string; escape it");
      }
      if (c == '\\') {
        if (!escape()) return false;
        continue;
      }
      const std::size_t length = utf8_length(text_, at_);
      if (length == 0) return fail("not valid UTF-8");
      at_ += length;
    }
    at_ = from;
    return fail("a string is opened here and never closed");
  }

  bool escape() {
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c != 'u') {
      if (c == '\0' || std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos)
        return fail("an escape that JSON does not have");
      at_ += 2;
      return true;
    }
    const int unit = hex4(at_ + 2);
    if (unit < 0) return fail("expected four hexadecimal digits after \\u");
    const bool high = (unit & 0xfc00) == 0xd800;
    const bool paired =
        high && text_.substr(at_ + 6).starts_with("\\u") && (hex4(at_ + 8) & ~0x3ff) == 0xdc00;
    if ((unit & 0xf800) == 0xd800 && !paired) {
      return fail("a lone surrogate; a \\u escape in D800 to DFFF comes in pairs, high then low");
    }
    at_ += paired ? 12 : 6;
    return true;
  }

  /// Four hexadecimal digits as a number, or -1.
  int hex4(std::size_t from) const noexcept {
    if (from + 4 > text_.size()) return -1;
    unsigned value = 0;
    const char* const first = text_.data() + from;
    const auto [end, status] = std::from_chars(first, first + 4, value, 16);
    return status == std::errc() && end == first + 4 ? static_cast<int>(value) : -1;
  }

  bool number() {
    const std::size_t from = at_;
    if (peek() == '-') ++at_;
    const bool zero = peek() == '0';
    if (digits() == 0 || (zero && at_ - from > (text_[from] == '-' ? 2U : 1U))) {
      at_ = from;
      return fail("a number has one digit at least and no leading zero");
    }
    bool integer = true;
    if (peek() == '.') {
      integer = false;
      ++at_;
      if (digits() == 0) return expected("a digit after the decimal point");
    }
    if (peek() == 'e' || peek() == 'E') {
      integer = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (digits() == 0) return expected("a digit in the exponent");
    }
    if (is_word_character(peek())) return expected("',' or a closing bracket");
    return in_range(text_.substr(from, at_ - from), from, integer);
  }

  bool in_range(std::string_view digits, std::size_t from, bool integer) {
    const char* const end = digits.data() + digits.size();
    std::errc outcome{};
    if (!integer) {
      double value = 0;
      outcome = std::from_chars(digits.data(), end, value).ec;
      // Too small counts as zero, as it does in the fast parser.
      if (outcome != std::errc() && digits.find("e-") == std::string_view::npos &&
          digits.find("E-") == std::string_view::npos) {
        at_ = from;
        return fail("a number beyond the range of a double");
      }
      return true;
    }
    if (digits.front() == '-') {
      std::int64_t value = 0;
      outcome = std::from_chars(digits.data(), end, value).ec;
    } else {
      std::uint64_t value = 0;
      outcome = std::from_chars(digits.data(), end, value).ec;
    }
    if (outcome == std::errc()) return true;
    at_ = from;
    return fail("an integer of more than 64 bits; send it as a string, or with an exponent");
  }

  std::size_t digits() noexcept {
    const std::size_t from = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - from;
  }

  static bool is_word_character(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '+' || c == '-';
  }
  static char closing(char open) noexcept { return open == '{' ? '}' : ']'; }
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() noexcept {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool fail(std::string what) {
    fault_ = json_fault{at_, std::move(what)};
    return false;
  }
  bool expected(std::string_view what) {
    return fail(fmt::format("expected {}, got {}", what, quoted(text_, at_)));
  }

  std::string_view text_;
  std::size_t depth_max_;
  std::size_t at_ = 0;
  std::vector<char> open_;
  bool closed_at_once_ = false;
  std::optional<json_fault> fault_;
};

}  // namespace

std::optional<json_fault> find_json_fault(std::string_view text, std::size_t depth_max) {
  return checker(text, depth_max).run();
}

}  // namespace nip::message
