// The view of `nip top`: two snapshots in, text out.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/paint.hpp"

namespace nip::cli {

/// What the server said at one moment.
struct snapshot {
  nlohmann::json stats;    ///< GET /v4/stats
  nlohmann::json plugins;  ///< items of GET /v4/plugins
  std::chrono::steady_clock::time_point at;
};

/// What changed between the two, per second, and where things stand now.
std::string screen_text(const std::string& server, const snapshot& before, const snapshot& after,
                        const painter& paint);
/// The same for programs: {"seconds", "rates": {path: per second}, "stats", "plugins"}. In `rates`
/// stands every number of the stats that grew, by its dotted path.
nlohmann::json screen_json(const snapshot& before, const snapshot& after);

}  // namespace nip::cli
