// Writes envelopes that the broker itself makes: replies, emitted messages, added metadata.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "message/codec.hpp"

namespace nip::broker {

/// Keys and values put in front of an envelope's metadata; a value is JSON text.
using metadata_pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// What a composed envelope takes instead of, or in addition to, the one it is made from. Empty: as
/// it is.
struct replacement {
  std::string_view type = {};
  std::string_view source = {};
  std::string_view correlation_id = {};
  std::string_view id = {};
  bool new_identity = false;     ///< leave id and timestamp out: it is another message
  metadata_pairs metadata = {};  ///< these win over equal keys of the envelope
};

/// Appends to `out` the envelope `from` with `with` applied, and message::padding zero bytes that
/// are not part of the returned view. The view is valid until `out` changes.
std::string_view compose(std::string& out, const message::parsed& from, const replacement& with);

/// JSON text of a string, quotes included.
std::string quoted(std::string_view text);

}  // namespace nip::broker
