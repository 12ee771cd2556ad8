// One life of the broker's process: the real journal and house, with everything around it played.
#pragma once

#include <memory>
#include <vector>

#include "broker/house.hpp"
#include "bus/journal/journal_bus.hpp"
#include "simulation/disk.hpp"
#include "simulation/fakes.hpp"
#include "simulation/model.hpp"
#include "simulation/plugins.hpp"
#include "simulation/watched_bus.hpp"

namespace nip::simulation {

/// What all lives of a run share.
struct surroundings {
  disk& platter;
  manual_clock& clock;
  random_source& random;
  model& promises;
  playground& plugins;
  kept_state& kept;
  rule_files& files;
  plugin_folder& folder;
  chronicle& told;
  unsigned shards = 1;
  bus::options journal;
  broker::options broker;
};

class process final : private broker::client {
 public:
  explicit process(surroundings& around);
  ~process() override;

  /// Opens everything. Fails as the daemon's start would; the process is then as good as dead.
  status start();
  /// Writes and power may be gone from here on: nothing it does reaches the disk any more.
  bool alive() const { return files_.alive() && !failed_; }
  process_files& files() { return files_; }

  // Steps. Each is what one thread does at once.
  void submit(unsigned shard, const wish& what);
  void turn(unsigned shard, std::size_t handlers_max);
  void step_control();
  void step_reader();
  void step_journal();
  void look_around(unsigned shard) { house_->at(shard).look_around(); }
  bool shard_is_ready(unsigned shard) const;
  bool control_is_ready() const { return !control_.empty(); }
  bool reader_is_ready() const { return !reader_.empty(); }
  mono_time next_timer() const;

  // Operators.
  void redrive();
  void purge();
  void put_extra_rule(bool there);
  void enable(const std::string& plugin, bool on);

  /// An orderly stop: `drained()` once nothing runs any more; then close().
  void drain(mono_time deadline);
  bool drained() const { return drains_ == shards_.size(); }
  void close();

  /// Nothing, when the start did not come so far that anybody was told.
  seq_t durable() const { return began_ ? events_->durable() : seq_t(0); }
  /// Asks for the dead letters; read them when nothing is left to run.
  void list_dead_letters();
  const std::set<seen_letter>& letters() const { return letters_; }
  /// Says what is left of work that should all be over.
  void check_nothing_is_left();
  void check_bounds();

 private:
  struct shard_loop {
    explicit shard_loop(mono_time now) : timers(now) {}
    task_list posts;
    timer_wheel timers;
  };

  void on_accepted(const broker::caller& to, const broker::accepted& what) override;
  void on_refused(const broker::caller& to, const error& why) override;
  void on_reply(const broker::caller& to, const message::message_ptr& reply) override;
  void on_no_reply(const broker::caller& to, broker::no_reply how, std::string_view why) override;
  std::size_t on_events(const broker::caller&, broker::subscription_id,
                        std::span<const broker::event> items) override {
    return items.size();
  }
  void on_ended(const broker::caller&, broker::subscription_id, const error&) override {}
  void on_gap(const broker::caller&, broker::subscription_id, std::uint64_t, bool) override {}

  status begin_life();
  broker::respond answered(std::string what);
  void note_generation();

  surroundings& around_;
  process_files files_;
  std::vector<std::unique_ptr<shard_loop>> shards_;
  task_list control_;
  task_list reader_;
  task_list feeder_;
  broker::ledger known_;
  bus::journal::journal_bus* journal_ = nullptr;
  std::unique_ptr<watched_bus> events_;
  std::unique_ptr<broker::house> house_;
  bool began_ = false;
  bool failed_ = false;
  std::size_t drains_ = 0;
  std::size_t asked_ = 0;  ///< operations without an answer
  bool forced_ = false;    ///< messages were taken without asking the budget
  std::set<seen_letter> letters_;
};

}  // namespace nip::simulation
