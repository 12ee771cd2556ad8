// One run of one scenario under one policy with one seed.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "scorer_sim/events.hpp"
#include "scorer_sim/policy.hpp"
#include "scorer_sim/scenario.hpp"
#include "scorer_sim/server.hpp"

namespace nip::scorer_sim {

/// What a run came to.
struct outcome {
  std::vector<float> latencies;  ///< seconds, of the requests that were answered well, unsorted
  std::uint64_t sent = 0;        ///< requests in the measured time
  std::uint64_t lost = 0;        ///< of them failed in the end
  std::uint64_t in_time = 0;     ///< answered well before the deadline
  double price = 0;              ///< of all attempts
  std::vector<std::uint64_t> attempts;  ///< by target, measured time only

  /// Of the latencies, a lost request counting as the longest; seconds. q from 0 to 1.
  double quantile(double q);
};

/// Arrivals, sizes and troubles are drawn from streams of their own, so that every policy meets the
/// same world under the same seed: differences between them can be paired.
class simulation final : public surroundings {
 public:
  simulation(const scenario& world, std::string_view policy_name, std::uint64_t seed);
  outcome run();

  // surroundings
  std::size_t clients() const override { return world_.clients; }
  std::span<const target_view> targets() const override { return views_; }
  random_source& random() override { return policy_random_; }
  std::uint32_t own_in_flight(std::uint32_t client, std::uint32_t target) const override {
    return own_[client * servers_.size() + target];
  }
  std::uint32_t all_in_flight(std::uint32_t target) const override { return all_[target]; }
  void probe(std::uint32_t client, std::uint32_t target) override;
  double true_delay(std::uint32_t target, double work) const override {
    return servers_[target].expected_delay(work);
  }
  double mean_work() const override { return world_.mean_work; }

 private:
  struct request {
    double born = 0;
    double sent = 0;
    double work = 0;
    double size = 1;
    std::uint32_t client = 0;
    std::uint32_t target = 0;
    std::uint32_t met_own = 0;
    std::uint32_t met_all = 0;
    std::uint32_t met_there = 0;
    std::uint32_t left_at = 0;
    unsigned attempt = 0;
    bool fails = false;
    bool open = false;
  };

  void begin();
  void on(const event& what);
  void on_arrival();
  void send(std::uint64_t at);
  void on_reaches(std::uint32_t where, std::uint64_t at);
  void on_finishes(std::uint32_t where, std::uint64_t epoch);
  void on_answered(std::uint64_t at);
  void on_new_speed(std::uint32_t where);
  void on_probe_back(std::uint64_t at);
  void end(std::uint64_t at, bool well);
  void watch(std::uint32_t where);
  void plan_arrival();
  double draw_work(double& size);
  double draw_exponential(random_source& from, double mean);
  bool measured(double at) const { return at >= world_.warm_up; }

  scenario world_;
  xoshiro arrivals_;
  xoshiro sizes_;
  xoshiro troubles_;
  xoshiro faults_;
  xoshiro policy_random_;
  std::vector<server> servers_;
  std::vector<bool> sick_;
  std::vector<target_view> views_;
  std::vector<std::uint32_t> own_;
  std::vector<std::uint32_t> all_;
  std::vector<request> requests_;
  std::vector<std::uint64_t> free_;
  std::vector<probe_view> probes_;
  std::vector<std::uint64_t> free_probes_;
  std::vector<std::uint32_t> candidates_;
  agenda agenda_;
  double now_ = 0;
  outcome seen_;
  std::unique_ptr<policy> policy_;
};

}  // namespace nip::scorer_sim
