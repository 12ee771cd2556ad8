// `nip explain`: why a message went where it went.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

using nlohmann::json;

std::string text_of(const json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

/// When each stage of the walk was reached, and how long it took since the one before.
void print_stages(session& now, const json& answer) {
  const auto stages = answer.find("stages_us");
  if (stages == answer.end() || stages->empty()) return;
  std::vector<std::pair<double, std::string>> reached;
  for (const auto& [name, at] : stages->items()) reached.emplace_back(at.get<double>(), name);
  std::ranges::sort(reached);
  now.out() << now.paint()(colour::bold, "stages") << "\n";
  double before = 0;
  for (const auto& [at, name] : reached) {
    now.out() << fmt::format("  {:<10} {:>10.1f} µs   +{:.1f}\n", name, at, at - before);
    before = at;
  }
}

void print_rules(session& now, const json& answer) {
  const auto rules = answer.find("rules");
  if (rules == answer.end()) return;
  now.out() << now.paint()(colour::bold, "rules") << "\n";
  for (const auto& id : rules->at("matched"))
    now.out() << fmt::format("  {} fired\n", id.get<std::string>());
  for (const auto& each : rules->at("not_matched"))
    now.out() << fmt::format("  {} did not: {}\n", text_of(each, "rule"), text_of(each, "why"));
  if (rules->at("matched").empty()) now.out() << "  none fired\n";
  if (rules->contains("note")) now.out() << fmt::format("  ({})\n", text_of(*rules, "note"));
}

void print_candidate(session& now, const json& each) {
  const auto score = each.find("score");
  const std::string chosen = each.value("chosen", false) ? " (chosen)" : "";
  if (score == each.end()) {
    now.out() << fmt::format("      {}{}\n", text_of(each, "plugin"), chosen);
    return;
  }
  now.out() << fmt::format(
      "      {}{}: load {:.2f}, expects {:.1f} µs + {:.1f} µs for failures{}{}\n",
      text_of(each, "plugin"), chosen, score->at("relative_load").get<double>(),
      score->at("expected_latency_us").get<double>(),
      score->at("expected_failure_us").get<double>(), score->at("hot").get<bool>() ? ", hot" : "",
      score->at("available").get<bool>() ? "" : ", not available");
}

void print_attempt(session& now, const json& each) {
  std::string line = fmt::format("      attempt {} at {}: {}", text_of(each, "attempt"),
                                 text_of(each, "plugin"), text_of(each, "outcome"));
  if (each.contains("took_us")) line += fmt::format(" in {:.1f} µs", each["took_us"].get<double>());
  if (each.contains("error")) line += ": " + text_of(each, "error");
  now.out() << line << "\n";
}

void print_deliveries(session& now, const json& answer) {
  const auto deliveries = answer.find("deliveries");
  if (deliveries == answer.end()) return;
  now.out() << now.paint()(colour::bold, "deliveries") << "\n";
  if (deliveries->empty()) now.out() << "  none\n";
  for (const auto& one : *deliveries) {
    now.out() << fmt::format("  {}: {} after {} attempt(s), strategy {}\n", text_of(one, "rule"),
                             text_of(one, "state"), text_of(one, "attempts"),
                             text_of(one, "strategy"));
    for (const auto& each : one.value("candidates", json::array())) print_candidate(now, each);
    for (const auto& each : one.value("attempts_made", json::array())) print_attempt(now, each);
  }
}

void print_explanation(session& now, const json& answer) {
  now.out() << fmt::format("{} {}\n", now.paint()(colour::bold, "message"), text_of(answer, "id"));
  now.out() << fmt::format("  type {}, seq {}, {}\n",
                           text_of(answer.value("message", json::object()), "type"),
                           text_of(answer, "seq"), text_of(answer, "state"));
  now.out() << fmt::format("  accepted {} at level {}, generation {}\n",
                           text_of(answer, "accepted_at"), text_of(answer, "ack"),
                           text_of(answer, "generation"));
  if (answer.contains("dead_reason"))
    now.out() << fmt::format("  dead letter: {}\n", text_of(answer, "dead_reason"));
  for (const auto& topic : answer.value("topics", json::array()))
    now.out() << fmt::format("  topic {}\n", topic.get<std::string>());
  print_rules(now, answer);
  print_deliveries(now, answer);
  print_stages(now, answer);
}

outcome<exit_code> run_explain(session& now, const std::string& id) {
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, {.path = fmt::format("/v4/messages/{}/explain", url_escape(id))}));
  if (now.json() || !answer.is_object())
    now.print_json(answer);
  else
    print_explanation(now, answer);
  return exit_code::ok;
}

}  // namespace

void add_explain(CLI::App& app, action& chosen) {
  auto id = std::make_shared<std::string>();
  auto* sub =
      app.add_subcommand("explain", "why a message went where it went: rules, targets, attempts");
  sub->add_option("id", *id, "the message's id")->required();
  sub->callback([id, &chosen] { chosen = [id](session& now) { return run_explain(now, *id); }; });
}

}  // namespace nip::cli
