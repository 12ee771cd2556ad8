// The only envelope parser: JSON bytes to checked fields, and checked fields to a message.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "message/message.hpp"

namespace nip::message {

/// Limits of one envelope; each refusal names the limit.
struct codec_limits {
  std::size_t bytes_max = std::size_t{1} << 20;
  std::size_t depth_max = 64;
  std::size_t id_bytes_max =
      256;  ///< also of type, source, correlation_id and metadata's own strings
};

/// A checked envelope before acceptance. Valid until the next parse() of the same codec, and as
/// long as the input bytes live: views point into one or the other.
struct parsed {
  fields view;                      ///< decoded; `id` and `timestamp` may be empty
  std::string_view text;            ///< the whole envelope as it came
  simdjson::dom::element data;      ///< meaningful when view.data is not empty
  simdjson::dom::element metadata;  ///< meaningful when view.metadata is not empty
  bool has_decoded = false;         ///< some view points into the parser, not into the text

  /// Where acceptance puts a value in place of a `null`; offsets into `text`, 0 for none.
  struct nulls {
    std::uint32_t id = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t metadata = 0;
    std::uint32_t traceparent = 0;
  } null_at;
};

/// One a shard; not thread-safe; allocates only while it grows to the largest envelope seen.
class codec {
 public:
  explicit codec(codec_limits limits = {});
  ~codec();

  /// Checks the v4 envelope (a v3 `{id,type,data}` is one too): one JSON object, valid UTF-8,
  /// nothing after it, depth, no duplicate, unknown or wrongly typed envelope key. `text` is
  /// followed by at least message::padding readable bytes. Fails with errc::parse,
  /// errc::invalid_argument or errc::too_large; the detail says where (JSON pointer or byte offset)
  /// and what was expected.
  result<parsed> parse(std::string_view text);

 private:
  struct core;
  std::unique_ptr<core> core_;
};

/// What acceptance fills in.
struct acceptance {
  tenant_id tenant = default_tenant;
  wall_time now;
  std::string_view id;           ///< used when the envelope has none; 36 characters
  std::string_view traceparent;  ///< used when the envelope has none; may be empty
  /// RFC 3339 of `now` when the caller has written it already.
  std::string_view timestamp = {};
};

/// Makes the message: one block of `pool` holding the canonical text. Never fails for a parsed
/// envelope.
message_ptr make_message(buffer_pool& pool, const parsed& envelope, const acceptance& filled);

/// Makes a message from canonical text that was checked before (the journal's). Fails with
/// errc::corrupt.
result<message_ptr> restore_message(buffer_pool& pool, codec& parser, std::string_view text,
                                    tenant_id tenant, wall_time accepted_at);

}  // namespace nip::message
