#include "gateway/http/preferences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/text.hpp"

namespace nip::gateway::http {
namespace {

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  return text;
}

status read_one(std::string_view item, nanoseconds wait_max, preferences& into) {
  std::string_view value = take_until(item, ';');  // parameters behind ';' are not for us
  const std::string_view name = trim(take_until(value, '='));
  value = unquoted(trim(value));
  if (equals_ignoring_case(name, "ack")) {
    into.level = message::parse_ack_level(value);
    if (!into.level)
      return fail(
          errc::invalid_argument,
          fmt::format("Prefer: ack={}; expected memory, buffered, fsync or replicated", value));
  } else if (equals_ignoring_case(name, "wait")) {
    // RFC 7240 knows whole seconds; fractions are taken too, as in the WebSocket's `wait`.
    double seconds = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (parsed.ec != std::errc{} || parsed.ptr != value.data() + value.size() ||
        !(seconds >= 0 && seconds <= 1e9))
      return fail(errc::invalid_argument,
                  fmt::format("Prefer: wait={}; expected a number of seconds", value));
    into.wait = std::min(nanoseconds(static_cast<std::int64_t>(seconds * 1e9)), wait_max);
  }
  return {};
}

status read_field(std::string_view field, nanoseconds wait_max, preferences& into) {
  while (!field.empty()) NIP_CHECK(read_one(take_until(field, ','), wait_max, into));
  return {};
}

}  // namespace

result<preferences> read_preferences(const request& from, nanoseconds wait_max) {
  preferences found;
  if (!from.prefer_again) {
    NIP_CHECK(read_field(from.prefer, wait_max, found));
    return found;
  }
  for (const header& field : from.headers())
    if (equals_ignoring_case(field.name, "prefer"))
      NIP_CHECK(read_field(field.value, wait_max, found));
  return found;
}

}  // namespace nip::gateway::http
