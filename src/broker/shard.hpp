// The broker on one shard: the walk of a message from its bytes to its outcome.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/executor.hpp"
#include "base/random.hpp"
#include "base/timer_wheel.hpp"
#include "base/uuid.hpp"
#include "broker/client.hpp"
#include "broker/generation.hpp"
#include "broker/history.hpp"
#include "broker/job.hpp"
#include "broker/options.hpp"
#include "broker/read_back.hpp"
#include "broker/schedule.hpp"
#include "broker/shard_counters.hpp"
#include "broker/shared.hpp"
#include "broker/subscriptions.hpp"
#include "delivery/dispatcher.hpp"
#include "message/codec.hpp"
#include "router/matcher.hpp"

namespace nip::broker {

/// What a shard is given by its thread. References outlive it.
struct shard_surroundings {
  unsigned number = 0;
  executor& loop;
  clock_source& clock;
  random_source& random;
  timer_wheel& timers;
};

/// A target in numbers, as metrics show it.
struct target_numbers {
  std::string name;
  std::uint64_t queued = 0;
  std::uint64_t parked = 0;  ///< on disk
  std::uint64_t in_flight = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t late = 0;
  std::uint64_t opened = 0;  ///< times that its breaker opened
  std::uint64_t shut = 0;    ///< 1: its breaker is not closed
  std::uint64_t probes = 0;
  std::uint64_t moved = 0;
};

/// One a shard, owned by the broker; every call on the shard's thread. Nothing here waits: what has
/// to become durable is parked until the journal says so.
class shard final : public shard_port, private delivery::flight_owner, private feed_listener {
 public:
  shard(const shard_surroundings& where, shared& house, generation_ptr first);
  ~shard() override;

  /// Who hears the answers; set once, before the first turn.
  void attach(client& sessions) { client_ = &sessions; }
  /// The calling thread is the shard's from now on: what was made so far was made by another.
  void settle_on_thread() { pool_.adopt(); }
  /// Routes by `next` from now on.
  void use(generation_ptr next);

  // shard_port
  void submit(const submission& what) override;
  result<subscription_id> subscribe(const subscription& wish) override;
  status unsubscribe(subscription_id sub) override;
  status add_credit(subscription_id sub, std::uint64_t events) override;
  status acknowledge(subscription_id sub, std::vector<tenant_seq_t> seqs) override;
  status acknowledge_up_to(subscription_id sub, tenant_seq_t last) override;
  status reject(subscription_id sub, tenant_seq_t seq, nanoseconds delay) override;
  void forget(const caller& session) override;
  void end_turn() override;
  generation_id generation() const override { return generation_->id; }

