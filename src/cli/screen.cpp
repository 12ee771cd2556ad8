#include "cli/screen.hpp"

#include <fmt/format.h>

#include <map>
#include <sstream>

#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

double seconds_between(const snapshot& before, const snapshot& after) {
  return std::max(std::chrono::duration<double>(after.at - before.at).count(), 1e-3);
}

/// Sum of the numbers under an object, or the number itself.
double total_at(const nlohmann::json& stats, std::string_view path) {
  const auto& value = value_at(stats, path);
  if (!value.is_object()) return value.is_number() ? value.get<double>() : 0;
  double total = 0;
  for (const auto& each : value)
    if (each.is_number()) total += each.get<double>();
  return total;
}

/// What one plugin counts over all shards.
struct plugin_numbers {
  double queued = 0, in_flight = 0, done = 0, failed = 0;
};

std::map<std::string, plugin_numbers> plugins_of(const nlohmann::json& stats) {
  std::map<std::string, plugin_numbers> sums;
  for (const auto& shard : value_at(stats, "shards")) {
    for (const auto& [name, one] : value_at(shard, "plugins").items()) {
      auto& sum = sums[name];
      sum.queued += number_at(one, "queued");
      sum.in_flight += number_at(one, "in_flight");
      sum.done += number_at(one, "done");
      sum.failed += number_at(one, "failed");
    }
  }
  return sums;
}

std::string count_text(double value) { return with_commas(static_cast<std::uint64_t>(value)); }

void print_head(std::ostream& to, const std::string& server, const snapshot& now,
                const painter& paint) {
  const double dead = number_at(now.stats, "dead_letters");
  to << paint(colour::bold, "nip top")
     << fmt::format("  {}  generation {}  ", server, text_at(now.stats, "generation"))
     << paint(dead > 0 ? colour::yellow : colour::none,
              fmt::format("dead letters {}", count_text(dead)))
     << fmt::format("  memory {} of {}\n\n",
                    bytes_text(number_at(now.stats, "memory.leased_bytes")),
                    bytes_text(number_at(now.stats, "memory.budget_bytes")));
}

struct flow {
  const char* title;
  const char* path;
  colour shade;
};

constexpr flow flows[] = {{"received", "messages_received", colour::none},
                          {"accepted", "messages_accepted", colour::green},
                          {"refused", "messages_refused", colour::red},
                          {"delivered", "deliveries_done", colour::green},
                          {"retried", "deliveries_retried", colour::yellow},
                          {"dead", "deliveries_dead", colour::red},
                          {"expired", "deliveries_expired", colour::yellow},
                          {"replies", "replies", colour::none},
                          {"events", "events", colour::none},
                          {"events missed", "events_missed", colour::yellow}};

void print_flows(std::ostream& to, const snapshot& before, const snapshot& after,
                 const painter& paint) {
  table shown({{"MESSAGES"}, {"PER SECOND", align::right}, {"SINCE START", align::right}});
  for (const auto& each : flows) {
    const double now = total_at(after.stats, each.path);
    const double rate = (now - total_at(before.stats, each.path)) / seconds_between(before, after);
    shown.add(
        {each.title, cell(rate_text(rate), rate > 0 ? each.shade : colour::dim), count_text(now)});
  }
  shown.print(to, paint);
}

void print_latency(std::ostream& to, const snapshot& before, const snapshot& after,
                   const painter& paint) {
  const auto time = [&](const std::string& path) {
    return latency_text(number_at(after.stats, path) * 1e3);
  };
  table shown({{"STAGE"}, {"P50", align::right}, {"P99", align::right}});
  for (const auto& [name, stage] : value_at(after.stats, "stages_us").items())
    if (number_at(stage, "count") > 0)
      shown.add({name, time("stages_us." + name + ".p50"), time("stages_us." + name + ".p99")});
  shown.add({"journal sync", time("journal.sync_p50_us"), time("journal.sync_p99_us")});
  to << '\n';
  shown.print(to, paint);
  const double seconds = seconds_between(before, after);
  const auto rate = [&](const char* path) {
    return (number_at(after.stats, path) - number_at(before.stats, path)) / seconds;
  };
  to << fmt::format("\njournal: {} syncs/s, {}/s written, {} on disk\n",
                    rate_text(rate("journal.syncs")), bytes_text(rate("journal.bytes_written")),
                    bytes_text(number_at(after.stats, "journal.bytes_on_disk")));
}

std::string state_of(const nlohmann::json& plugin, bool used) {
  if (!value_at(plugin, "installed").is_null() && text_at(plugin, "installed") == "no")
    return "missing";
  if (text_at(plugin, "enabled") == "no") return "disabled";
  return used ? "in use" : "idle";
}

void print_plugins(std::ostream& to, const snapshot& before, const snapshot& after,
                   const painter& paint) {
  auto then = plugins_of(before.stats);
  auto now = plugins_of(after.stats);
  const double seconds = seconds_between(before, after);
  table shown({{"PLUGIN"},
               {"VERSION"},
               {"STATE"},
               {"QUEUED", align::right},
               {"IN FLIGHT", align::right},
               {"DONE/S", align::right},
               {"FAILED/S", align::right}});
  for (const auto& plugin : after.plugins) {
    const auto name = text_at(plugin, "name");
    const auto &last = now[name], &old = then[name];
    const bool used = last.queued + last.in_flight + last.done + last.failed > 0;
    const double failures = (last.failed - old.failed) / seconds;
    shown.add({cell(name, colour::cyan), text_at(plugin, "version"),
               cell(state_of(plugin, used), used ? colour::green : colour::dim),
               count_text(last.queued), count_text(last.in_flight),
               rate_text((last.done - old.done) / seconds),
               cell(rate_text(failures), failures > 0 ? colour::red : colour::none)});
  }
  if (shown.empty()) return;
  to << '\n';
  shown.print(to, paint);
}

/// Every number among the leaves of an object, by its dotted path.
void collect_numbers(const nlohmann::json& value, const std::string& path,
                     std::map<std::string, double>& into) {
  if (value.is_number()) into[path] = value.get<double>();
  if (!value.is_object()) return;
  for (const auto& [name, field] : value.items())
    collect_numbers(field, path.empty() ? name : fmt::format("{}.{}", path, name), into);
}

}  // namespace

std::string screen_text(const std::string& server, const snapshot& before, const snapshot& after,
                        const painter& paint) {
  std::ostringstream text;
  print_head(text, server, after, paint);
  print_flows(text, before, after, paint);
  print_latency(text, before, after, paint);
  print_plugins(text, before, after, paint);
  return text.str();
}

nlohmann::json screen_json(const snapshot& before, const snapshot& after) {
  const double seconds = seconds_between(before, after);
  std::map<std::string, double> then;
  std::map<std::string, double> now;
  collect_numbers(before.stats, "", then);
  collect_numbers(after.stats, "", now);
  auto rates = nlohmann::json::object();
  for (const auto& [path, value] : now)
    if (const auto old = then.find(path); old != then.end() && value > old->second)
      rates[path] = (value - old->second) / seconds;
  return {
      {"seconds", seconds}, {"rates", rates}, {"stats", after.stats}, {"plugins", after.plugins}};
}

}  // namespace nip::cli
