// Text from and to other forms: base64, quoting.
#include <string>

#include "base/base64.hpp"
#include "cel/functions.hpp"
#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

value encode(runtime& run, arguments a) noexcept {
  if (!a[0].is(bytes)) return no_overload();
  if (!run.charge(text_cost(2 * a[0].as_view().size()))) return no_cost();
  std::string text;
  append_base64(text, a[0].as_view());
  return keep_string(run, text);
}

// Padding may be left away.
value decode(runtime& run, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  if (!run.charge(text_cost(a[0].as_view().size()))) return no_cost();
  std::string text(a[0].as_view());
  while (text.size() % 4 != 0) text += '=';
  const auto octets = decode_base64(text);
  if (!octets) return value::failure(eval_errc::invalid_argument, a[0].as_view());
  const value kept = keep_string(run, *octets);
  return kept.is_error() ? kept : value::bytes(kept.as_view());
}

// As a literal of the language, one line long.
value quote(runtime& run, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  if (!run.charge(text_cost(2 * a[0].as_view().size()))) return no_cost();
  constexpr std::string_view special = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view letters = "abfnrtv\\\"";
  std::string quoted = "\"";
  for (const char c : a[0].as_view()) {
    const auto found = special.find(c);
    if (found != std::string_view::npos) {
      quoted += '\\';
      quoted += letters[found];
    } else {
      quoted += c;
    }
  }
  return keep_string(run, quoted + '"');
}

constexpr function_spec specs[] = {
    {"base64.encode", "(bytes) -> string", encode},
    {"base64.decode", "(string) -> bytes", decode},
    {"strings.quote", "(string) -> string", quote},
};

}  // namespace

std::span<const function_spec> encoding_functions() { return specs; }

}  // namespace nip::cel
