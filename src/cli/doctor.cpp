#include "cli/doctor.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/file.hpp"
#include "bus/journal/journal.hpp"
#include "cli/api.hpp"
#include "cli/format.hpp"

namespace nip::cli {
namespace {

constexpr unsigned round_trips = 15;
constexpr rlim_t descriptors_wanted = 65'536;  // a connection each, and then some
constexpr double sync_slow_ns = 20e6;          // above this, `fsync` messages are felt by people
constexpr double sync_doubtful_ns = 5e3;       // below this no disk has been asked
constexpr double disk_free_min = 0.05;         // share of the file system

void examine_round_trip(http_client& client, std::vector<finding>& found) {
  using clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (unsigned i = 0; i < round_trips; ++i) {
    const auto before = clock::now();
    if (!client.send({.path = "/health/live"})) return;
    times.push_back(static_cast<double>(std::chrono::nanoseconds(clock::now() - before).count()));
  }
  std::ranges::nth_element(times, times.begin() + round_trips / 2);
  found.push_back({.check = "round trip",
                   .text = fmt::format("{} for a small request (median of {})",
                                       latency_text(times[round_trips / 2]), round_trips)});
}

void examine_ready(http_client& client, std::vector<finding>& found) {
  const auto answer = client.send({.path = "/health/ready"});
  if (!answer) return;
  if (answer->status == 200) {
    found.push_back({.check = "ready", .text = "takes messages"});
    return;
  }
  found.push_back(
      {.check = "ready",
       .how = verdict::bad,
       .text = describe_problem(answer->status, answer->body),
       .advice = "the server is up and refuses messages: the reason above and its log say what it "
                 "waits for"});
}

void examine_free_space(const std::string& folder, std::vector<finding>& found) {
  struct statvfs disk{};
  if (::statvfs(folder.c_str(), &disk) != 0 || disk.f_blocks == 0) return;
  const double free_bytes = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize);
  const double share = static_cast<double>(disk.f_bavail) / static_cast<double>(disk.f_blocks);
  const bool low = share < disk_free_min;
  found.push_back(
      {.check = "disk space",
       .how = low ? verdict::warning : verdict::good,
       .text = fmt::format("{} free ({:.0f} %)", bytes_text(free_bytes), share * 100),
       .advice = low ? "a full disk refuses messages with 507: make room, or move the journal "
                       "(services.event_bus.path)"
                     : ""});
}

finding sync_finding(double ns) {
  finding made{.check = "sync", .text = fmt::format("fdatasync takes {}", latency_text(ns))};
  if (ns < sync_doubtful_ns) {
    made.how = verdict::warning;
    made.advice =
        "too fast for a disk: a RAM disk or a device that acknowledges before it writes loses "
        "acknowledged messages at a power cut";
  } else if (ns > sync_slow_ns) {
    made.how = verdict::warning;
    made.advice =
        "slow: every message at level fsync waits for this; put the journal on a faster disk";
  }
  return made;
}

}  // namespace

bool examine_server(http_client& client, std::vector<finding>& found) {
  const auto live = client.send({.path = "/health/live"});
  if (!live) {
    found.push_back({.check = "server",
                     .how = verdict::bad,
                     .text = fmt::format("no answer at {}", client.server().url()),
                     .advice = live.error().text});
    return false;
  }
  const bool well = live->status == 200;
  found.push_back(
      {.check = "server",
       .how = well ? verdict::good : verdict::bad,
       .text = fmt::format("{} answers {}", client.server().url(), live->status),
       .advice = well ? "" : "something answers there, but not as nipd does; check --server"});
  examine_ready(client, found);
  examine_round_trip(client, found);
  return true;
}

void examine_host(std::vector<finding>& found) {
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const bool few = descriptors.rlim_max < descriptors_wanted;
  found.push_back(
      {.check = "open files",
       .how = few ? verdict::warning : verdict::good,
       .text =
           fmt::format("limit {} (soft), {} (hard)", descriptors.rlim_cur, descriptors.rlim_max),
       .advice =
           few ? fmt::format("every connection takes one: raise it to {} with \"ulimit -n\" or "
                             "LimitNOFILE= in the systemd unit",
                             descriptors_wanted)
               : ""});
}

void examine_journal(const std::string& folder, std::vector<finding>& found) {
  std::error_code missing;
  if (!std::filesystem::is_directory(folder, missing)) {
    found.push_back(
        {.check = "journal",
         .how = verdict::warning,
         .text = fmt::format("no folder \"{}\" on this host", folder),
         .advice = "nipd makes it at its first start; on another host, run nip doctor there"});
    return;
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    found.push_back({.check = "journal",
                     .how = verdict::bad,
                     .text = fmt::format("\"{}\" cannot be written by this user", folder),
                     .advice = "run as the user that nipd runs as, or give that user the folder"});
    return;
  }
  found.push_back({.check = "journal", .text = fmt::format("\"{}\" can be written", folder)});
  posix_file_system files;
  if (const auto took = bus::measure_sync(files, folder))
    found.push_back(sync_finding(static_cast<double>(took->count())));
  else
    found.push_back({.check = "sync",
                     .how = verdict::bad,
                     .text = took.error().detail,
                     .advice = "the disk does not sync: nothing can be acknowledged safely on it"});
  examine_free_space(folder, found);
}

std::string journal_path_of(http_client& client) {
  const auto& host = client.server().host;
  if (host != "127.0.0.1" && host != "localhost" && host != "::1") return {};
  const auto config = call(client, {.path = "/v4/config"});
  if (!config) return {};
  const auto& path = value_at(*config, "services.event_bus.path");
  return path.is_string() ? path.get<std::string>() : std::string{};
}

}  // namespace nip::cli
