// Work that goes on behind an answer: messages sent one after the other at a rate, waiting where
// there is no room.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/executor.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/timer_wheel.hpp"
#include "broker/letter_counters.hpp"

namespace nip::broker {

class shard;

/// Hears what became of one message: its id and number, or why it was refused.
struct injected {
  std::string id;
  tenant_seq_t seq;
};
using on_injected = std::function<void(const result<injected>&)>;

/// What a job works through, read piece by piece.
class errand {
 public:
  /// One message to send. `send` may be called again after a transient refusal.
  struct item {
    tenant_seq_t seq;  ///< of the message that it is about
    std::function<void(shard& by, on_injected then)> send;
  };
  struct batch {
    std::vector<item> items;
    tenant_seq_t position;        ///< everything up to here has been looked at
    std::uint64_t looked_at = 0;  ///< messages, those that were not wanted too
    double progress = 0;          ///< 0 to 1
    bool last = false;
  };
  virtual ~errand() = default;
  /// [reader] The next piece; its items may be none although more come.
  virtual result<batch> read() = 0;
};

/// What a job is given. References outlive it.
struct job_place {
  shard& home;
  executor& loop;    ///< of the home shard
  executor& reader;  ///< one thread: reads the journal
  clock_source& clock;
  timer_wheel& timers;  ///< of the home shard
  job_counters& counts;
};

/// Runs on its home shard; lives in a shared_ptr, which posted work holds. Nothing waits: pauses
/// are timers, reading is posted to the reader.
class job final : public std::enable_shared_from_this<job> {
 public:
  /// Messages that are sent and not answered yet.
  static constexpr std::size_t in_flight_max = 256;
  /// Below this many messages at hand more are read.
  static constexpr std::size_t at_hand_min = 128;
  /// Refusals that are shown with their reason.
  static constexpr std::size_t problems_max = 20;
  /// A rate may be caught up on for this long.
  static constexpr nanoseconds burst_max = std::chrono::milliseconds(100);
  static constexpr nanoseconds backoff_min = std::chrono::milliseconds(50);
  static constexpr nanoseconds backoff_max = std::chrono::seconds(2);

  enum class state : std::uint8_t { running, waiting, done, cancelled, failed };

  struct outline {
    std::string id;
    std::string kind;  ///< "replay" or "redrive"
    tenant_id tenant;
    nlohmann::json asked;
    double rate = 0;  ///< messages a second; 0: as fast as there is room
  };
  job(outline what, std::unique_ptr<errand> work, const job_place& place);

  /// [any] Starts; once.
  void start();
  /// [any] Ends it; what was sent stays sent.
  void cancel();
  /// [any]
  nlohmann::json describe() const;
  bool ended() const { return ended_.load(); }
  const std::string& id() const { return what_.id; }
  tenant_id tenant() const { return what_.tenant; }

 private:
  struct numbers {
    state now = state::running;
    std::uint64_t matched = 0;
    std::uint64_t sent = 0;
    std::uint64_t refused = 0;
    std::uint64_t waits = 0;  ///< times that there was no room
    std::uint64_t looked_at = 0;
    std::uint64_t position = 0;
    double progress = 0;
    wall_time started;
    wall_time last;
    nlohmann::json problems = nlohmann::json::array();
    std::string why;
  };

  // [home shard]
  void step();
  void earn();
  void send_next();
  void take_answer(std::uint64_t ordinal, const errand::item& what, const result<injected>& said);
  void read_more();
  void take_batch(result<errand::batch> got);
  void finish(state how, std::string why = {});
  void wake_at(mono_time when);
  void publish();

  const outline what_;
  const std::unique_ptr<errand> work_;  ///< the reader's while reading_
  const job_place place_;
  timer alarm_;
  std::map<std::uint64_t, errand::item> at_hand_;  ///< by the order in which they were read
  std::multiset<std::uint64_t> flying_;            ///< numbers of what was sent and not answered
  std::uint64_t ordinals_ = 0;
  double tokens_ = 1;
  mono_time earned_at_;
  mono_time not_before_;
  nanoseconds backoff_ = backoff_min;
  std::size_t window_ =
      in_flight_max;  ///< that may be in flight: more after an answer, half after a no
  bool reading_ = false;
  bool all_read_ = false;
  std::uint64_t read_up_to_ = 0;
  numbers now_;

  std::atomic<bool> cancelled_{false};
  std::atomic<bool> ended_{false};
  mutable std::mutex shown_lock_;
  numbers shown_;
};

std::string_view to_string(job::state value) noexcept;

}  // namespace nip::broker
