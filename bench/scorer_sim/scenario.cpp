#include "scorer_sim/scenario.hpp"

namespace nip::scorer_sim {
namespace {

/// Prequal's testbed in small (NSDI 2024, section 5): 100 clients, 100 targets, work that varies as
/// much as its mean, and neighbours on the machine that take the processor away now and then.
scenario many_clients(double load) {
  scenario out;
  out.clients = 100;
  target_kind one{.places = 16};
  one.has = {.speed = 0.2, .on_mean = 2, .off_mean = 18};
  out.targets.assign(100, one);
  out.how = discipline::shared;
  out.shape = work_shape::normal;
  out.mean_work = 0.16;
  out.load = load;
  return out;
}

/// C3's simulation (NSDI 2015, section 6): 50 servers with four places, exponential work of 4 ms,
/// speeds that flip between one and a third, 150 clients. Each may go to any server: its groups of
/// three replicas would leave Prequal's pool hardly a choice.
scenario flipping(double load) {
  scenario out;
  out.clients = 150;
  target_kind one{.places = 4};
  one.has = {.speed = 1.0 / 3, .on_mean = 0.1, .off_mean = 0.1};
  out.targets.assign(50, one);
  out.mean_work = 0.004;
  out.load = load;
  out.warm_up = 2;
  out.length = 12;
  return out;
}

/// Eleven backends of which one stands still for two seconds out of four.
scenario stalling(double load) {
  scenario out;
  out.targets.assign(11, {.places = 8});
  out.targets[4].has = {.speed = 0, .on_mean = 2, .off_mean = 2, .random = false};
  out.mean_work = 0.02;
  out.load = load;
  out.warm_up = 2;
  out.length = 62;
  return out;
}

/// Sizes over three decades, and targets of three speeds.
scenario heavy_tail(double load) {
  scenario out;
  for (const double speed : {1.0, 0.5, 0.25})
    out.targets.insert(out.targets.end(), 8, {.places = 4, .speed = speed});
  out.shape = work_shape::pareto;
  out.mean_work = 0.01;
  out.sizes_known = true;
  out.load = load;
  out.length = 65;
  return out;
}

/// A tenth of the targets fails nine requests of ten, at once.
scenario failing(double load) {
  scenario out;
  out.targets.assign(20, {.places = 8});
  for (const std::size_t at : {3, 11}) {
    out.targets[at].fails = 0.9;
    out.targets[at].fails_after = 0.001;
  }
  out.mean_work = 0.02;
  out.load = load;
  out.attempts_max = 5;
  out.warm_up = 1;
  return out;
}

/// Model backends: the cheap ones are slow and take few at once.
scenario models(double load) {
  scenario out;
  out.targets = {{.places = 64, .speed = 2, .price = 15},
                 {.places = 64, .speed = 1.5, .price = 10},
                 {.places = 32, .speed = 1, .price = 3},
                 {.places = 32, .speed = 0.9, .price = 2.5},
                 {.places = 16, .speed = 0.5, .price = 0.5}};
  for (auto& each : out.targets) each.has = {.speed = 0.3, .on_mean = 1, .off_mean = 19};
  out.mean_work = 1;
  out.deadline = 8;
  out.load = load;
  out.warm_up = 30;
  out.length = 330;
  return out;
}

}  // namespace

double scenario::capacity() const {
  double sum = 0;
  for (const auto& each : targets) {
    const auto& t = each.has;
    const double sick = t.on_mean > 0 ? t.on_mean / (t.on_mean + t.off_mean) : 0;
    sum += each.places * each.speed * (1 - sick + sick * t.speed);
  }
  return sum / mean_work;
}

std::optional<scenario> make_scenario(std::string_view name, double load) {
  constexpr std::pair<std::string_view, scenario (*)(double)> all[] = {
      {"s1", many_clients}, {"s2", flipping}, {"s3", stalling},
      {"s4", heavy_tail},   {"s5", failing},  {"s6", models}};
  for (const auto& [known, make] : all)
    if (known == name) {
      auto out = make(load);
      out.name = name;
      return out;
    }
  return std::nullopt;
}

}  // namespace nip::scorer_sim
