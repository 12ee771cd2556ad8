#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cli/api.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

constexpr auto poll_interval = std::chrono::milliseconds(200);
constexpr std::size_t why_columns_max = 80;

std::string count_at(const nlohmann::json& job, const char* key) {
  return with_commas(static_cast<std::uint64_t>(number_at(job, key)));
}

bool is_over(const nlohmann::json& job) {
  const auto state = text_at(job, "state");
  return state != "running" && state != "waiting";
}

outcome<exit_code> conclude(session& now, const nlohmann::json& job) {
  const auto state = text_at(job, "state");
  const bool well = state == "done" && number_at(job, "refused") == 0;
  if (now.json()) {
    now.print_json(job);
    return well ? exit_code::ok : exit_code::failed;
  }
  now.out() << fmt::format("{}: {} of {} messages sent", state, count_at(job, "sent"),
                           count_at(job, "matched"));
  if (number_at(job, "refused") > 0)
    now.out() << fmt::format(", {} refused", count_at(job, "refused"));
  now.out() << '\n';
  for (const auto& each : value_at(job, "problems"))
    now.err() << fmt::format("seq {}: {}\n", text_at(each, "seq"), text_at(each, "detail"));
  if (state == "done") return well ? exit_code::ok : exit_code::failed;
  const auto why = text_at(job, "why");
  return stop(exit_code::failed,
              fmt::format("it ended {}{}; everything up to seq {} is done", state,
                          why == "-" ? "" : ": " + why, text_at(job, "position")));
}

}  // namespace

std::string progress_text(const nlohmann::json& job) {
  const double share = std::clamp(number_at(job, "progress"), 0.0, 1.0);
  const auto full = static_cast<std::size_t>(share * bar_columns);
  auto line = fmt::format("[{}{}] {:3.0f} %  {} sent  {}/s", std::string(full, '#'),
                          std::string(bar_columns - full, '.'), share * 100, count_at(job, "sent"),
                          rate_text(number_at(job, "rate")));
  if (number_at(job, "refused") > 0) line += fmt::format("  {} refused", count_at(job, "refused"));
  if (text_at(job, "state") == "waiting") line += "  waiting: " + text_at(job, "why");
  return one_line(line, why_columns_max + bar_columns);
}

outcome<exit_code> follow_job(session& now, http_client& client, const std::string& id) {
  const bool draws = now.io().err_is_terminal && !now.json();
  for (;;) {
    NIP_TRY(job, call(client, {.path = "/v4/replay/" + url_escape(id)}));
    if (draws) now.err() << '\r' << progress_text(job) << "\x1b[K" << std::flush;
    if (is_over(job)) {
      if (draws) now.err() << '\n';
      return conclude(now, job);
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

}  // namespace nip::cli
