// Functions between strings and lists of strings, and those that rebuild text.
#include <algorithm>
#include <string>

#include "cel/functions.hpp"
#include "cel/utf8.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

// How many times at most; a negative limit and no limit mean always.
std::int64_t limit_of(arguments a, std::size_t at) {
  if (a.size() <= at || a[at].as_integer() < 0) return INT64_MAX;
  return a[at].as_integer();
}

// The end of the next piece of `text` from `from`, where an empty separator cuts after each
// character.
std::size_t piece_end(std::string_view text, std::string_view separator, std::size_t from) {
  if (!separator.empty()) return text.find(separator, from);
  const std::size_t end = from < text.size() ? from + code_point_bytes(text, from) : text.size();
  return end < text.size() ? end : std::string_view::npos;
}

std::size_t count_pieces(std::string_view text, std::string_view separator, std::int64_t limit) {
  std::size_t pieces = 1;
  for (std::size_t from = 0; static_cast<std::int64_t>(pieces) < limit; ++pieces) {
    const std::size_t end = piece_end(text, separator, from);
    if (end == std::string_view::npos) break;
    from = end + separator.size();
  }
  return pieces;
}

value split(runtime& run, arguments a) noexcept {
  if (!a[0].is(string) || !a[1].is(string)) return no_overload();
  if (a.size() == 3 && !a[2].is(integer)) return no_overload();
  const std::string_view text = a[0].as_view();
  const std::string_view separator = a[1].as_view();
  const std::int64_t limit = limit_of(a, 2);
  if (limit == 0 || (text.empty() && separator.empty())) return value::list(nullptr, 0);
  const std::size_t count = count_pieces(text, separator, limit);
  if (!run.charge(count + text_cost(text.size()))) return no_cost();
  value* pieces = run.memory.array<value>(count);
  if (pieces == nullptr) return no_memory();
  std::size_t from = 0;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    const std::size_t end = piece_end(text, separator, from);
    pieces[i] = value::string(text.substr(from, end - from));
    from = end + separator.size();
  }
  pieces[count - 1] = value::string(text.substr(from));
  return value::list(pieces, static_cast<std::uint32_t>(count));
}

value join(runtime& run, arguments a) noexcept {
  if (!a[0].is(list) || (a.size() == 2 && !a[1].is(string))) return no_overload();
  const std::string_view separator = a.size() == 2 ? a[1].as_view() : std::string_view();
  std::string joined;
  bool first = true;
  for (cursor each(a[0]); each.next(); first = false) {
    if (!each.key().is(string)) return no_overload();
    if (!run.charge(1 + (each.key().as_view().size() + separator.size()) / 10)) return no_cost();
    if (!first) joined += separator;
    joined += each.key().as_view();
  }
  return keep_string(run, joined);
}

// `from` replaced by `to`; an empty `from` stands before each character and at the end.
std::string replaced(std::string_view text, std::string_view from, std::string_view to,
                     std::int64_t limit) {
  std::string out;
  std::size_t at = 0;
  for (; limit > 0; --limit) {
    const std::size_t found = from.empty() ? at : text.find(from, at);
    if (found == std::string_view::npos) break;
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    if (!from.empty()) continue;
    if (at >= text.size()) break;
    const std::size_t bytes = code_point_bytes(text, at);
    out += text.substr(at, bytes);
    at += bytes;
  }
  return out.append(text.substr(std::min(at, text.size())));
}

value replace(runtime& run, arguments a) noexcept {
  for (const value& text : a.first(3)) {
    if (!text.is(string)) return no_overload();
  }
  if (a.size() == 4 && !a[3].is(integer)) return no_overload();
  const std::size_t size = a[0].as_view().size();
  // Each character may become one replacement: that much is paid before anything is built.
  if (!run.charge(text_cost(size) + (size + 1) * (a[2].as_view().size() / 10))) return no_cost();
  return keep_string(run, replaced(a[0].as_view(), a[1].as_view(), a[2].as_view(), limit_of(a, 3)));
}

constexpr function_spec specs[] = {
    {"split", "string.(string) -> list<string>", split},
    {"split", "string.(string, int) -> list<string>", split},
    {"join", "list<string>.() -> string", join},
    {"join", "list<string>.(string) -> string", join},
    {"replace", "string.(string, string) -> string", replace},
    {"replace", "string.(string, string, int) -> string", replace},
};

}  // namespace

std::span<const function_spec> text_list_functions() { return specs; }

}  // namespace nip::cel
