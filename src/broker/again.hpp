// A stored message as a new one, caused by the old: what a replay or a changed dead letter sends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "message/codec.hpp"

namespace nip::broker {

/// Why a message goes again. Each stands under its own key of the new message's metadata, so that
/// a search finds what one of them sent.
enum class again : std::uint8_t { replay, redrive };

/// Writes many of them, one after the other. One thread at a time.
class again_writer {
 public:
  /// Appends the envelope of the new message to `out`, and message::padding zero bytes that are not
  /// part of the returned view, which is valid until `out` changes. It has no id, timestamp or
  /// idempotency key of the old, so that it is no repeat of it; `causation_id` is the old id; a
  /// deadline that is a time (and not a duration) is left out, since it lies in the past. `mark` is
  /// JSON, the value of `metadata.replay` or `metadata.redrive`. A replay counts as one hop more,
  /// so that messages which replays keep bringing back end as a loop; a redrive begins at none and
  /// is bounded by its own count.
  std::string_view write(std::string& out, const message::parsed& old, again why,
                         std::string_view mark);

 private:
  std::string cause_;
  std::string hops_;
  std::string deadline_;
};

}  // namespace nip::broker