  /// What the time-outs and the deadline of a message that comes back count from.
  enum class counting : std::uint8_t {
    wanted,  ///< its acceptance, or the later time that it asked for
    now,     ///< its time has come in this moment, whatever the wall clock did meanwhile
    again,   ///< now, and a deadline does not hold: somebody asked for it to go again
  };
  /// A delivery that a restart or a redrive opened, put back to work.
  struct reopened {
    message::message_ptr message;
    router::plan_ptr plan;
    seq_t seq;
    tenant_seq_t tenant_seq;
    bool wants_reply = false;
    std::vector<delivery::resumption> deliveries;
    counting from = counting::wanted;
  };
  void resume(const reopened& what, bool from_backlog = false);
  /// The same of a message as the journal has it.
  void go_on(const stored_work& what, std::vector<delivery::resumption> deliveries, counting from,
             bool from_backlog);
  /// A message that should go on and cannot be read.
  void note_unreadable(seq_t seq, std::string_view why);
  /// [before the first turn] This many messages from before the restart come, `first` first; each
  /// is told by note_resumed(). Until then ordered deliveries of later messages wait.
  void expect_resumed(seq_t first, std::size_t count);
  void note_resumed() { --to_resume_; }
  /// Makes a message of this shard's pool out of journaled text. Fails with errc::corrupt.
  result<message::message_ptr> restore(std::string_view envelope, tenant_id tenant,
                                       wall_time accepted_at) {
    return message::restore_message(pool_, codec_, envelope, tenant, accepted_at);
  }
  /// A message that the broker itself sends: a replay, a changed dead letter.
  struct injection {
    injection_text text;  ///< an envelope; again_writer makes it
    injection_heading_ptr as;
    on_injected then;             ///< called once, from within a turn: it must not inject
    std::shared_ptr<void> keeps;  ///< lives until `then` was called
  };
  /// Submits it in this turn or the next, at level fsync or above. `then` hears when the message is
  /// as safe as its acknowledgement says, or why it was refused: errc::exhausted when too much
  /// waits here, else what submit() says.
  void inject(injection what);
  /// What an operator did with a dead letter.
  struct letter_note {
    seq_t seq;
    std::uint16_t delivery = 0;
    bus::outcome_kind kind = bus::outcome_kind::purged;
    std::uint32_t redrives = 0;  ///< of `redriven`: this is the how-manieth time
    std::string text;            ///< JSON; of `purged`: what it became
  };
  /// Journals it with the turn's outcomes.
  void note(letter_note what);
  /// An ordered delivery whose key lives here, sent by the shard that accepted it.
  struct guest {
    unsigned from = 0;
    std::uint64_t token = 0;
    std::uint64_t order_key = 0;
    std::uint16_t index = 0;
    std::uint16_t attempt = 0;
    std::uint16_t redrives = 0;
    mono_time not_before;
    message::message_ptr message;
    router::plan_ptr plan;
    seq_t seq;
    tenant_seq_t tenant_seq;
    bool wants_reply = false;
    bool waits = false;  ///< the caller waited for the reply when it was sent
    mono_time deadline;
  };
  void take_guest(const guest& what);
  /// Messages that another shard accepted and that subscribers here may want.
  void show(std::span<const sighting> seen);

  /// Events that a feed read from the journal for one of this shard's subscriptions, and its end.
  void take_page(subscription_id which, std::vector<event> page) {
    subscriptions_.take_page(which, std::move(page));
  }
  void end_subscription(subscription_id which, const error& why) {
    subscriptions_.end(which, *client_, why);
  }
  /// Journals the cursor of a durable subscription.
  void keep_cursor(tenant_id tenant, std::string image, bool sync);
  /// Journals an entry of the audit trail; it is tried again until the journal takes it. `then`
  /// (may be empty) hears once that it is synced or, with false, that there is no room for it now.
  void keep_audit(std::string text, std::function<void(bool synced)> then);
  void wake_feeds_at(mono_time when) { at_.timers.schedule(feeds_alarm_, when); }

  /// What is known here of a message; null JSON when nothing is.
  nlohmann::json state_of(tenant_id tenant, std::string_view id);
  /// The same, with every candidate, attempt and score.
  nlohmann::json explanation_of(tenant_id tenant, std::string_view id);

  /// Calls `then` from a later turn, once nothing is on its way here and every plugin has stopped.
  void drain(mono_time deadline, std::function<void(std::size_t left)> then);
  /// About once a second: asks plugins for their health and shows their numbers to other threads.
  void look_around();
  /// [any thread] What look_around() last saw of the targets.
  std::vector<target_numbers> targets_seen() const;
  mono_time now() const { return at_.clock.mono(); }
  std::size_t open_messages() const { return open_messages_; }
  std::size_t scheduled() const { return schedule_.size(); }
  bool draining() const { return draining_; }
  const delivery::dispatcher& deliveries() const { return dispatcher_; }
  const shard_counters& counters() const { return counters_; }
  router::matcher& matcher() { return matcher_; }
  /// Any thread: conditions of rules that were errors.
  std::uint64_t condition_errors() const { return matcher_.errors().value(); }
  message::codec& codec() { return codec_; }

 private:
  /// Emitted messages that may wait for their turn.
  static constexpr std::size_t emissions_max = 65'536;
  /// Entries of the audit trail that wait for a journal that takes nothing; more are counted lost.
  static constexpr std::size_t audit_waiting_max = 4'096;

