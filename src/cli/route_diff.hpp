// What other rules would change, as people read it: the answer to a dry run of a replay.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/paint.hpp"

namespace nip::cli {

/// Changed messages that are listed for people; --json has all that the server gave.
inline constexpr std::size_t diff_rows_max = 20;

/// Counts by change, then the first messages with where they went and would go.
void print_diff(std::ostream& to, const nlohmann::json& diff, const painter& paint);

}  // namespace nip::cli
