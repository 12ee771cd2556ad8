#include "scorer_sim/policy.hpp"

#include "scorer_sim/baselines.hpp"
#include "scorer_sim/nip_scorer.hpp"

namespace nip::scorer_sim {

std::span<const std::string_view> policy_names() {
  static constexpr std::string_view names[] = {
      "round-robin", "weighted-rr", "least-loaded", "two-choices", "peak-ewma", "c3",
      "c3-probed",   "prequal",     "clairvoyant",  "nip-local",   "nip"};
  return names;
}

std::unique_ptr<policy> make_policy(std::string_view name, surroundings& where) {
  if (name == "prequal") return make_prequal(where);
  if (name == "c3") return make_c3(where);
  if (name == "c3-probed") return make_c3_probed(where);
  if (name == "nip") return make_nip_scorer(where, true);
  if (name == "nip-local") return make_nip_scorer(where, false);
  return make_baseline(name, where);
}

}  // namespace nip::scorer_sim
