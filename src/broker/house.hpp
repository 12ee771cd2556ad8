// The whole broker of one process: its shards, its generations, and the operations on all of it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/executor.hpp"
#include "base/log.hpp"
#include "broker/administration.hpp"
#include "broker/audit_trail.hpp"
#include "broker/feeds.hpp"
#include "broker/generations.hpp"
#include "broker/jobs.hpp"
#include "broker/ledger.hpp"
#include "broker/shard.hpp"
#include "broker/shared.hpp"
#include "observability/exposition.hpp"

namespace nip::broker {

/// Rules that an answer names with the reason why they did not fire, at most.
constexpr std::size_t near_misses_max = 100;

struct redrive_course;

/// What the daemon gives. References outlive the house.
struct house_parts {
  bus::bus& events;
  const ledger& known;  ///< what `events` said at its opening
  plugin::catalogue& catalogue;
  plugin::runtime& plugins;
  state::state_store& kept;
  reloader& files;
  clock_source& clock;
  executor& control;  ///< one thread: changes
  executor& reader;   ///< one thread: reads the journal, which may take long
  executor& feeder;   ///< one thread: reads the journal for subscriptions
  logger log;
};

/// Made on the main thread before the shards' threads run.
class house final : public administration {
 public:
  house(const options& chosen, const house_parts& parts);
  ~house() override;

  /// Loads the first generation and makes a shard for each of `loops`. Fails with what is wrong.
  status open(const std::vector<shard_surroundings>& loops);
  /// Learns from the ledger what was accepted and not finished, and begins to put it back to work.
  /// Before the loops run.
  status recover();
  /// Messages that recover() puts to work.
  std::size_t resumed() const { return resumed_; }

  shard& at(unsigned number) { return *shards_[number]; }
  // [control, or before the loops run]
  const generation& current() const { return *generations_.current(); }
  generation_ptr in_force() const { return generations_.current(); }
  const std::vector<std::string>& warnings() const { return generations_.warnings(); }
  std::vector<plugin::problem> plugin_problems() const { return generations_.plugin_problems(); }

  /// [control] The plugin folders changed.
  void on_folders_changed();
  /// [control] Reads the files again and makes a generation of them; logs what came of it.
  void reload();
  /// [before the first turn] `more` adds the metrics of another room; called from any thread.
  void add_collector(std::function<void(observability::exposition&)> more) {
    collectors_.push_back(std::move(more));
  }
  /// [main] Writes the cursors of durable subscriptions down; `done` is called on another thread.
  void save_cursors(std::function<void()> done) { feeds_->save(std::move(done)); }
  /// [any] From now on /health/ready says why not.
  void set_ready(bool ready) { ready_.store(ready); }

  void message_state(unsigned shard, const message::principal& who, std::string id,
                     respond done) override;
  void explain(unsigned shard, const message::principal& who, std::string id,
               respond done) override;
  void find_messages(unsigned shard, const message::principal& who, search query,
                     respond done) override;
  void list_rules(unsigned shard, page which, respond done) override;
  void get_rule(unsigned shard, std::string id, respond done) override;
  void put_rule(unsigned shard, const message::principal& who, std::string id, nlohmann::json rule,
                respond done) override;
  void delete_rule(unsigned shard, const message::principal& who, std::string id,
                   respond done) override;
  void test_rules(unsigned shard, const message::principal& who, nlohmann::json body,
                  respond done) override;
  void list_plugins(unsigned shard, page which, respond done) override;
  void get_plugin(unsigned shard, std::string name, respond done) override;
  void plugin_health(unsigned shard, std::string name, respond done) override;
  std::vector<std::string> open_breakers() const override;
  void get_plugin_config(unsigned shard, std::string name, respond done) override;
  void put_plugin_config(unsigned shard, const message::principal& who, std::string name,
                         nlohmann::json config, respond done) override;
  void act_on_plugin(unsigned shard, const message::principal& who, std::string name,
                     plugin_action what, respond done) override;
  void replay(unsigned shard, const message::principal& who, replay_wish what,
              respond done) override;
  void list_jobs(unsigned shard, const message::principal& who, respond done) override;
  void get_job(unsigned shard, const message::principal& who, std::string id,
               respond done) override;
  void cancel_job(unsigned shard, const message::principal& who, std::string id,
                  respond done) override;
  void list_dead_letters(unsigned shard, const message::principal& who, dead_letter_choice which,
                         page where, respond done) override;
  void dead_letter_groups(unsigned shard, const message::principal& who, dead_letter_choice which,
                          respond done) override;
  void get_dead_letter(unsigned shard, const message::principal& who, std::uint64_t seq,
                       respond done) override;
  void redrive(unsigned shard, const message::principal& who, redrive_wish what,
               respond done) override;
  void purge(unsigned shard, const message::principal& who, dead_letter_choice which, bool dry_run,
             respond done) override;
  void list_subscriptions(unsigned shard, const message::principal& who, respond done) override;
  void end_subscription(unsigned shard, const message::principal& who, std::string name,
                        respond done) override;
  void list_audit(unsigned shard, page which, respond done) override;
  void stats(unsigned shard, respond done) override;
  void config(unsigned shard, respond done) override;
  status ready() const override;
  std::string metrics() const override;

