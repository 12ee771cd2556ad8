#include "bus/journal/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "bus/journal/checkpoint.hpp"
#include "bus/journal/journal_bus.hpp"
#include "bus/journal/repair.hpp"
#include "bus/journal/segment_file.hpp"
#include "bus/journal/survey.hpp"

namespace nip::bus {
namespace {

constexpr std::uint64_t segment_bytes_min = 2 * journal::segment_header_bytes;
constexpr std::uint64_t segment_bytes_max = 4ULL << 30;
constexpr std::string_view lock_name = "lock";
constexpr std::string_view probe_name = "sync-probe.tmp";
constexpr std::size_t probe_syncs_max = 9;
constexpr nanoseconds probe_time_max = std::chrono::milliseconds(4);

status check(const options& options, unsigned shards) {
  if (options.path.empty()) return fail(errc::invalid_argument, "event_bus.path is empty");
  if (options.segment_bytes < segment_bytes_min || options.segment_bytes > segment_bytes_max)
    return fail(errc::invalid_argument,
                fmt::format("segment_bytes is {}, expected {} to {}", options.segment_bytes,
                            segment_bytes_min, segment_bytes_max));
  if (shards == 0) return fail(errc::invalid_argument, "a journal needs at least one shard");
  return {};
}

/// Fills what is still unknown of a journal that was not there before.
void found_new(journal::survey& found, const std::string& path, clock_source& clock) {
  const std::int64_t now = clock.wall().ns;
  found.journal_id = journal::checksum(journal::bytes_of(fmt::format("{} {}", path, now)));
}

}  // namespace

namespace journal {
namespace {

/// Where reading begins: behind the newest checkpoint that the ledger can be restored from.
result<survey_start> find_start(file_system& files, const std::string& directory,
                                ledger* follower) {
  NIP_TRY(found, restore_checkpoint(files, directory, follower));
  survey_start start;
  if (found) start.gone_up_to = found->at.segment;
  if (follower == nullptr) return start;
  if (!found) {
    NIP_CHECK(follower->restore({}));
    return start;
  }
  start.from = found->at;
  start.numbers = std::move(found->numbers);
  start.epoch = found->epoch;
  return start;
}

/// Removes tables whose segments retention removed.
status remove_orphans(file_system& files, const std::string& directory, const survey& found) {
  NIP_TRY(names, files.list(directory));
  for (const auto& name : names) {
    const auto number = parse_table_name(name);
    const auto has_number = [&](const found_segment& each) { return each.info.number == number; };
    if (number && std::ranges::none_of(found.segments, has_number))
      NIP_CHECK(files.remove(path_in(directory, name)));
  }
  return {};
}

}  // namespace
}  // namespace journal

result<std::unique_ptr<bus>> open_journal(const options& options, file_system& files,
                                          clock_source& clock, unsigned shards, ledger* follower) {
  NIP_CHECK(check(options, shards));
  const mono_time start = clock.mono();
  NIP_CHECK(files.make_directories(options.path));
  NIP_TRY(lock, files.lock(journal::path_in(options.path, lock_name)));
  NIP_CHECK(journal::refuse_unfinished_restore(files, options.path));
  NIP_CHECK(journal::remove_unfinished(files, options.path));
  NIP_TRY(start_at, journal::find_start(files, options.path, follower));
  const journal::position from = start_at.from;
  NIP_TRY(found, journal::survey_journal(files, options.path, std::move(start_at)));
  found.report.checkpoint = from.segment;
  NIP_CHECK(journal::repair_journal(files, options.path, found));
  NIP_CHECK(journal::remove_orphans(files, options.path, found));
  // A process that was killed may have left a segment whose name is not durable: the power could
  // take it away with all that is written to it from here on.
  if (!found.segments.empty()) NIP_CHECK(files.sync_directory(options.path));
  if (found.journal_id == 0) found_new(found, options.path, clock);
  auto opened = std::make_unique<journal::journal_bus>(
      journal::journal_bus::environment{options, files, clock, shards, follower}, std::move(lock));
  NIP_CHECK(opened->begin(std::move(found), from, start));
  return opened;
}

result<nanoseconds> measure_sync(file_system& files, const std::string& directory) {
  const std::string path = journal::path_in(directory, probe_name);
  const system_clock clock;
  std::vector<nanoseconds> times;
  {
    NIP_TRY(probe, files.open(path, open_mode::create));
    std::array<std::byte, journal::segment_header_bytes> page{};
    NIP_CHECK(probe->write(0, byte_span(page)));
    NIP_CHECK(probe->datasync());  // the first one also makes the file
    const mono_time begin = clock.mono();
    mono_time now = begin;
    while (times.empty() || (times.size() < probe_syncs_max && now - begin < probe_time_max)) {
      const mono_time before = now;
      page[0] = static_cast<std::byte>(times.size() + 1);
      NIP_CHECK(probe->write(0, byte_span(page)));
      NIP_CHECK(probe->datasync());
      now = clock.mono();
      times.push_back(now - before);
    }
  }
  NIP_CHECK(files.remove(path));
  auto median = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), median, times.end());
  return *median;
}

}  // namespace nip::bus
