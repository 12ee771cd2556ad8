#include "scorer_sim/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nip::scorer_sim {
namespace {

constexpr double pareto_alpha = 1.3;
constexpr double pareto_longest = 1000;  // times the shortest

/// Mean of the bounded Pareto distribution from 1 to pareto_longest.
double pareto_mean() {
  const double a = pareto_alpha;
  const double h = pareto_longest;
  return a / (a - 1) * (1 - std::pow(h, 1 - a)) / (1 - std::pow(h, -a));
}

}  // namespace

double outcome::quantile(double q) {
  const auto all = static_cast<double>(latencies.size() + lost);
  const auto rank = static_cast<std::size_t>(std::max(std::ceil(q * all) - 1, 0.0));
  if (rank >= latencies.size()) return std::numeric_limits<double>::infinity();
  const auto at = latencies.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(latencies.begin(), at, latencies.end());
  return *at;
}

simulation::simulation(const scenario& world, std::string_view policy_name, std::uint64_t seed)
    : world_(world),
      arrivals_(seed * 8),
      sizes_(seed * 8 + 1),
      troubles_(seed * 8 + 2),
      faults_(seed * 8 + 3),
      policy_random_(seed * 8 + 4),
      own_(world.clients * world.targets.size()),
      all_(world.targets.size()) {
  for (const auto& each : world.targets) {
    servers_.emplace_back(world.how, each.places);
    views_.push_back({each.places, each.price});
  }
  for (std::uint32_t i = 0; i < servers_.size(); ++i) candidates_.push_back(i);
  sick_.resize(servers_.size());
  seen_.attempts.resize(servers_.size());
  policy_ = make_policy(policy_name, *this);
}

outcome simulation::run() {
  begin();
  while (!agenda_.empty()) {
    const auto next = agenda_.next();
    now_ = next.at;
    on(next);
    if (now_ > world_.length * 4) break;  // the world is overloaded: what is left open is lost
  }
  for (std::uint64_t i = 0; i < requests_.size(); ++i)
    if (requests_[i].open) end(i, false);
  return std::move(seen_);
}

void simulation::begin() {
  for (std::uint32_t i = 0; i < servers_.size(); ++i) {
    servers_[i].set_speed(world_.targets[i].speed, 0);
    const auto& has = world_.targets[i].has;
    if (has.on_mean <= 0) continue;
    // In the middle of a cycle, so that they are not sick together.
    sick_[i] = troubles_.unit() < has.on_mean / (has.on_mean + has.off_mean);
    const double mean = sick_[i] ? has.on_mean : has.off_mean;
    servers_[i].set_speed(world_.targets[i].speed * (sick_[i] ? has.speed : 1), 0);
    agenda_.add(has.random ? draw_exponential(troubles_, mean) : mean * troubles_.unit(),
                event_kind::new_speed, i);
  }
  plan_arrival();
}

void simulation::on(const event& what) {
  switch (what.kind) {
    case event_kind::arrival:
      return on_arrival();
    case event_kind::send_again:
      return send(what.what);
    case event_kind::reaches:
      return on_reaches(what.who, what.what);
    case event_kind::finishes:
      return on_finishes(what.who, what.what);
    case event_kind::answered:
      return on_answered(what.what);
    case event_kind::new_speed:
      return on_new_speed(what.who);
    case event_kind::probed: {
      const auto& there = servers_[what.who];
      auto& probe = probes_[what.what];
      probe.in_flight = static_cast<std::uint32_t>(there.in_flight());
      probe.latency = there.seen.median(probe.in_flight);
      return agenda_.add(now_ + world_.round_trip / 2, event_kind::probe_back, 0, what.what);
    }
    case event_kind::probe_back:
      return on_probe_back(what.what);
  }
}

void simulation::plan_arrival() {
  const double progress = now_ / world_.length;
  const double load =
      world_.ramp_to > 0 ? world_.load + (world_.ramp_to - world_.load) * progress : world_.load;
  const double at = now_ + draw_exponential(arrivals_, 1 / (world_.capacity() * load));
  if (at < world_.length) agenda_.add(at, event_kind::arrival);
}

double simulation::draw_exponential(random_source& from, double mean) {
  return -mean * std::log(1 - from.unit());
}

double simulation::draw_work(double& size) {
  const double u = sizes_.unit();
  switch (world_.shape) {
    case work_shape::exponential:
      return -world_.mean_work * std::log(1 - u);
    case work_shape::pareto: {
      const double low_end = 1 - std::pow(pareto_longest, -pareto_alpha);
      const double drawn = std::pow(1 - u * low_end, -1 / pareto_alpha);
      if (world_.sizes_known) size = drawn;
      return world_.mean_work * drawn / pareto_mean();
    }
    case work_shape::normal: {
      // The mean of max(0, N(m, m)) is m (Phi(1) + phi(1)) = 1.0833 m.
      constexpr double cut_mean = 1.08331547;
      const double v = sizes_.unit();
      const double z = std::sqrt(-2 * std::log(1 - u)) * std::cos(2 * std::numbers::pi * v);
      return world_.mean_work / cut_mean * std::max(1 + z, 0.001);
    }
  }
  return world_.mean_work;
}

