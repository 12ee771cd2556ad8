// scorer_sim: compares the scorer of NIP with those of others in simulated worlds. See --help.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <optional>

#include "scorer_sim/plot.hpp"
#include "scorer_sim/report.hpp"
#include "scorer_sim/simulation.hpp"

namespace nip::scorer_sim {
namespace {

constexpr std::string_view help =
    R"(scorer_sim [--scenario s1..s6] [--loads 0.7,0.9] [--seeds N] [--policies a,b]
           [--plots FOLDER]

Prints a table for each scenario and load: latencies are means over the seeds, ratios are paired by
seed, with their 95 % confidence interval. --plots writes one SVG a scenario there.
Without options: every scenario, its loads, 20 seeds, every policy.
)";

struct wishes {
  std::vector<std::string> scenarios = {"s1", "s2", "s3", "s4", "s5", "s6"};
  std::vector<double> loads;  ///< empty: the scenario's own
  std::uint64_t seeds = 20;
  std::vector<std::string> policies;
  std::string plots;
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    out.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

std::optional<double> number(const std::string& text) {
  double out = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (wrong != std::errc{} || end != text.data() + text.size() || out <= 0) return std::nullopt;
  return out;
}

/// An error text, empty when all is well.
std::string read(int count, char** arguments, wishes& into) {
  for (int i = 1; i < count; i += 2) {
    const std::string_view name = arguments[i];
    if (i + 1 >= count) return fmt::format("{}: a value is missing", name);
    const std::string value = arguments[i + 1];
    if (name == "--scenario") {
      into.scenarios = split(value);
    } else if (name == "--policies") {
      into.policies = split(value);
    } else if (name == "--plots") {
      into.plots = value;
    } else if (name == "--seeds" || name == "--loads") {
      for (const auto& each : split(value)) {
        const auto got = number(each);
        if (!got) return fmt::format("{} {}: expected numbers above 0", name, value);
        if (name == "--seeds")
          into.seeds = static_cast<std::uint64_t>(*got);
        else
          into.loads.push_back(*got);
      }
    } else {
      return fmt::format("unknown option {}\n{}", name, help);
    }
  }
  return {};
}

std::vector<double> loads_of(std::string_view scenario) {
  if (scenario == "s1" || scenario == "s2" || scenario == "s4") return {0.7, 0.8, 0.9, 0.95};
  return {scenario == "s6" ? 0.4 : 0.5};
}

double failing_share(const scenario& world, const outcome& seen) {
  double failing = 0;
  double there = 0;
  double all = 0;
  for (std::size_t i = 0; i < world.targets.size(); ++i) {
    const auto attempts = static_cast<double>(seen.attempts[i]);
    all += attempts;
    if (world.targets[i].fails <= 0) continue;
    failing += attempts;
    ++there;
  }
  const double fair = there / static_cast<double>(world.targets.size());
  return there == 0 || all == 0 ? 0 : failing / all / fair;
}

series run(const scenario& world, std::string_view policy, std::uint64_t seeds) {
  series out;
  out.policy = policy;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    auto seen = simulation(world, policy, seed).run();
    const auto sent = static_cast<double>(seen.sent);
    out.p50.push_back(seen.quantile(0.5));
    out.p99.push_back(seen.quantile(0.99));
    out.p999.push_back(seen.quantile(0.999));
    out.good.push_back(static_cast<double>(seen.in_time) / sent);
    out.price.push_back(seen.price / sent);
    out.failing_share.push_back(failing_share(world, seen));
  }
  return out;
}

std::string ratio_text(const interval& of) {
  return fmt::format("{:.2f} ({:.2f}-{:.2f})", of.middle, of.low, of.high);
}

void print(const scenario& world, const std::vector<series>& all) {
  const auto find = [&](std::string_view name) -> const series* {
    for (const auto& each : all)
      if (each.policy == name) return &each;
    return nullptr;
  };
  const auto* prequal = find("prequal");
  const auto* best = find("clairvoyant");
  fmt::print("\n{} at {:.0f} %, {} seeds\n\n", world.name, world.load * 100, all[0].p99.size());
  fmt::print(
      "| policy | p50 ms | p99 ms | p99.9 ms | p99 / prequal | p99.9 / prequal | "
      "p99 / clairvoyant | good | price | to failing "
      "|\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& each : all) {
    const auto against = [&](const series* other, std::vector<double> series::* which) {
      return other == nullptr ? "" : ratio_text(paired_ratio(each.*which, other->*which));
    };
    fmt::print("| {} | {:.1f} | {:.1f} | {:.1f} | {} | {} | {} | {:.5f} | {:.2f} | {:.3f} |\n",
               each.policy, mean_of(each.p50) * 1e3, mean_of(each.p99) * 1e3,
               mean_of(each.p999) * 1e3, against(prequal, &series::p99),
               against(prequal, &series::p999), against(best, &series::p99), mean_of(each.good),
               mean_of(each.price), mean_of(each.failing_share));
  }
  std::fflush(stdout);
}

int compare(const wishes& what) {
  for (const auto& name : what.scenarios) {
    std::vector<panel> panels;
    for (const double load : what.loads.empty() ? loads_of(name) : what.loads) {
      const auto world = make_scenario(name, load);
      if (!world) return fmt::print(stderr, "there is no scenario {}\n{}", name, help), 2;
      std::vector<series> all;
      for (const auto policy : policy_names())
        if (what.policies.empty() ||
            std::ranges::find(what.policies, policy) != what.policies.end())
          all.push_back(run(*world, policy, what.seeds));
      if (all.empty()) return fmt::print(stderr, "there is no policy of these names\n"), 2;
      print(*world, all);
      panels.push_back({fmt::format("load {:.0f} %", load * 100), std::move(all)});
    }
    if (what.plots.empty()) continue;
    const auto path = what.plots + "/" + name + ".svg";
    if (!(std::ofstream(path) << draw("scenario " + name, panels)))
      return fmt::print(stderr, "{} cannot be written\n", path), 1;
  }
  return 0;
}

}  // namespace
}  // namespace nip::scorer_sim

int main(int count, char** arguments) {
  nip::scorer_sim::wishes what;
  if (const auto wrong = nip::scorer_sim::read(count, arguments, what); !wrong.empty()) {
    fmt::print(stderr, "{}\n", wrong);
    return 2;
  }
  return nip::scorer_sim::compare(what);
}
