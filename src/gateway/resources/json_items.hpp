// The entries of a JSON array or of NDJSON, as views into the text.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace nip::gateway::resources {

/// The elements of `text`, one JSON array; each is one value, not looked into. `text` is valid
/// UTF-8 or refused, and followed by message::padding readable bytes. Fails with errc::parse, or
/// with errc::too_large for more than `entries_max`.
result<std::vector<std::string_view>> array_items(std::string_view text, std::size_t entries_max);

/// The lines of `text` that are not blank. Fails with errc::too_large for more than `entries_max`.
result<std::vector<std::string_view>> line_items(std::string_view text, std::size_t entries_max);

}  // namespace nip::gateway::resources
