#include <fmt/format.h>

#include "bus/journal/segment_file.hpp"
#include "bus/journal/table_file.hpp"
#include "bus/maintenance/backup.hpp"
#include "bus/maintenance/inspection.hpp"

namespace nip::bus::maintenance {
namespace {

using namespace journal;

constexpr std::string_view lock_name = "lock";

/// Copies one file of the backup and compares it with the manifest.
status restore_file(const std::string& folder, const std::string& into, const manifest::entry& file,
                    std::uint64_t& done, const progress& tell) {
  posix_file_system disk;
  const std::string path = path_in(folder, file.name);
  NIP_TRY(from, disk.open(path, open_mode::read));
  NIP_TRY(bytes, from->size());
  if (bytes != file.bytes)
    return fail(errc::corrupt,
                fmt::format("{} has {} bytes, but the manifest says {}", path, bytes, file.bytes));
  NIP_TRY(to, disk.open(path_in(into, file.name), open_mode::create));
  running_checksum sum;
  // Everything is written, holes too: writing into a segment later must not need room on the disk.
  NIP_CHECK(
      copy_bytes(*from, *to, {.end = bytes, .bytes = bytes, .written = true}, [&](byte_span part) {
        sum.add(part);
        done += part.size();
        if (tell) tell(done);
      }));
  if (sum.value() != file.checksum)
    return fail(errc::corrupt,
                fmt::format("{} is not what was backed up: its checksum is {:016x}, but the "
                            "manifest says {:016x}; use another backup, or look at this one with "
                            "\"nip journal verify {}\"",
                            path, sum.value(), file.checksum, folder));
  return {};
}

/// The journal that came of it must be the one that was backed up.
status compare(const manifest& said, const survey& found, const std::string& journal) {
  const auto differs = [&](std::string_view what, std::uint64_t is, std::uint64_t expected) {
    return fail(errc::corrupt, fmt::format("{} was restored, but its {} is {}, and the manifest "
                                           "says {}",
                                           journal, what, is, expected));
  };
  if (found.tail.segment != said.end.segment)
    return differs("last segment", found.tail.segment, said.end.segment);
  if (found.tail.offset != said.end.offset)
    return differs("end in the last segment", found.tail.offset, said.end.offset);
  if (found.report.messages != said.messages)
    return differs("number of messages", found.report.messages, said.messages);
  if (found.report.quarantined.size() != said.damaged)
    return differs("number of damaged ranges", found.report.quarantined.size(), said.damaged);
  return {};
}

}  // namespace

result<manifest> read_manifest(const std::string& folder) {
  posix_file_system disk;
  const std::string path = path_in(folder, manifest_name);
  const auto text = read_whole(disk, path, manifest_bytes_max);
  if (!text && text.error().code == errc::not_found)
    return fail(errc::not_found,
                fmt::format("{} is no finished backup: it has no manifest", folder));
  if (!text) return std::unexpected(text.error());
  auto found = decode_manifest(*text);
  if (!found) return fail(found.error().code, fmt::format("{}: {}", path, found.error().detail));
  return found;
}

result<backup_report> restore_backup(const std::string& folder, const std::string& journal,
                                     const progress& tell) {
  posix_file_system disk;
  backup_report report;
  NIP_TRY(said, read_manifest(folder));
  report.made = std::move(said);
  NIP_CHECK(make_empty_folder(disk, journal));
  NIP_TRY(lock, disk.lock(path_in(journal, lock_name)));
  (void)lock;  // held until the end
  const std::string marker = path_in(journal, restoring_name);
  NIP_TRY(marked, disk.open(marker, open_mode::create));
  NIP_CHECK(marked->datasync());
  NIP_CHECK(disk.sync_directory(journal));
  for (const auto& each : report.made.files)
    NIP_CHECK(restore_file(folder, journal, each, report.bytes, tell));
  NIP_CHECK(disk.sync_directory(journal));
  report.copied = report.made.files.size();
  NIP_TRY(found, survey_whole(disk, journal));
  NIP_CHECK(compare(report.made, found, journal));
  report.damaged = std::move(found.report.quarantined);
  NIP_CHECK(disk.remove(marker));
  NIP_CHECK(disk.sync_directory(journal));
  return report;
}

}  // namespace nip::bus::maintenance
