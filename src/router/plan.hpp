// What a message's routing decided: its deliveries and topics, immutable and shared by many
// messages.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "router/rule.hpp"

namespace nip::router {

/// One delivery: a slot of a rule. `targets` is one plugin under `all`, the candidates otherwise.
struct planned_delivery {
  std::string rule;
  std::uint16_t slot = 0;
  strategy how = strategy::all;
  std::vector<target> targets;
  retry_policy retry;
  std::optional<nanoseconds> timeout;
  std::string order;  ///< CEL; empty: unordered
  bool drop_expired = false;
  bool gather = false;

  bool operator==(const planned_delivery&) const = default;
};

/// Interned by plan_cache: messages that matched the same rules share one. Any thread.
class plan : public boost::intrusive_ref_counter<plan> {
 public:
  plan(generation_id made_under, std::vector<planned_delivery> what,
       std::vector<std::string> topics, std::string dead_reason = {},
       std::optional<message::ack_level> floor = {});

  const std::vector<planned_delivery>& deliveries() const noexcept { return deliveries_; }
  const std::vector<std::string>& topics() const noexcept { return topics_; }
  /// Not empty: the message goes straight to the dead letters for this reason ("unrouted", "loop").
  const std::string& dead_reason() const noexcept { return dead_reason_; }
  /// The highest `ack` of the rules that fired: no client goes below it. Not stored.
  std::optional<message::ack_level> floor() const noexcept { return floor_; }
  generation_id generation() const noexcept { return generation_; }
  /// The stored form (JSON text), and its XXH3; equal plans of one generation have equal keys.
  std::string_view bytes() const noexcept { return bytes_; }
  std::uint64_t key() const noexcept { return key_; }
  bool ordered() const noexcept { return ordered_; }
  /// Nothing to deliver and no rule fired.
  bool unmatched() const noexcept { return deliveries_.empty() && topics_.empty(); }

  /// Reads the stored form back. Fails with errc::corrupt.
  static result<boost::intrusive_ptr<const plan>> restore(generation_id made_under,
                                                          std::string_view bytes);

 private:
  generation_id generation_;
  std::vector<planned_delivery> deliveries_;
  std::vector<std::string> topics_;
  std::string dead_reason_;
  std::optional<message::ack_level> floor_;
  std::string bytes_;
  std::uint64_t key_ = 0;
  bool ordered_ = false;
};
using plan_ptr = boost::intrusive_ptr<const plan>;

}  // namespace nip::router
