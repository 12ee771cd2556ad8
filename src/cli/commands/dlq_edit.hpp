// Changing a dead letter's message: in an editor, or by a patch that is given.
#pragma once

#include <cstdint>
#include <string>

#include "cli/session.hpp"

namespace nip::cli {

struct edit_options {
  std::uint64_t seq = 0;
  std::string patch;     ///< a file, JSON text, or -; empty: $EDITOR
  std::string redirect;  ///< another target
  bool force = false;
};

/// Shows {data, metadata} of the message in $EDITOR (or $VISUAL), or takes the patch, and sends
/// what changed. Nothing changed: nothing is sent, exit_code::failed.
outcome<exit_code> edit_letter(session& now, const edit_options& chosen);

/// The JSON merge patch (RFC 7396) that turns `before` into `after`.
nlohmann::json merge_patch_between(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace nip::cli
