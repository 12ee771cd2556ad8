#include "cli/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

using nlohmann::json;

colour shade_of(const std::string& state) {
  if (state == "done") return colour::green;
  return state == "dead" || state == "expired" ? colour::red : colour::yellow;
}

/// "name  value" with the names in one column; nothing when there is no value.
void line(std::ostream& to, const painter& paint, std::string_view name, const std::string& value) {
  if (value.empty() || value == "-") return;
  to << paint(colour::bold, fmt::format("{:<12}", name)) << value << '\n';
}

void print_head(std::ostream& to, const json& from, const painter& paint) {
  const auto state = text_at(from, "state");
  line(to, paint, "message", one_line(text_at(from, "id"), 0));
  line(to, paint, "type", one_line(text_at(from, "message.type"), 0));
  line(to, paint, "state", paint(shade_of(state), state));
  line(to, paint, "why dead", text_at(from, "dead_reason"));
  line(to, paint, "accepted",
       fmt::format("{}  seq {}  ack {}  generation {}", text_at(from, "accepted_at"),
                   text_at(from, "seq"), text_at(from, "ack"), text_at(from, "generation")));
  line(to, paint, "topics", text_at(from, "topics"));
  line(to, paint, "rules",
       text_at(from, "rules.matched") == "-" ? "none matched" : text_at(from, "rules.matched"));
  for (const auto& each : value_at(from, "rules.not_matched"))
    line(to, paint, "  not",
         fmt::format("{}: {}", text_at(each, "rule"), one_line(text_at(each, "why"), 0)));
  line(to, paint, "  note", text_at(from, "rules.note"));
}

std::string candidate_text(const json& candidate) {
  std::string text = text_at(candidate, "plugin");
  if (candidate.contains("weight")) text += fmt::format(" weight {}", text_at(candidate, "weight"));
  const auto& score = value_at(candidate, "score");
  if (score.is_object()) {
    const auto time = [&](const char* key) { return latency_text(number_at(score, key) * 1e3); };
    text +=
        fmt::format(" load {:.2f}, expects {} + {} for failures", number_at(score, "relative_load"),
                    time("expected_latency_us"), time("expected_failure_us"));
    if (text_at(score, "unseen") == "yes") text += ", unseen";
    if (text_at(score, "hot") == "yes") text += ", hot";
    if (text_at(score, "available") == "no")
      text += score.contains("left_out") ? ", left out: " + text_at(score, "left_out")
                                         : ", unavailable";
  }
  return text_at(candidate, "chosen") == "yes" ? text + " (chosen)" : text;
}

void print_candidates(std::ostream& to, const json& delivery) {
  const auto& candidates = value_at(delivery, "candidates");
  if (candidates.size() < 2) return;
  for (const auto& each : candidates) to << fmt::format("  candidate  {}\n", candidate_text(each));
  if (text_at(delivery, "chosen_by") == "exploration") to << "  chosen to explore\n";
  if (text_at(delivery, "chosen_by") == "probe")
    to << "  chosen to find out whether it works again\n";
}

void print_attempts(std::ostream& to, const json& delivery, const painter& paint) {
  const auto& attempts = value_at(delivery, "attempts_made");
  for (const auto& each : attempts) {
    const auto how = text_at(each, "outcome");
    to << fmt::format("  attempt {:>3}  {}  {}", text_at(each, "attempt"), text_at(each, "plugin"),
                      paint(how == "done" ? colour::green : colour::red, how));
    if (each.contains("took_us")) to << "  " << latency_text(number_at(each, "took_us") * 1e3);
    if (each.contains("at")) to << "  " << paint(colour::dim, text_at(each, "at"));
    if (each.contains("error")) to << "  " << one_line(text_at(each, "error"), 0);
    to << '\n';
  }
}

void print_delivery(std::ostream& to, const json& delivery, const painter& paint) {
  const auto state = text_at(delivery, "state");
  const auto attempts = number_at(delivery, "attempts");
  to << fmt::format("\n{} rule {}, slot {}, strategy {}: {} after {} attempt{}\n",
                    paint(colour::bold, "delivery"), text_at(delivery, "rule"),
                    text_at(delivery, "slot"), text_at(delivery, "strategy"),
                    paint(shade_of(state), state), attempts, attempts == 1 ? "" : "s");
  print_candidates(to, delivery);
  print_attempts(to, delivery, paint);
}

/// The server says when each stage was reached; people ask how long each took, too.
void print_stages(std::ostream& to, const json& from, const painter& paint) {
  std::vector<std::pair<double, std::string>> reached;
  for (const auto& [name, time] : value_at(from, "stages_us").items())
    if (time.is_number()) reached.emplace_back(time.get<double>(), name);
  if (reached.empty()) return;
  std::ranges::sort(reached);
  table shown({{"STAGE"}, {"TOOK", align::right}, {"AT", align::right}});
  double before = 0;
  for (const auto& [time, name] : reached) {
    shown.add({name, latency_text((time - before) * 1e3), latency_text(time * 1e3)});
    before = time;
  }
  to << '\n';
  shown.print(to, paint);
}

}  // namespace

std::string explanation_text(const json& explained, const painter& paint) {
  std::ostringstream text;
  print_head(text, explained, paint);
  for (const auto& each : value_at(explained, "deliveries")) print_delivery(text, each, paint);
  print_stages(text, explained, paint);
  if (const auto& reply = value_at(explained, "reply"); !reply.is_null())
    text << '\n' << paint(colour::bold, "reply") << ' ' << compact(reply) << '\n';
  return text.str();
}

}  // namespace nip::cli
