// One HTTP request as views into the bytes that came in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nip::gateway::http {

enum class method : std::uint8_t { get, head, post, put, del, options, other };

std::string_view to_string(method verb);

struct header {
  std::string_view name;  ///< as it came; compare without case
  std::string_view value;
};

/// Valid until the bytes that it was read from move: while its handler runs.
struct request {
  static constexpr std::size_t headers_capacity = 64;

  method verb = method::other;
  std::string_view verb_text;
  std::string_view target;  ///< as it came
  std::string_view path;    ///< of the target, still percent-encoded, without the query
  std::string_view query;   ///< behind the '?', still encoded
  std::string_view head;    ///< request line and fields with the final empty line
  std::string_view body;    ///< decoded of chunks, for handlers of its Content-Encoding too;
                            ///< followed by message::padding readable bytes

  // Fields that have a meaning here; empty when absent.
  std::string_view host;
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view accept;
  std::string_view prefer;
  std::string_view idempotency_key;
  std::string_view traceparent;
  std::string_view request_id;
  std::string_view websocket_protocol;

  std::uint64_t content_length = 0;  ///< of a body that does not come in chunks
  bool chunked = false;
  bool keep_alive = true;
  bool upgrade_websocket = false;
  bool expects_continue = false;
  bool prefer_again = false;  ///< several Prefer fields; `prefer` is the last
  bool cloud_event = false;   ///< has a ce-specversion field: CloudEvents in binary mode

  std::array<header, headers_capacity> header_table;
  std::size_t header_count = 0;

  std::span<const header> headers() const { return {header_table.data(), header_count}; }
  /// The first field of that name, without case; empty when absent.
  std::string_view find(std::string_view name) const;
  /// Back to an empty request; the table's old entries are left to be overwritten.
  void clear();
};

}  // namespace nip::gateway::http
