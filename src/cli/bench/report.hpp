// What a bench run found, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/bench/options.hpp"
#include "cli/paint.hpp"

namespace nip::cli::bench {

/// A few aligned lines, ending in a newline.
std::string report_text(const options& chosen, const findings& found, const painter& paint);
/// Rates in messages a second, latencies in microseconds.
nlohmann::json report_json(const options& chosen, const findings& found);

std::string_view to_string(traffic kind);

}  // namespace nip::cli::bench
