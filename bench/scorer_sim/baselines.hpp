// Scorers of others that the scorer of NIP is measured against.
#pragma once

#include "scorer_sim/policy.hpp"

namespace nip::scorer_sim {

/// Round robin, weighted round robin, least loaded, two choices, Peak EWMA, the clairvoyant; null
/// for other names.
std::unique_ptr<policy> make_baseline(std::string_view name, surroundings& where);

/// Prequal: asynchronous probes, hot and cold by requests in flight, then latency.
std::unique_ptr<policy> make_prequal(surroundings& where);

/// The score of C3, over the client's own view of all candidates ("c3") or over the probe pool of
/// Prequal ("c3-probed"), which is how Prequal's paper compares them.
std::unique_ptr<policy> make_c3(surroundings& where);
std::unique_ptr<policy> make_c3_probed(surroundings& where);

}  // namespace nip::scorer_sim
