// Plugins of a run: they answer, fail, answer late or never, refuse to start, and take effect.
#pragma once

#include <list>
#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "plugin/catalogue.hpp"
#include "simulation/model.hpp"

namespace nip::simulation {

/// How plugins behave in a run, in percent of what they are handed; the rest is kept for later.
struct temper {
  unsigned answers = 50;
  unsigned fails = 10;
  unsigned refuses = 5;
  unsigned fails_to_start = 5;
  std::size_t in_flight_max = 4;
};

class playground;

/// One instance, for one shard of one process.
class player final : public plugin::instance {
 public:
  player(playground& of, std::string name, plugin::host& to)
      : of_(of), name_(std::move(name)), to_(to) {}
  ~player() override;

  void handle(std::span<const plugin::work> batch) override;
  void cancel(std::uint64_t token) override;
  void published(std::uint64_t, const status&) override {}
  std::size_t in_flight_max() const override;
  plugin::health_report health() override;
  plugin::usage_report usage() override { return {}; }
  void stop(std::function<void()> stopped) override;

  const std::string& name() const { return name_; }
  void end(const plugin::work& what, plugin::handled how);

 private:
  friend class playground;
  playground& of_;
  std::string name_;
  plugin::host& to_;
  std::size_t open_ = 0;  ///< handed over, neither ended nor given up
};

/// The runtime of every process of a run.
class playground final : public plugin::runtime {
 public:
  playground(model& promises, random_source& random, temper how)
      : model_(promises), random_(random), temper_(how) {}

  result<std::unique_ptr<plugin::instance>> create(const plugin::spec_ptr& what,
                                                   const plugin::instance_context& where) override;
  /// Ends one of the pieces of work that were kept.
  void answer_one();
  bool keeps_work() const { return !kept_.empty(); }
  /// From now on every plugin starts and answers at once: the run is to come to its end.
  void be_kind() { kind_ = true; }
  void process_died() { kept_.clear(); }

 private:
  friend class player;
  struct kept_work {
    player* at;
    plugin::work what;
    std::string rule;
    bool given_up = false;
  };
  plugin::handled draw();

  model& model_;
  random_source& random_;
  const temper temper_;
  std::list<kept_work> kept_;
  bool kind_ = false;
};

}  // namespace nip::simulation
