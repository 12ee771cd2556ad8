// W3C trace context: read `traceparent`, make child spans, write it again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace nip::observability {

/// Where in whose trace we are. A plain value; the ids are never all zero.
/// Format: https://www.w3.org/TR/trace-context/
struct trace_context {
  static constexpr std::size_t text_size = 55;  ///< "00-" 32 "-" 16 "-" 2
  static constexpr std::uint8_t sampled_flag = 1;

  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  std::uint8_t flags = 0;

  bool sampled() const noexcept { return (flags & sampled_flag) != 0; }
  bool operator==(const trace_context&) const = default;
};

/// Reads a `traceparent`. Nothing when it is not valid: the specification wants such a header to be
/// ignored and a new trace begun. A version newer than 00 is read by its first four fields; flags
/// that we do not know are dropped, because they must not be passed on.
std::optional<trace_context> parse_traceparent(std::string_view text) noexcept;

/// Writes version 00 into `out`, which has room for text_size characters; returns the end.
char* format_traceparent(const trace_context& what, char* out) noexcept;
std::string format_traceparent(const trace_context& what);

/// The same trace and flags under a new random span id.
trace_context child_of(const trace_context& parent, random_source& random) noexcept;
/// A new trace with a random id.
trace_context new_trace(random_source& random, bool sampled) noexcept;

}  // namespace nip::observability