void simulation::on_arrival() {
  if (free_.empty()) {
    free_.push_back(requests_.size());
    requests_.emplace_back();
  }
  const auto at = free_.back();
  free_.pop_back();
  auto& one = requests_[at] = {};
  one.open = true;
  one.born = now_;
  one.work = draw_work(one.size);
  one.client = static_cast<std::uint32_t>(arrivals_.below(world_.clients));
  if (measured(now_)) ++seen_.sent;
  plan_arrival();
  send(at);
}

void simulation::send(std::uint64_t at) {
  auto& one = requests_[at];
  const double left = world_.deadline > 0 ? world_.deadline - (now_ - one.born) : 0;
  const auto chosen = policy_->choose({one.client, now_, one.size, one.work, left}, candidates_);
  one.target = candidates_[chosen];
  ++one.attempt;
  one.sent = now_;
  one.met_own = own_[one.client * servers_.size() + one.target]++;
  one.met_all = all_[one.target]++;
  if (measured(one.born)) {
    ++seen_.attempts[one.target];
    seen_.price += world_.targets[one.target].price;
  }
  agenda_.add(now_ + world_.round_trip / 2, event_kind::reaches, one.target, at);
}

void simulation::on_reaches(std::uint32_t where, std::uint64_t at) {
  auto& one = requests_[at];
  const auto& kind = world_.targets[where];
  one.fails = kind.fails > 0 && faults_.unit() < kind.fails;
  if (one.fails)
    return agenda_.add(now_ + kind.fails_after + world_.round_trip / 2, event_kind::answered, 0,
                       at);
  one.met_there = static_cast<std::uint32_t>(servers_[where].in_flight());
  servers_[where].arrive(at, one.work, now_);
  watch(where);
}

void simulation::watch(std::uint32_t where) {
  const double end = servers_[where].next_end();
  if (std::isfinite(end))
    agenda_.add(std::max(end, now_), event_kind::finishes, where, servers_[where].epoch());
}

void simulation::on_finishes(std::uint32_t where, std::uint64_t epoch) {
  auto& there = servers_[where];
  if (there.epoch() != epoch) return;
  const auto at = there.finish(now_);
  watch(where);
  auto& one = requests_[at];
  one.left_at = static_cast<std::uint32_t>(there.in_flight());
  const double latency = now_ - one.sent - world_.round_trip / 2;
  there.seen.add(one.met_there, static_cast<float>(latency));
  agenda_.add(now_ + world_.round_trip / 2, event_kind::answered, 0, at);
}

void simulation::on_answered(std::uint64_t at) {
  auto& one = requests_[at];
  --own_[one.client * servers_.size() + one.target];
  --all_[one.target];
  const double latency = now_ - one.sent;
  const double service = one.work / std::max(servers_[one.target].speed(), 1e-3);
  policy_->on_answer({one.client, one.target, now_, latency, std::min(service, latency), one.size,
                      one.fails, one.met_own, one.met_all, one.left_at});
  if (!one.fails) return end(at, true);
  if (one.attempt >= world_.attempts_max) return end(at, false);
  // Full jitter, as delivery does it.
  const double pause = world_.retry_after * std::pow(2, one.attempt - 1) * faults_.unit();
  agenda_.add(now_ + pause, event_kind::send_again, 0, at);
}

void simulation::end(std::uint64_t at, bool well) {
  auto& one = requests_[at];
  one.open = false;
  free_.push_back(at);
  if (!measured(one.born)) return;
  if (!well) {
    ++seen_.lost;
    return;
  }
  const double took = now_ - one.born;
  seen_.latencies.push_back(static_cast<float>(took));
  seen_.in_time += world_.deadline <= 0 || took <= world_.deadline;
}

void simulation::on_new_speed(std::uint32_t where) {
  const auto& kind = world_.targets[where];
  sick_[where] = !sick_[where];
  servers_[where].set_speed(kind.speed * (sick_[where] ? kind.has.speed : 1), now_);
  watch(where);
  // Once nothing arrives any more only what is on its way needs the speeds.
  if (now_ > world_.length * 4) return;
  const double mean = sick_[where] ? kind.has.on_mean : kind.has.off_mean;
  const double time = kind.has.random ? draw_exponential(troubles_, mean) : mean;
  const bool over =
      now_ > world_.length && std::ranges::all_of(all_, [](auto n) { return n == 0; });
  if (!over) agenda_.add(now_ + time, event_kind::new_speed, where);
}

void simulation::probe(std::uint32_t client, std::uint32_t target) {
  if (free_probes_.empty()) {
    free_probes_.push_back(probes_.size());
    probes_.emplace_back();
  }
  const auto at = free_probes_.back();
  free_probes_.pop_back();
  probes_[at] = {client, target, 0, 0, 0};
  agenda_.add(now_ + world_.round_trip / 2, event_kind::probed, target, at);
}

void simulation::on_probe_back(std::uint64_t at) {
  probes_[at].now = now_;
  policy_->on_probe(probes_[at]);
  free_probes_.push_back(at);
}

}  // namespace nip::scorer_sim
