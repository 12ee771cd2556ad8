#include "bus/maintenance/backup.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bus/journal/checkpoint.hpp"
#include "bus/journal/segment_file.hpp"
#include "bus/journal/table_file.hpp"
#include "bus/maintenance/inspection.hpp"

namespace nip::bus::maintenance {
namespace {

using namespace journal;

/// One backup on its way.
class copier {
 public:
  copier(snapshot& source, const survey& end, std::string folder, bool links)
      : source_(source), end_(end), folder_(std::move(folder)), links_(links) {}

  result<backup_report> run() {
    for (std::size_t i = 0; i <= end_.last; ++i) NIP_CHECK(copy_segment(i));
    NIP_CHECK(copy_checkpoints());
    NIP_CHECK(disk_.sync_directory(folder_));
    return std::move(report_);
  }

 private:
  status copy_segment(std::size_t index);
  status copy_table(const std::string& name);
  status copy_checkpoints();
  status duplicate(const std::string& name, bool may_link);

  snapshot& source_;
  const survey& end_;
  std::string folder_;
  bool links_;
  posix_file_system disk_;
  backup_report report_;
};

/// The last one up to where the journal ends: behind that place a process may be writing.
status copier::copy_segment(std::size_t index) {
  const found_segment& segment = end_.segments[index];
  const std::string name = segment_name(segment.info.number);
  if (index < end_.last) {
    // A segment that has a table is never written to again, whatever becomes of the journal.
    NIP_CHECK(duplicate(name, links_ && segment.info.table.has_value()));
    return segment.info.table ? copy_table(table_name(segment.info.number)) : status();
  }
  NIP_TRY(from, source_.open(segment.path, open_mode::read));
  NIP_TRY(to, disk_.open(path_in(folder_, name), open_mode::create));
  ++report_.copied;
  return copy_bytes(*from, *to, {.end = end_.tail.offset, .bytes = segment.info.bytes});
}

status copier::duplicate(const std::string& name, bool may_link) {
  NIP_TRY(way, duplicate_file(source_.descriptor(name), path_in(folder_, name), may_link));
  report_.cloned += way == copy_way::clone ? 1 : 0;
  report_.linked += way == copy_way::link ? 1 : 0;
  report_.copied += way == copy_way::bytes ? 1 : 0;
  return {};
}

/// Derived: when it has gone meanwhile, opening makes another.
status copier::copy_table(const std::string& name) {
  auto from = disk_.open(path_in(source_.directory(), name), open_mode::read);
  if (!from && from.error().code == errc::not_found) return {};
  if (!from) return std::unexpected(std::move(from).error());
  NIP_TRY(bytes, (*from)->size());
  NIP_TRY(to, disk_.open(path_in(folder_, name), open_mode::create));
  ++report_.copied;
  return copy_bytes(**from, *to, {.end = bytes, .bytes = bytes});
}

/// Those that stand before the last segment: what came after them is in the copy.
status copier::copy_checkpoints() {
  NIP_TRY(names, source_.list(source_.directory()));
  for (const auto& name : names) {
    const auto segment = parse_checkpoint_name(name);
    if (segment && *segment < end_.segments[end_.last].info.number)
      NIP_CHECK(duplicate(name, false));
  }
  return {};
}

/// Where the journal ends now; of what is before, only what has no table is read.
result<survey> find_end(snapshot& source) {
  survey_start start;
  NIP_TRY(known, restore_checkpoint(source, source.directory(), nullptr));
  if (known) start.gone_up_to = known->at.segment;
  start.from = {UINT64_MAX, 0};
  return survey_journal(source, source.directory(), std::move(start));
}

/// Reads the copy as a whole, and notes what it holds.
status describe(snapshot& copy, backup_report& report) {
  NIP_TRY(found, survey_whole(copy, copy.directory()));
  report.made.journal_id = found.journal_id;
  report.made.end = found.tail;
  report.made.next_seq = found.numbers.next_seq();
  report.made.messages = found.report.messages;
  report.made.damaged = found.report.quarantined.size();
  report.damaged = std::move(found.report.quarantined);
  NIP_TRY(names, copy.list(copy.directory()));
  for (const auto& name : names) {
    NIP_TRY(source, copy.open(path_in(copy.directory(), name), open_mode::read));
    NIP_TRY(bytes, source->size());
    NIP_TRY(sum, checksum_of(*source));
    report.made.files.push_back({name, bytes, sum});
    report.bytes += bytes;
  }
  return {};
}

}  // namespace

result<backup_report> back_up(const std::string& journal, const std::string& folder, bool links,
                              const clock_source& clock, const progress& tell) {
  posix_file_system disk;
  const wall_time began = clock.wall();
  NIP_CHECK(refuse_unfinished_restore(disk, journal));
  NIP_TRY(source, snapshot::take(journal));
  NIP_TRY(end, find_end(*source));
  NIP_CHECK(make_empty_folder(disk, folder));
  NIP_TRY(report, copier(*source, end, folder, links).run());
  NIP_TRY(copy, snapshot::take(folder, tell));
  NIP_CHECK(describe(*copy, report));
  report.made.made = began;
  const std::string text = encode_manifest(report.made);
  NIP_CHECK(replace_file(disk, folder, std::string(manifest_name), bytes_of(text)));
  return report;
}

}  // namespace nip::bus::maintenance
