// Chooses one plugin among candidates: pure, deterministic, no allocation.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace nip::router {

/// Why a candidate cannot be chosen.
enum class absence : std::uint8_t { none, disabled, unhealthy, breaker };
std::string_view to_string(absence why) noexcept;

/// What is known of one candidate at the moment of the choice. Times in nanoseconds.
struct candidate {
  std::string_view name;
  std::uint32_t in_flight = 0;   ///< handed over or queued, not yet completed
  std::uint32_t limit = 1;       ///< how many it takes at once; at least 1
  double latency_median_ns = 0;  ///< of the last completions that met as many; 0: never seen
  double latency_long_ns = 0;    ///< the longest of those; 0: never seen
  double silence_ns = 0;         ///< since it completed anything, while it has something; else 0
  double service_time_ns = 0;    ///< smoothed time of one message; 0: never seen
  double failure_rate = 0;       ///< smoothed share of attempts that failed, 0 to 1
  double time_to_fail_ns = 0;    ///< smoothed time of a failed attempt
  double price = 0;              ///< of one message, in the operator's unit
  bool available = true;         ///< enabled, healthy, breaker closed
  absence why = absence::none;   ///< when it is not available
};

/// Every factor of one candidate's score, for `explain`.
struct score {
  double relative_load = 0;  ///< in_flight / limit
  /// The greatest of what was seen at this load, what the queue implies, and how long it has been
  /// silent.
  double expected_latency_ns = 0;
  double expected_failure_ns = 0;  ///< e/(1-e) × (time to fail + time to retry)
  double cost_ns = 0;              ///< sum of the two above; the lower the better
  double price = 0;
  bool available = true;
  absence why = absence::none;  ///< when it is not available
  bool hot = false;             ///< relative load above the 0.84 quantile of the candidates
  bool meets_deadline = true;   ///< even if it took as long as the longest seen at this load
  bool unseen = false;          ///< never completed anything: tried before the known ones
};

struct choice {
  static constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();
  std::size_t index = nobody;  ///< into the candidates; nobody when none is available
  bool explored = false;       ///< chosen by the 1 % of exploration
};

struct scoring {
  double deadline_ns = std::numeric_limits<double>::infinity();  ///< time left for this message
  double retry_cost_ns = 100e6;  ///< time until the next attempt after a failure
  double exploration = 0.01;     ///< share of choices made at random among cold candidates
};

constexpr std::size_t candidates_max = 64;

/// Lexicographic: available; cold before hot (all hot: least relative load); likely to meet the
/// deadline; unseen before known; when prices differ the cheapest that meets the deadline, else the
/// least expected cost; ties go to the lower index. docs/internals/scorer.md says what it is
/// measured against. At most candidates_max candidates are looked at. When `scores` is not empty it
/// holds at least as many entries as candidates and is filled.
choice choose_best(std::span<const candidate> candidates, const scoring& how, random_source& random,
                   std::span<score> scores = {});

/// Picks by weight among the available; `draw` is uniform in [0,1) (or a hash, for stickiness).
/// choice::nobody when no available candidate has a weight.
std::size_t choose_weighted(std::span<const candidate> candidates,
                            std::span<const std::uint32_t> weights, double draw);

}  // namespace nip::router
