// One run: a world that one seed drives, from an empty disk to a broker with nothing left to do.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulation/process.hpp"

namespace nip::simulation {

/// What kinds of trouble a run knows, and how much: weights of what may happen next. Each seed
/// leaves some of them out, so that rare meetings of the others get their chance.
struct weights {
  unsigned submit = 30;
  unsigned repeat = 8;
  unsigned turn = 40;
  unsigned journal = 20;
  unsigned reader = 10;
  unsigned control = 6;
  unsigned answer = 15;
  unsigned advance = 15;
  unsigned sleep = 1;
  unsigned look_around = 2;
  unsigned jump_wall = 1;
  unsigned rules = 2;
  unsigned enable = 1;
  unsigned redrive = 2;
  unsigned purge = 0;
  unsigned crash = 2;
  unsigned stop = 1;
  unsigned disk_fault = 1;
  unsigned disk_full = 1;
};

class world {
 public:
  world(std::uint64_t seed, bool verbose);

  /// The whole run. Afterwards told() says what was broken, if anything.
  void run();
  const chronicle& told() const { return told_; }
  const manual_clock& clock() const { return clock_; }
  /// What the run met, for the sum over all runs.
  struct census {
    std::uint64_t messages = 0;
    std::uint64_t lives = 0;
    std::uint64_t power_cuts = 0;
    std::uint64_t steps = 0;
  };
  const census& met() const { return met_; }

 private:
  void choose_options();
  void make_rules();
  bool happens(unsigned percent) { return random_.below(100) < percent; }

  // What may happen: actions.cpp
  void act();
  bool act_on_process(unsigned& dice);
  void submit_something();
  void repeat_something();
  void say(const wish& what);
  wish make_wish();
  void advance();
  void operate_rules();
  void crash();
  void crash_within();
  void power_cut();
  void start();
  void stop_in_order();
  void fill_disk();

  // The end: finish.cpp
  void finish();
  bool come_to_rest();
  bool work_once();
  void heal();
  void look_at_the_end();
  void bury();

  const std::uint64_t seed_;
  xoshiro random_;
  manual_clock clock_;
  chronicle told_;
  disk platter_;
  kept_state kept_;
  rule_files files_;
  plugin_folder folder_;
  weights weights_;
  temper temper_;
  promised_options promised_;
  broker::options broker_;
  bus::options journal_;
  unsigned steps_ = 0;
  std::unique_ptr<model> promises_;
  std::unique_ptr<playground> plugins_;
  std::unique_ptr<surroundings> around_;
  std::unique_ptr<process> process_;
  ending next_ending_ = ending::killed;
  std::vector<wish> said_;  ///< that may be said again
  std::uint64_t mark_ = 0;
  bool extra_rule_ = false;
  census met_;
};

}  // namespace nip::simulation
