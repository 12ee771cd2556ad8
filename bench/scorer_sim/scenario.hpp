// The worlds in which scorers are compared: who sends what to which targets, and what goes wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scorer_sim/policy.hpp"
#include "scorer_sim/server.hpp"

namespace nip::scorer_sim {

enum class work_shape : std::uint8_t {
  exponential,
  normal,  ///< standard deviation = mean, cut off at zero
  pareto,  ///< bounded, alpha 1.3, from 1 to 1000 times the smallest
};

/// A target that is slow (or stands still, or fails) now and then.
struct trouble {
  double speed = 1;    ///< while it is in trouble, as a multiple of its own
  double on_mean = 0;  ///< seconds; 0: never
  double off_mean = 0;
  bool random = true;  ///< exponential times; else exactly these, at a random phase
};

struct target_kind {
  unsigned places = 1;
  double speed = 1;
  double price = 0;
  double fails = 0;        ///< share of requests that fail
  double fails_after = 0;  ///< seconds until a failure is told
  trouble has{};
};

struct scenario {
  std::string name;
  std::uint32_t clients = 1;
  std::vector<target_kind> targets;
  discipline how = discipline::line;
  work_shape shape = work_shape::exponential;
  double mean_work = 0.01;  ///< seconds at speed 1
  bool sizes_known = false;
  double load = 0.7;   ///< of the mean capacity of all targets
  double ramp_to = 0;  ///< at the end, growing evenly; 0: load stays
  double round_trip = 0.0005;
  double warm_up = 5;
  double length = 25;        ///< seconds, of which the first warm_up are not measured
  double deadline = 0;       ///< seconds; 0: none
  double retry_after = 0.1;  ///< pause of a failed request before its next attempt
  unsigned attempts_max = 1;

  /// Requests a second at `load` 1.
  double capacity() const;
};

/// S1 to S6 of the design, at this load where it has one. Nothing when there is none of this name.
std::optional<scenario> make_scenario(std::string_view name, double load);

}  // namespace nip::scorer_sim
