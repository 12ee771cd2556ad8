// Runs the deliveries of one shard: queues, hands over to plugins, retries, expires, ends.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.hpp"
#include "base/random.hpp"
#include "delivery/flight.hpp"
#include "delivery/memory_budget.hpp"
#include "delivery/options.hpp"
#include "delivery/order_lines.hpp"
#include "delivery/target.hpp"
#include "observability/exposition.hpp"
#include "plugin/catalogue.hpp"

namespace nip::delivery {

/// What the dispatcher tells the broker. Every call on the shard's thread.
class flight_owner {
 public:
  virtual ~flight_owner() = default;
  /// An attempt failed and another follows at `next`, or the delivery ended; `of.state` and
  /// `of.error` say.
  virtual void on_outcome(delivery& of, bus::outcome_kind kind, wall_time next) = 0;
  /// The plugin replied to the flight's caller. A failure (not an envelope) is the plugin's fault.
  virtual status on_reply(delivery& of, std::string_view envelope) = 0;
  /// Makes the next input of a chain out of a step's reply.
  virtual result<message::message_ptr> on_step(delivery& of, std::string_view envelope) = 0;
  /// Every delivery of the flight has ended. The flight stays until release().
  virtual void on_closed(flight& what) = 0;
  /// All that is left of the flight waits on disk: its memory is free. The flight stays until
  /// release().
  virtual void on_parked(flight& what) = 0;
  /// `for_whom` has room again for what waits on disk: read it back, launch it, call fetched().
  virtual void on_fetch(target& for_whom, std::vector<parked_delivery> which) = 0;
  /// The caller of this flight has waited long enough.
  virtual void on_wait_over(flight& what) = 0;
  /// A plugin emits a message; `from.published()` answers later.
  virtual void on_emission(plugin::instance& from, const plugin::emission& what) = 0;
  /// This ordered delivery belongs to another shard: it goes on there, and end_elsewhere() is
  /// called.
  virtual void send_home(delivery& one, unsigned shard) = 0;
};

/// What it needs of its shard. References outlive it.
struct surroundings {
  unsigned shard = 0;
  unsigned shards = 1;
  executor& loop;
  clock_source& clock;
  random_source& random;
  timer_wheel& timers;
  plugin::runtime& plugins;
  memory_budget& memory;
  const options& chosen;
  flight_owner& owner;
};

/// A delivery that goes on after a restart, or is put back out of the dead letters.
struct resumption {
  std::uint16_t index = 0;
  std::uint16_t attempt = 0;
  mono_time not_before{};
  std::uint16_t redrives = 0;  ///< times that an operator sent it again
};

/// One a shard. Nothing here blocks; nothing is allocated for a message after warm-up, unless it
/// fails.
class dispatcher final : public plugin::host {
 public:
  explicit dispatcher(const surroundings& where);
  ~dispatcher() override;

  /// Takes the plugins of a new generation. Instances whose spec changed are drained and replaced.
  void set_plugins(const plugin::spec_map& specs);

  /// May a message with this plan be accepted? Takes its memory until settle(), and a place in the
  /// queue of each delivery until that ends. `journaled`: it will be
  /// on disk and nobody waits for its reply, so that it may wait there. Fails with errc::exhausted
  /// and says which budget.
  status admit(const router::plan& plan, const message::message& what, bool journaled);
  /// The same without asking, for what was accepted before a restart.
  void admit_anyway(const message::message& what);
  /// Gives back all that admit() took for a message that was not accepted after all.
  void withdraw(const router::plan& plan, const message::message& what);
  /// Gives back the memory of a flight that is closed or parked.
  void settle(const message::message& what);

  /// An empty flight, to be filled and then launched or released.
  flight& open_flight();
  /// Starts all deliveries, or only those that `only` names. `from_backlog`: they have waited on
  /// disk already and are not put there again.
  void launch(flight& what);
  void launch(flight& what, std::span<const resumption> only, bool from_backlog);
  /// What on_fetch() asked for has been launched, or cannot be read.
  void fetched(target& for_whom);
  /// Deliveries that wait on disk.
  std::uint64_t parked() const { return parked_; }
  /// Forgets a closed (or never launched) flight; its memory is used again.
  void release(flight& what);
  /// Nobody waits for this flight's reply any more. Its deliveries go on, and the reply is kept.
  void cancel_wait(flight& what);

  /// The lowest seq of the ordered deliveries that wait for let_in(); nothing when none waits.
  std::optional<seq_t> first_in_lobby();
  /// The highest seq that ever waited for let_in().
  seq_t last_in_lobby() const { return last_in_lobby_; }
  /// Lets the ordered deliveries of messages below `below` into their lines, by seq. The caller
  /// knows that none with a lower seq comes any more.
  void let_in(seq_t below);
  /// Gives queued deliveries to their plugins until nothing more can go. Call once a turn.
  void pump();
  /// The delivery with this token, or null when it is over.
  delivery* find(std::uint64_t token);
  /// A delivery that was sent home ended there.
  void end_elsewhere(std::uint64_t token, ending_elsewhere how);
  /// What the shard that accepted it is to be told of a guest's delivery.
  static ending_elsewhere ending_of(const delivery& one);

  /// Health of the instances is asked for; call about once a second.
  void check_health();
  /// Stops every instance; `done` is called once all have stopped.
  void stop(std::function<void()> done);

  /// True while `which` is an instance of this shard; a pointer that was kept may be of one that is
  /// gone.
  bool alive(const plugin::instance* which) const;
  /// Calls `visit` with every flight that is open or remembered.
  template <class Visit>
  void for_each_flight(Visit&& visit) {
    for (auto& each : flights_)
      if (each.one.message) visit(each.one);
  }
  template <class Visit>
  void for_each_flight(Visit&& visit) const {
    for (const auto& each : flights_)
      if (each.one.message) visit(each.one);
  }

