// Routes messages on one shard: which rules fire, as a plan that equal messages share.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "cel/arena.hpp"
#include "observability/metrics.hpp"
#include "router/expressions.hpp"
#include "router/message_input.hpp"
#include "router/plan.hpp"
#include "router/ruleset.hpp"

namespace nip::router {

/// One thread. Nothing is allocated for a message whose combination of rules was seen before.
class matcher {
 public:
  /// Plans that are kept for reuse; past it the cache starts anew.
  static constexpr std::size_t plans_max = 4096;

  /// Routes by `rules` from now on. Cheap when they differ from those before by a delta.
  void use(ruleset_ptr rules, generation_id generation);

  /// The plan of the rules that fire. Never null; unmatched() when none does.
  plan_ptr route(const message::parsed& in, const message_input::filled& filled);
  /// The rules that fired in the last route(), as positions in ruleset::rules().
  std::span<const std::uint32_t> fired() const { return fired_; }

  /// Rules that do not fire, but of whose condition the part holds under which the index has them:
  /// at most `max` positions in ruleset::rules(). None without an index. For explanations.
  std::vector<std::uint32_t> near(const message::parsed& in, const message_input::filled& filled,
                                  std::size_t max);

  /// One number a delivery of `of`: 0 for unordered ones and for those whose key does not evaluate,
  /// else a hash of target and key. Empty when nothing is ordered. Good until the next call.
  std::span<const std::uint64_t> order_keys(const plan& of, const message::parsed& in,
                                            const message_input::filled& filled);

  const ruleset& rules() const { return *rules_; }
  /// Conditions that were errors instead of true or false, of those whose program was run: what the
  /// index decides is never run.
  const observability::counter& errors() const { return errors_; }

 private:
  void fire(const message::parsed& in, const message_input::filled& filled);
  void try_each();
  void ask_index(const rule_index& index);
  bool is_true(const cel::program& when, message_input& in);
  /// Tries what the delta has to be tried before a position of the base; false when one stops.
  bool try_changed(std::uint32_t position);
  message_input& input_of_changed(std::size_t which);
  plan_ptr plan_of_fired();
  plan_ptr look_up_plan();
  std::optional<message::ack_level> floor_of_fired() const;
  std::vector<planned_delivery> deliveries_of_fired(std::vector<std::string>& topics) const;
  std::uint64_t order_key(const planned_delivery& of);

  ruleset_ptr rules_;
  generation_id generation_;
  std::optional<message_input> input_;
  std::deque<message_input> changed_inputs_;  ///< as ruleset::delta().in_force()
  std::size_t changed_next_ = 0;              ///< the first that was not tried for this message
  const message::parsed* bound_ = nullptr;    ///< the message that is routed
  message_input::filled bound_filled_;
  std::optional<match_state> state_;
  cel::arena memory_;
  std::vector<std::uint32_t> fired_;
  std::unordered_map<std::uint64_t, std::pair<std::vector<std::uint32_t>, plan_ptr>> plans_;
  std::vector<std::uint32_t> last_fired_;
  plan_ptr last_plan_;  ///< of last_fired_: neighbours are often alike
  expressions order_;
  std::vector<std::uint64_t> keys_;
  observability::counter errors_;
};

}  // namespace nip::router
