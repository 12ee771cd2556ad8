// The scorer of NIP as a policy of the simulator.
#pragma once

#include "scorer_sim/policy.hpp"

namespace nip::scorer_sim {

/// `shared`: clients are shards of one process, which count together what is in flight; else each
/// counts only its own.
std::unique_ptr<policy> make_nip_scorer(surroundings& where, bool shared);

}  // namespace nip::scorer_sim