  /// From now on failed deliveries are not tried again: the process ends, the journal keeps them.
  void hold_retries() { retries_held_ = true; }
  /// Deliveries that are queued or running, and all that only memory knows of.
  std::size_t busy() const;

  std::size_t open_deliveries() const { return open_; }
  std::int64_t memory_used() const { return memory_.used(); }
  const std::map<std::string, std::unique_ptr<target>, std::less<>>& targets() const {
    return targets_;
  }
  /// The candidates' scores as the scorer sees them now, for `explain`.
  std::vector<std::pair<std::string, router::score>> scores(
      const router::planned_delivery& of) const;

  // plugin::host
  void complete(plugin::instance& from, const plugin::completion& result) override;
  void publish(plugin::instance& from, const plugin::emission& what) override;

 private:
  struct slab_entry {
    explicit slab_entry(dispatcher& of) : one([&of, this] { of.on_timer(one); }) {}
    delivery one;
    std::uint32_t epoch = 0;
  };

  delivery& take_slot();
  void free_slot(delivery& one);
  static bool may_park(const flight& what);
  target& queue_of(const flight& what, std::uint16_t index);
  bool is_over_budget(const target& to) const;
  bool goes_to_disk(const flight& what, std::uint16_t index);
  void park(flight& what, std::uint16_t index);
  void look_at_backlog(target& to);
  void fetch_backlogs();
  void start(flight& what);
  void prepare(flight& what, std::uint16_t index);
  void begin(delivery& one);
  void line_up(delivery& one);
  void enqueue(delivery& one);
  target* choose(delivery& one);
  std::size_t choose_among(delivery& one);
  std::size_t choose_among_doubtful(delivery& one);
  std::size_t choose_by(delivery& one);
  std::size_t choose_best(delivery& one);
  void note_silence(const delivery& one);
  router::scoring scoring_of(const delivery& one) const;
  std::size_t choose_in_order(const delivery& one);
  std::size_t choose_by_share(const delivery& one);
  target& target_of(std::string_view name);
  target& target_of(const router::target& planned);

  std::string unavailable_targets(const router::planned_delivery& of) const;

  void pump(target& to);
  bool ensure_instance(target& to);
  void fail_queue(target& to);
  void collect_batch(target& to, std::size_t most);
  mono_time attempt_end(const delivery& one, mono_time now) const;
  void hand_over(target& to);

  mono_time answer_time();
  void count_late(const plugin::instance& from);
  void on_done(delivery& one, const plugin::completion& result);
  void next_step(delivery& one, const plugin::completion& result);
  void fail_attempt(delivery& one, std::string_view why, nanoseconds hint);
  void write_down_failure(delivery& one);
  // what the breakers make of it: left_out.cpp
  void note_success(target& to, mono_time started, mono_time now);
  void note_failure(target& to, mono_time started, mono_time now);
  void invite_or_leave_out(const delivery& one, mono_time now);
  void leave_out(std::size_t there);
  void choose_again(target& to);
  void finish(delivery& one, delivery_state state);
  void end(delivery& one);
  void leave_line(delivery& one);
  void expire(delivery& one);
  void give_up_attempt(delivery& one, bool late);
  void renew_token(delivery& one);
  void advance_lines();
  void on_timer(delivery& one);
  void arm(delivery& one, mono_time when);
  void mark_dirty(target& to);
  void retire(std::unique_ptr<plugin::instance> instance);
  static void join_queue(target& to, const message::message& what);
  void leave_queue(target& to, const message::message& what);

  surroundings at_;
  memory_lease memory_;
  std::vector<target*> dirty_;
  std::vector<target*> pumping_;
  std::vector<target*> hungry_;  ///< have room for some of their backlog
  std::uint64_t parked_ = 0;
  std::deque<slab_entry> slab_;
  std::vector<std::uint32_t> free_slots_;
  struct flight_entry {
    explicit flight_entry(flight_owner& of) : one([&of, this] { of.on_wait_over(one); }) {}
    flight one;
  };
  std::deque<flight_entry> flights_;
  std::vector<flight*> free_flights_;
  // Their queues link the slab's deliveries, so both have to go before it does.
  std::map<std::string, std::unique_ptr<target>, std::less<>> targets_;
  /// Journaled ordered deliveries that an earlier message could still overtake; a heap by seq.
  struct lobby_entry {
    seq_t seq;
    std::uint64_t token = 0;
    bool operator>(const lobby_entry& other) const { return seq > other.seq; }
  };
  std::vector<lobby_entry> lobby_;
  seq_t last_in_lobby_;
  std::vector<target*> by_number_;  ///< by router::target::number; null: not looked up yet
  order_lines lines_;
  std::vector<std::uint64_t> next_in_line_;  ///< tokens whose turn has come
  std::vector<plugin::work> batch_;
  bool handing_over_ = false;          ///< batch_ is with its plugin just now
  std::optional<mono_time> answered_;  ///< when the plugin answered from within that call
  std::vector<router::candidate> candidates_;
  std::vector<std::uint16_t> invited_;  ///< candidates that the message may try as a probe
  std::vector<std::uint16_t> shut_;     ///< candidates whose breaker is not closed
  std::vector<std::unique_ptr<plugin::instance>> retiring_;
  std::size_t open_ = 0;
  std::size_t stopping_ = 0;
  bool stopped_ = false;
  bool retries_held_ = false;
  std::function<void()> on_stopped_;
};

}  // namespace nip::delivery