  /// A message that this turn accepted, until the end of the turn.
  struct entry {
    delivery::flight* flight = nullptr;
    std::optional<nanoseconds> wait = {};
    bool has_caller = true;
    bool keyed = false;                   ///< settles an idempotency key
    plugin::instance* emitter = nullptr;  ///< a plugin that hears what became of its message
    std::uint64_t emitter_token = 0;      ///< without a plugin: of an injection
  };
  struct refusal {
    caller to;
    error why;
  };
  /// A message that a plugin emitted, until the turn comes round to it.
  struct emitted {
    std::string text;
    plugin::instance* from = nullptr;
    std::uint64_t token = 0;
    message::ack_level level = message::ack_level::fsync;
  };
  /// A repeat whose first message has no answer yet.
  struct parked_repeat {
    submission what;  ///< its views are not used: the session may have gone on meanwhile
    message::principal who;
    std::string text;
    std::string idempotency_key;
    std::string traceparent;
    std::string key;
  };

  // acceptance: broker.cpp
  status admissible(const submission& what, const message::parsed& in) const;
  result<message::ack_level> level_for(const submission& what, const router::plan& plan,
                                       bool later) const;
  /// Puts what nobody matches, or what goes round in circles, on the plan that the policy wants.
  status routable(const message::parsed& in, router::plan_ptr& plan);
  router::plan_ptr dead_plan(std::string_view reason) const;
  delivery::flight& take_off(const submission& what, const message::parsed& in,
                             message::message_ptr made, router::plan_ptr plan,
                             message::ack_level level);
  void refuse(const submission& what, error why);
  /// `age`: how long ago it was accepted, which is when a duration began to count.
  result<mono_time> deadline_of(const message::fields& in, nanoseconds age = {}) const;
  message::acceptance acceptance_of(const submission& what);
  void write_now();

  // repeats: repeats.cpp
  static std::string_view key_of(const message::fields& in);
  /// Puts the transport's key into an envelope that has none, so that the journal keeps it.
  status add_key(const submission& what, message::parsed& in);
  bool is_repeat(const submission& what, const message::message& made);
  void answer_repeat(const submission& what, const remembered& first);
  void look_after_repeats();
  void withdraw(const message::message& what);

  // the turn: turn.cpp
  void number_and_journal();
  void refuse_turn(const error& why);
  void answer_turn();
  void answer(entry& one);
  void launch(delivery::flight& what);
  void release_durable();
  void flush_outcomes();
  void keep_note(bus::note_kind kind, tenant_id tenant, std::string bytes, bool sync);
  void hold_audit_back();
  void await_audit();
  void release_audit();

  // what waits on disk: backlog.cpp
  /// Reads these messages on the reader's thread; back here, calls `each` for those that are there,
  /// in order, notes the others, and ends with `done`.
  void fetch(std::vector<seq_t> rising, std::function<void(const stored_work&)> each,
             std::function<void()> done);

  // delivery at a later time: scheduling.cpp
  bool is_for_later(const message::message& what, seq_t seq);
  static bool has_not_begun(const reopened& what);
  void postpone(delivery::flight& what);
  void plan_schedule();
  void look_at_schedule();

  // subscriptions that read the journal: feeding.cpp
  void on_passed_on(subscription_id which, std::uint64_t events) override;
  void on_left(subscription_id which) override;
  void wake_feeds();
  void count_listeners();

  // order across shards: order.cpp
  void announce_numbers();
  void keep_order();
  void wake_those_who_wait();
  seq_t launched_everywhere_below() const;
  void show_events();

