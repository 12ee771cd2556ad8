// Work that goes on behind an answer: messages sent one after the other at a rate, waiting where
// there is no room.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/executor.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/timer_wheel.hpp"
#include "broker/letter_counters.hpp"
#include "message/principal.hpp"
#include "router/plan.hpp"

namespace nip::broker {

class shard;

/// Hears what became of one message: its id and number, or why it was refused.
struct injected {
  std::string_view id;  ///< valid during the call
  tenant_seq_t seq;
};
using on_injected = std::function<void(const result<injected>&)>;

/// Envelopes one behind the other, each with message::padding behind it, shared by many.
using text_page = std::shared_ptr<const std::string>;
/// One of them.
struct injection_text {
  text_page page;
  std::size_t at = 0;
  std::size_t bytes = 0;

  std::string_view view() const { return std::string_view(*page).substr(at, bytes); }
};
/// What many injections have in common.
struct injection_heading {
  message::principal who;
  router::plan_ptr plan;  ///< where they go whatever the rules say; null: they decide
};
using injection_heading_ptr = std::shared_ptr<const injection_heading>;

/// What a job works through, read piece by piece.
class errand {
 public:
  /// One message to send: a text, or what sends it. Either may be used again after a transient
  /// refusal.
  struct item {
    tenant_seq_t seq;       ///< of the message that it is about
    std::size_t bytes = 0;  ///< of its text, wherever that is
    std::function<void(shard& by, on_injected then)> send = {};
    injection_text text = {};  ///< without `send`
    injection_heading_ptr as = {};
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
  /// Messages that are sent and not answered yet, and bytes of their texts: as many as a disk
  /// takes while one sync goes on.
  static constexpr std::size_t in_flight_max = 16'384;
  static constexpr std::size_t in_flight_bytes_max = std::size_t{4} << 20;
  /// Sent at most in one turn of the shard, which has others to serve.
  static constexpr std::size_t sent_a_turn_max = 1'024;
  /// Below this many messages at hand, and bytes, more are read, so that reading goes on beside
  /// sending.
  static constexpr std::size_t at_hand_min = 8'192;
  static constexpr std::size_t at_hand_bytes_min = std::size_t{4} << 20;
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

  /// Where a message of the line is. Those at its front that were answered leave it.
  enum class stage : std::uint8_t { at_hand, flying, answered };
  struct standing {
    errand::item what;
    stage now = stage::at_hand;
  };

  // [home shard]
  void step();
  void earn();
  bool has_room() const;
  bool should_read() const;
  void send_next();
  standing& at(std::uint64_t ordinal) { return line_[ordinal - front_]; }
  void take_answer(std::uint64_t ordinal, const result<injected>& said);
  void leave_line(standing& who);
  void put_back(std::uint64_t ordinal);
  void read_more();
  void take_batch(result<errand::batch> got);
  void finish(state how, std::string why = {});
  void wake_at(mono_time when);
  void publish();

  const outline what_;
  const std::unique_ptr<errand> work_;  ///< the reader's while reading_
  const job_place place_;
  timer alarm_;
  std::deque<standing> line_;      ///< in the order in which they were read
  std::uint64_t front_ = 1;        ///< ordinal of its front
  std::uint64_t next_ = 1;         ///< before this ordinal nothing is at hand
  std::size_t at_hand_ = 0;        ///< of the line
  std::size_t at_hand_bytes_ = 0;  ///< their texts
  std::size_t flying_ = 0;
  std::size_t flying_bytes_ = 0;
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
