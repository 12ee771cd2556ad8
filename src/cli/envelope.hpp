// Message envelopes out of command-line options.
#pragma once

#include <optional>
#include <string>

#include "cli/outcome.hpp"

namespace nip::cli {

/// What the options of `nip send` say about one message. Absent options leave the envelope alone.
struct envelope_options {
  std::optional<std::string> text;  ///< a whole envelope
  std::optional<std::string> type;
  std::optional<std::string> data;  ///< JSON
  std::optional<std::string> id;
  std::optional<std::string> key;    ///< metadata.ordering_key
  std::optional<std::string> topic;  ///< metadata.topic
};

/// The envelope as JSON text; `text` passes as it is when no other option touches it. Fails with
/// exit_code::usage when there is neither text nor type, or when text or data is not JSON, and says
/// where.
outcome<std::string> build_envelope(const envelope_options& from);

}  // namespace nip::cli