  // outcomes and replies: replies.cpp
  void on_outcome(delivery::delivery& of, bus::outcome_kind kind, wall_time next) override;
  status on_reply(delivery::delivery& of, std::string_view envelope) override;
  result<message::message_ptr> on_step(delivery::delivery& of, std::string_view envelope) override;
  void on_closed(delivery::flight& what) override;
  void on_parked(delivery::flight& what) override;
  void on_fetch(delivery::target& for_whom, std::vector<delivery::parked_delivery> which) override;
  void on_wait_over(delivery::flight& what) override;
  void on_emission(plugin::instance& from, const plugin::emission& what) override;
  void send_home(delivery::delivery& one, unsigned home) override;
  result<message::message_ptr> make_reply(const delivery::delivery& of, std::string_view envelope);
  void keep_reply(delivery::flight& to, bool gather, message::message_ptr reply);
  message::message_ptr gathered_reply(const delivery::flight& what);
  static std::pair<no_reply, std::string> ending_of(const delivery::flight& what);
  logger log_about(const delivery::flight& what, const delivery::target* plugin) const;
  void record_times(const delivery::flight& what);
  void bury(const delivery::delivery& of, bool expired, wall_time at);
  void bury_whole(delivery::flight& what);
  void end_guest(delivery::flight& what);
  void take_guest_reply(std::uint64_t token, message::message_ptr reply, bool published);
  void publish_reply(const delivery::flight& to, const message::message& reply);
  void tell_emitter(const entry& one, const status& outcome);
  const injection* injection_of(const emitted& one) const {
    return one.from || one.token == 0 ? nullptr : &injections_[one.token - 1];
  }
  void tell_injector(const entry& one, const status& outcome);
  router::plan_ptr plan_for(const submission& what, const message::parsed& in,
                            const message::acceptance& filled);
  void finish_drain();
  void take_emissions();
  void refuse_emission(const emitted& what, const error& why);

  const delivery::flight* find(tenant_id tenant, std::string_view id);

  mutable std::mutex seen_lock_;
  std::vector<target_numbers> targets_seen_;

  shared& house_;
  shard_surroundings at_;
  client* client_ = nullptr;
  generation_ptr generation_;

  message::codec codec_;
  buffer_pool pool_;
  uuid_generator ids_;
  router::matcher matcher_;
  delivery::dispatcher dispatcher_;
  subscriptions subscriptions_;
  shard_counters counters_;

  std::vector<entry> turn_;
  std::vector<refusal> refusals_;
  std::vector<bus::message_record> records_;
  std::deque<entry> awaiting_;  ///< journaled, not durable; by rising seq
  std::deque<emitted> emissions_;
  std::vector<injection> injections_;           ///< by token - 1, until they are told
  std::vector<std::uint64_t> free_injections_;  ///< tokens that are free again
  std::vector<parked_repeat> repeats_;
  std::vector<bus::outcome_record> outcomes_;
  std::deque<std::string> outcome_texts_;  ///< what outcomes_ points into
  std::vector<bus::note> notes_;
  std::deque<std::string> note_texts_;                    ///< what notes_ points into
  std::vector<std::function<void(bool)>> audit_answers_;  ///< of entries among notes_
  /// Of entries that the journal took, by the number of its append.
  std::deque<std::pair<std::uint64_t, std::function<void(bool)>>> audit_syncing_;
  std::uint64_t appends_ = 0;  ///< that the journal took
  seq_t seen_durable_;         ///< what feeds were last woken for
  timer feeds_alarm_;
  schedule schedule_;
  timer schedule_alarm_;
  bool reads_due_ = false;  ///< messages whose time has come are being read back
  std::vector<sighting> seen_;
  history history_;
  std::unique_ptr<recalled> recalled_;  ///< what find() found last, when its flight went on
  std::uint64_t volatile_count_;        ///< below 2^48
  std::uint64_t submissions_ = 0;
  std::size_t open_messages_ = 0;
  std::vector<std::uint32_t> waiting_;  ///< flights that a session waits for, by its slot
  std::string scratch_;
  std::string padded_;
  std::vector<entry> launching_;
  timer repeat_check_;
  const emitted* emitting_ = nullptr;  ///< the plugin's message that submit() is taking just now
  std::array<char, uuid::text_bytes> id_text_{};
  std::size_t to_resume_ = 0;  ///< messages from before the restart that have not come yet
  bool lets_in_ = false;       ///< a post that lets ordered deliveries in is on its way
  bool draining_ = false;
  bool drain_overdue_ = false;
  bool stopping_ = false;
  std::array<char, 24> now_text_{};  ///< RFC 3339 of now_, for messages without a timestamp
  wall_time now_;
  std::int64_t now_text_of_ = -1;  ///< the millisecond that now_text_ says
  std::function<void(std::size_t)> drained_;
  timer drain_deadline_;
};

}  // namespace nip::broker
