// Drawings of what the simulator found.
#pragma once

#include <span>
#include <string>

#include "scorer_sim/report.hpp"

namespace nip::scorer_sim {

struct panel {
  std::string title;
  std::vector<series> rows;
};

/// An SVG with a panel for each load: a row for each policy, a dot for the median, the p99 and the
/// p99.9 on a logarithmic axis of milliseconds, means over the seeds.
std::string draw(const std::string& title, std::span<const panel> panels);

}  // namespace nip::scorer_sim
