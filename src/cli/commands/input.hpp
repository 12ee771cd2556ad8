// JSON that an option names: a file, the text itself, or stdin.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cli/session.hpp"

namespace nip::cli {

/// "-" reads stdin; text that starts with `{`, `[` or `"` is itself the JSON; anything else is a
/// file's path. Fails with exit_code::usage; `what` names the thing in the text.
outcome<std::string> read_text(session& now, const std::string& source, std::string_view what);
/// The same, parsed.
outcome<nlohmann::json> read_json(session& now, const std::string& source, std::string_view what);

}  // namespace nip::cli
