// A message on its way: its plan, its deliveries and what became of each. Reused, never shared.
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/timer_wheel.hpp"
#include "bus/records.hpp"
#include "message/message.hpp"
#include "router/plan.hpp"
#include "router/scorer.hpp"

namespace nip::delivery {

struct flight;
class target;

enum class delivery_state : std::uint8_t {
  planned,      ///< not launched yet
  held,         ///< waits for an earlier delivery of its ordering key
  queued,       ///< waits for its target
  running,      ///< handed to the plugin
  backing_off,  ///< failed; waits for the next attempt
  elsewhere,    ///< runs on the home shard of its ordering key
  done,
  dead,
  expired,
};
std::string_view to_string(delivery_state state) noexcept;
constexpr bool ended(delivery_state state) { return state >= delivery_state::done; }

using queue_hook = boost::intrusive::list_base_hook<>;

/// What one attempt came to, for `explain`. Kept for failures, and for the attempt that succeeded.
struct attempt_note {
  std::uint16_t attempt = 0;
  std::string target;
  std::string error;  ///< empty: it succeeded
  wall_time at;
  nanoseconds took{};
};

/// One delivery of a flight. Its address is stable from launch until the flight is released; one
/// shard.
struct delivery : queue_hook {
  explicit delivery(std::function<void()> on_alarm) : alarm(std::move(on_alarm)) {}

  timer alarm;  ///< the next attempt, the attempt's end, or the deadline
  flight* owner = nullptr;
  std::uint64_t token = 0;     ///< index into the dispatcher's slab and an epoch; 0 while free
  std::uint16_t index = 0;     ///< into plan->deliveries()
  std::uint16_t attempt = 0;   ///< attempts begun
  std::uint16_t redrives = 0;  ///< times that an operator sent it again
  std::uint16_t step = 0;      ///< of a chain
  std::uint32_t met = 0;       ///< others that its target worked on when the attempt began
  std::uint16_t chosen = 0;    ///< into planned().targets; meaningful once `to` is set
  delivery_state state = delivery_state::planned;
  bool explored = false;        ///< the scorer chose at random
  bool probe = false;           ///< chosen to find out whether its target works again
  bool in_line = false;         ///< it holds or waits for its ordering key's turn
  std::uint64_t order_key = 0;  ///< 0: unordered
  target* to = nullptr;         ///< the chosen target; null before the first choice
  mono_time deadline = mono_time::never();
  mono_time not_before{};      ///< of a resumed one: what is left of its backoff
  mono_time started{};         ///< of the running attempt
  message::message_ptr input;  ///< of a chain's step; null: the flight's own message
  std::string error;           ///< of the last failed attempt
  std::vector<attempt_note> failures;
  std::vector<router::score> scores;  ///< of the last choice of the scorer; empty: none was made
  nanoseconds took{};                 ///< of the attempt that succeeded

  const router::planned_delivery& planned() const;
};

/// How a delivery that ran on another shard ended there: all that `explain` wants to know of it.
struct ending_elsewhere {
  delivery_state state = delivery_state::done;
  std::uint16_t attempt = 0;
  std::uint16_t step = 0;
  std::uint16_t chosen = 0;
  bool explored = false;
  bool probe = false;
  std::string target;  ///< empty: none was chosen
  std::string error;
  std::vector<attempt_note> failures;
  std::vector<router::score> scores;
  nanoseconds took{};
};

/// Who waits for the reply. The broker's own address of a caller; opaque here.
struct reply_address {
  std::uint32_t slot = 0;
  std::uint32_t epoch = 0;
  std::uint64_t ordinal = 0;
  unsigned shard = 0;
};

/// Moments of a message's walk that are timed when it is sampled.
enum class stage : std::uint8_t {
  received,
  parsed,
  routed,
  numbered,
  durable,
  handed,
  answered,
  ended
};
constexpr std::size_t stage_count = 8;

/// One accepted message under delivery on one shard, and for a while after. Owned by the
/// dispatcher.
struct flight {
  explicit flight(std::function<void()> on_wait_over) : wait(std::move(on_wait_over)) {}

  message::message_ptr message;
  router::plan_ptr plan;
  seq_t seq;
  tenant_seq_t tenant_seq;
  message::ack_level level = message::ack_level::memory;
  bool waiting = false;      ///< a caller still waits for the reply
  bool wants_reply = false;  ///< a reply is kept even when nobody waits any more
  bool gathers = false;      ///< a rule wants every reply
  bool ageless = false;      ///< rule timeouts count from now, not from acceptance
  bool guest = false;        ///< launched here by another shard for its ordered deliveries
  bool guest_waits = false;  ///< a guest's caller waited for the reply when it was sent
  bool sampled = false;      ///< stage times are taken
  std::uint16_t open = 0;    ///< deliveries not ended
  std::uint16_t parked = 0;  ///< deliveries that wait on disk; the rest of the flight goes without
  reply_address caller;
  std::uint64_t guest_token = 0;  ///< of the delivery on the caller's shard, when guest
  mono_time accepted{};
  timer wait;                                  ///< the caller has waited long enough
  std::array<mono_time, stage_count> times{};  ///< when sampled
  mono_time deadline = mono_time::never();     ///< the message's own
  message::message_ptr reply;
  boost::container::small_vector<message::message_ptr, 2> gathered;
  boost::container::small_vector<std::uint64_t, 2>
      order_keys;  ///< by delivery; empty: none is ordered
  boost::container::small_vector<delivery*, 2> deliveries;

  void mark(stage which, mono_time now) { times[static_cast<unsigned>(which)] = now; }
  mono_time at(stage which) const { return times[static_cast<unsigned>(which)]; }
  bool journaled() const { return !is_volatile(seq); }
};

inline const router::planned_delivery& delivery::planned() const {
  return owner->plan->deliveries()[index];
}

}  // namespace nip::delivery