 private:
  using json = nlohmann::json;
  class resumption;
  class feed_line;

  void recover_keys(const ledger& known);
  status recover_dead_letters(const ledger& known);

  /// Runs `work` on the control thread and gives its outcome back on `shard`.
  void on_control(unsigned shard, respond done, std::function<result<json>()> work);
  void on_reader(unsigned shard, respond done, std::function<result<json>()> work);
  void answer(unsigned shard, respond& done, result<json> outcome);
  /// `done`, with an entry in the audit trail before it: synced, or else the answer says so.
  respond recorded(unsigned shard, const message::principal& who, std::string_view what,
                   std::string object, respond done);
  /// Asks every shard in turn and gives all answers, by shard, on the control thread.
  void ask_shards(std::function<json(shard&)> question,
                  std::function<void(std::vector<json>)> then);
  /// Posts a generation to every shard; `then` runs on control once all route by it.
  void install(generation_ptr next, std::function<void()> then);
  /// Ends an operation that made a generation (or failed to) with what is in force afterwards.
  void finish_change(unsigned shard, respond done, result<generation_ptr> made, json body);

  json describe_plugin(const plugin::spec& spec) const;
  result<json> stored_state(const message::principal& who, const std::string& id,
                            bool explained) const;
  json rules_behind(const json& state, const message::principal& who,
                    const generation& in_force) const;
  result<json> start_replay(unsigned shard, const message::principal& who, const replay_wish& what);
  void dry_run_replay(unsigned shard, const message::principal& who, const replay_wish& what,
                      respond done);
  result<router::ruleset_ptr> rules_to_compare(const replay_wish& what) const;
  status check_target(const std::string& target) const;
  json begin_job(unsigned shard, job::outline what, std::unique_ptr<errand> work);
  result<json> test_message(const message::principal& who, const json& body) const;
  result<json> search_journal(const message::principal& who, const search& query) const;
  result<std::vector<dead_letter>> chosen(const message::principal& who,
                                          const dead_letter_choice& which) const;
  void redrive_as_job(unsigned shard, const redrive_wish& what, std::vector<dead_letter> letters,
                      std::shared_ptr<const redrive_course> course, respond done);
  void redrive_at_once(unsigned shard, std::vector<dead_letter> letters,
                       std::shared_ptr<const redrive_course> course, respond done);
  bool purge_one(const dead_letter& letter);
  router::ruleset_ptr rules_to_show() const;
  void show_rules(router::ruleset_ptr rules);
  json describe_numbers(const std::vector<json>& answers) const;

  shared shared_;
  house_parts parts_;
  generations generations_;
  std::vector<executor*> loops_;
  std::vector<std::unique_ptr<shard>> shards_;
  std::unique_ptr<feed_line> feed_line_;
  std::unique_ptr<feeds> feeds_;
  std::vector<timer_wheel*> timers_;
  jobs jobs_;
  audit_trail audit_;
  std::size_t resumed_ = 0;
  std::atomic<bool> ready_{false};
  std::atomic<std::uint64_t> generation_number_{0};
  mutable std::mutex rules_lock_;
  router::ruleset_ptr rules_shown_;  ///< in metrics
  std::vector<std::function<void(observability::exposition&)>> collectors_;
};

}  // namespace nip::broker
