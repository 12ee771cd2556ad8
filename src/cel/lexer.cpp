#include "cel/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cel/diagnostic.hpp"
#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

constexpr std::array<std::string_view, 19> reserved_words = {
    "as",   "break",   "const",     "continue", "else", "for",  "function", "if", "import", "let",
    "loop", "package", "namespace", "return",   "var",  "void", "while",    "in", "null"};

constexpr std::array<std::string_view, 6> long_symbols = {"==", "!=", "<=", ">=", "&&", "||"};
constexpr std::string_view short_symbols = "<>!+-*/%?:.,()[]{}=";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_quoted(char c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '/' || c == ' ';
}

class lexer {
 public:
  explicit lexer(std::string_view source) : source_(source) {}

  result<std::vector<token>> run() {
    for (skip_blank(); at_ < source_.size(); skip_blank()) {
      NIP_CHECK(next());
    }
    emit(token_kind::end, at_);
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  std::string_view rest() const { return source_.substr(at_); }
  void emit(token_kind kind, std::size_t start) {
    tokens_.push_back(
        {kind, static_cast<std::uint32_t>(start), source_.substr(start, at_ - start)});
  }
  std::unexpected<error> refuse(std::size_t where, std::string_view message) const {
    return compile_failure(errc::parse, source_, static_cast<std::uint32_t>(where), message);
  }

  void skip_blank() {
    for (;;) {
      while (at_ < source_.size() && is_space(source_[at_])) ++at_;
      if (!rest().starts_with("//")) return;
      at_ = std::min(source_.find('\n', at_), source_.size());
    }
  }

  status next() {
    const std::size_t prefix = string_prefix();
    const char c = peek(prefix);
    if (c == '"' || c == '\'') return string(prefix);
    if (is_letter(peek())) return identifier();
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return number();
    if (peek() == '`') return quoted();
    return symbol();
  }

  // Length of an r, b, rb or br (any case) that a quote follows, else 0.
  std::size_t string_prefix() const {
    bool raw = false;
    bool octets = false;
    std::size_t length = 0;
    for (; length < 2; ++length) {
      const char c = peek(length);
      if ((c == 'r' || c == 'R') && !raw)
        raw = true;
      else if ((c == 'b' || c == 'B') && !octets)
        octets = true;
      else
        break;
    }
    const char quote = peek(length);
    return quote == '"' || quote == '\'' ? length : 0;
  }

  status string(std::size_t prefix) {
    const std::size_t start = at_;
    const std::string_view letters = source_.substr(at_, prefix);
    const bool raw = letters.find_first_of("rR") != std::string_view::npos;
    const bool octets = letters.find_first_of("bB") != std::string_view::npos;
    at_ += prefix;
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    const std::string closing(triple ? 3 : 1, quote);
    at_ += closing.size();
    while (!rest().starts_with(closing)) {
      if (at_ >= source_.size() || (!triple && (peek() == '\n' || peek() == '\r'))) {
        return refuse(start, fmt::format("this string has no closing {}", closing));
      }
      at_ += peek() == '\\' && !raw && at_ + 1 < source_.size() ? 2 : 1;
    }
    at_ += closing.size();
    emit(octets ? token_kind::bytes : token_kind::string, start);
    return {};
  }

  status identifier() {
    const std::size_t start = at_;
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    emit(token_kind::identifier, start);
    return {};
  }

  status quoted() {
    const std::size_t start = at_++;
    while (is_quoted(peek())) ++at_;
    if (peek() != '`' || at_ == start + 1) {
      return refuse(
          start, "a name in backticks holds letters, digits, _ . - / or spaces, and ends with `");
    }
    tokens_.push_back({token_kind::quoted, static_cast<std::uint32_t>(start),
                       source_.substr(start + 1, at_ - start - 1)});
    ++at_;
    return {};
  }

  void digits() {
    while (is_digit(peek())) ++at_;
  }

  status number() {
    const std::size_t start = at_;
    token_kind kind = token_kind::integer;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
      at_ += 2;
      while (is_hex(peek())) ++at_;
    } else {
      digits();
      if (peek() == '.' && is_digit(peek(1))) {
        kind = token_kind::real;
        ++at_;
        digits();
      }
      if (exponent()) kind = token_kind::real;
    }
    if (kind == token_kind::integer && (peek() == 'u' || peek() == 'U')) {
      kind = token_kind::uinteger;
      ++at_;
    }
    emit(kind, start);
    if (is_letter(peek()) || is_digit(peek())) {
      return refuse(at_,
                    "a number ends here, but a name follows; put a space or an operator between");
    }
    return {};
  }

  bool exponent() {
    if (peek() != 'e' && peek() != 'E') return false;
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (!is_digit(peek(1 + sign))) return false;
    at_ += 1 + sign;
    digits();
    return true;
  }

  status symbol() {
    const std::size_t start = at_;
    const bool two = std::ranges::find(long_symbols, rest().substr(0, 2)) != long_symbols.end();
    if (!two && short_symbols.find(peek()) == std::string_view::npos) return unknown_character();
    at_ += two ? 2 : 1;
    emit(token_kind::symbol, start);
    return {};
  }

  std::unexpected<error> unknown_character() const {
    const char c = peek();
    if (c == '&' || c == '|') {
      return refuse(at_, fmt::format("CEL has no operator {0}; did you mean \"{0}{0}\"?", c));
    }
    const auto shown = rest().substr(0, code_point_bytes(source_, at_));
    if (static_cast<unsigned char>(c) < 0x20) {
      return refuse(at_, fmt::format("unexpected control character 0x{:02x}", c));
    }
    return refuse(at_, fmt::format("unexpected character {}", shown));
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::vector<token> tokens_;
};

}  // namespace

bool is_reserved(std::string_view word) {
  return word == "true" || word == "false" ||
         std::ranges::find(reserved_words, word) != reserved_words.end();
}

result<std::vector<token>> tokenize(std::string_view source) { return lexer(source).run(); }

}  // namespace nip::cel
