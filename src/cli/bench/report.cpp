#include "cli/bench/report.hpp"

#include <fmt/format.h>

#include "cli/format.hpp"

namespace nip::cli::bench {
namespace {

constexpr double client_is_busy = 0.9;    // above this share of a core the client may be the limit
constexpr std::size_t excerpt_max = 400;  // of the first refusal

double rate_of(const findings& found) {
  return found.seconds > 0 ? static_cast<double>(found.completed) / found.seconds : 0;
}

std::string quantile_text(const findings& found, double q) {
  return latency_text(static_cast<double>(found.latency.quantile(q)));
}

double microseconds(const findings& found, double q) {
  return static_cast<double>(found.latency.quantile(q)) / 1e3;
}

std::string loop_text(const options& chosen) {
  if (chosen.rate <= 0) return "closed loop";
  return fmt::format("open loop at {} messages/s, latency from the intended time",
                     rate_text(chosen.rate));
}

}  // namespace

std::string_view to_string(traffic kind) {
  switch (kind) {
    case traffic::http:
      return "http";
    case traffic::ws:
      return "ws";
    case traffic::request:
      return "request";
  }
  return "ws";
}

std::string report_text(const options& chosen, const findings& found, const painter& paint) {
  const double rate = rate_of(found);
  std::string text =
      fmt::format("{}: {} connections x {} in flight, {} bytes, ack {}, {:.1f} s, {}\n",
                  to_string(chosen.kind), chosen.connections, window_of(chosen), chosen.size,
                  chosen.ack.empty() ? "default" : chosen.ack, found.seconds, loop_text(chosen));
  text += fmt::format("  {}  {} messages/s, {}/s of envelopes\n", paint(colour::bold, "rate   "),
                      rate_text(rate), bytes_text(rate * static_cast<double>(chosen.size)));
  text += fmt::format(
      "  {}  p50 {}  p90 {}  p99 {}  p99.9 {}  max {}\n", paint(colour::bold, "latency"),
      quantile_text(found, 0.5), quantile_text(found, 0.9), quantile_text(found, 0.99),
      quantile_text(found, 0.999), latency_text(static_cast<double>(found.latency.max())));
  text += fmt::format("  {}  {} of {}\n", paint(colour::bold, "refused"),
                      with_commas(found.refused), with_commas(found.completed));
  if (found.unfinished > 0)
    text += fmt::format("  {}  {} were due and not done at the end; their age counts as latency\n",
                        paint(colour::yellow, "behind "), with_commas(found.unfinished));
  text += fmt::format("  {}  {:.0f} % of a core{}\n", paint(colour::bold, "client "),
                      found.client_cpu * 100,
                      found.client_cpu > client_is_busy ? ": the client may be the limit" : "");
  if (found.refused > 0)
    text += fmt::format("  first refusal: {}\n", found.first_refusal.substr(0, excerpt_max));
  return text;
}

nlohmann::json report_json(const options& chosen, const findings& found) {
  nlohmann::json report{{"protocol", to_string(chosen.kind)},
                        {"connections", chosen.connections},
                        {"window", window_of(chosen)},
                        {"size", chosen.size},
                        {"ack", chosen.ack.empty() ? "default" : chosen.ack},
                        {"loop", chosen.rate > 0 ? "open" : "closed"},
                        {"seconds", found.seconds},
                        {"completed", found.completed},
                        {"refused", found.refused},
                        {"unfinished", found.unfinished},
                        {"rate", rate_of(found)},
                        {"client_cpu", found.client_cpu}};
  if (chosen.rate > 0) report["rate_intended"] = chosen.rate;
  if (found.refused > 0) report["first_refusal"] = found.first_refusal.substr(0, excerpt_max);
  report["latency_us"] = {{"p50", microseconds(found, 0.5)},
                          {"p90", microseconds(found, 0.9)},
                          {"p99", microseconds(found, 0.99)},
                          {"p99.9", microseconds(found, 0.999)},
                          {"max", static_cast<double>(found.latency.max()) / 1e3},
                          {"mean", found.latency.mean() / 1e3}};
  return report;
}

}  // namespace nip::cli::bench
