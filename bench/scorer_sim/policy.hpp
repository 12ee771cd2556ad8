// How a client chooses a target: the interface that every scorer under test implements.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace nip::scorer_sim {

/// What a request is like, as far as its client knows.
struct request_view {
  std::uint32_t client = 0;
  double now = 0;
  double size = 1;      ///< of its work, as a multiple of the smallest; 1 where nobody knows
  double work = 0;      ///< seconds at speed 1: for the clairvoyant only
  double deadline = 0;  ///< seconds from now; 0: none
};

/// What the answer to a request tells its client.
struct answer_view {
  std::uint32_t client = 0;
  std::uint32_t target = 0;
  double now = 0;
  double latency = 0;
  double service = 0;  ///< of it, the time that it was worked on
  double size = 1;
  bool failed = false;
  std::uint32_t met_own = 0;  ///< of this client's requests, in flight there when it was sent
  std::uint32_t met_all = 0;  ///< of everybody's
  std::uint32_t left_at = 0;  ///< requests in flight at the server when the answer left
};

/// What a probe brings back.
struct probe_view {
  std::uint32_t client = 0;
  std::uint32_t target = 0;
  double now = 0;
  std::uint32_t in_flight = 0;  ///< at the server
  double latency = 0;           ///< median of recent ones at about that load; 0: none seen
};

/// What is fixed about a target.
struct target_view {
  unsigned places = 1;
  double price = 0;
};

/// What a policy may do and see besides. Implemented by the simulation.
class surroundings {
 public:
  virtual ~surroundings() = default;
  virtual std::size_t clients() const = 0;
  virtual std::span<const target_view> targets() const = 0;
  virtual random_source& random() = 0;
  /// Requests of this client, and of all clients, that are on their way to a target or there.
  virtual std::uint32_t own_in_flight(std::uint32_t client, std::uint32_t target) const = 0;
  virtual std::uint32_t all_in_flight(std::uint32_t target) const = 0;
  /// A probe reaches `target` after half a round trip; on_probe() is called after the whole.
  virtual void probe(std::uint32_t client, std::uint32_t target) = 0;
  /// For the clairvoyant: seconds until work that is sent now would be done.
  virtual double true_delay(std::uint32_t target, double work) const = 0;
  /// Mean of what a request takes at speed 1.
  virtual double mean_work() const = 0;
};

/// One a run, for all clients; each client's view is kept apart by its number. Deterministic given
/// the surroundings' randomness.
class policy {
 public:
  virtual ~policy() = default;
  /// Index into `candidates`, which names targets.
  virtual std::size_t choose(const request_view& what,
                             std::span<const std::uint32_t> candidates) = 0;
  virtual void on_answer(const answer_view&) {}
  virtual void on_probe(const probe_view&) {}
};

/// The names that make_policy() takes, the scorer of NIP last.
std::span<const std::string_view> policy_names();
/// Null when there is none of this name.
std::unique_ptr<policy> make_policy(std::string_view name, surroundings& where);

}  // namespace nip::scorer_sim
