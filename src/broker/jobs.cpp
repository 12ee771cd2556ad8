#include "broker/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nip::broker {

std::size_t jobs::running() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(all_, [](const auto& each) { return !each->ended(); }));
}

status jobs::room() const {
  if (running() < running_max) return {};
  return fail(
      errc::exhausted,
      fmt::format("{} replays and redrives run already; wait until one has ended, or cancel "
                  "one (GET /v4/replay lists them)",
                  running_max));
}

std::string jobs::next_id(wall_time now) {
  const auto text = ids_.next(now).text();
  return {text.data(), text.size()};
}

void jobs::add(std::shared_ptr<job> what) {
  all_.push_back(std::move(what));
  // Those that run are never forgotten, and they are few.
  while (all_.size() > ended_max + running_max) {
    const auto oldest = std::ranges::find_if(all_, [](const auto& each) { return each->ended(); });
    if (oldest == all_.end()) return;
    all_.erase(oldest);
  }
}

result<std::shared_ptr<job>> jobs::find(tenant_id tenant, const std::string& id) const {
  for (const auto& each : all_)
    if (each->id() == id && each->tenant() == tenant) return each;
  return fail(errc::not_found,
              fmt::format("there is no replay \"{}\": it never was, or nipd has been restarted "
                          "since; what it sent has metadata.replay.job == \"{}\"",
                          id, id));
}

nlohmann::json jobs::list(tenant_id tenant) const {
  auto out = nlohmann::json::array();
  for (auto at = all_.rbegin(); at != all_.rend(); ++at)
    if ((*at)->tenant() == tenant) out.push_back((*at)->describe());
  return out;
}

}  // namespace nip::broker
