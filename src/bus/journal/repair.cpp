#include "bus/journal/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "bus/journal/segment_file.hpp"

namespace nip::bus::journal {
namespace {

constexpr std::size_t copy_bytes = 1u << 20;

/// Copies [begin, end) of one file to `to_offset` of another, or of the same.
status copy(const file& from, std::uint64_t begin, std::uint64_t end, file& to,
            std::uint64_t to_offset) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(copy_bytes, end - begin));
  while (begin < end) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - begin));
    NIP_TRY(got, from.read(begin, std::span(buffer).first(wanted)));
    if (got == 0) return {};
    NIP_CHECK(to.write(to_offset, byte_span(buffer).first(got)));
    begin += got;
    to_offset += got;
  }
  return {};
}

/// Copies a damaged range aside, once: opening again finds the same damage and the copy.
status quarantine(file_system& files, const std::string& directory,
                  const recovery_report::damage& damage) {
  if (damage.bytes == 0) return {};
  const std::string name = std::filesystem::path(damage.file).filename().string();
  const std::string target = path_in(
      directory, fmt::format("{}.{}-{}", name, damage.offset, damage.offset + damage.bytes));
  NIP_TRY(there, files.exists(target));
  if (there) return {};
  NIP_TRY(source, files.open(damage.file, open_mode::read));
  NIP_TRY(bytes_there, source->size());
  if (damage.offset >= bytes_there) return {};
  const std::string unfinished = target + ".tmp";
  NIP_TRY(kept, files.open(unfinished, open_mode::create));
  NIP_CHECK(copy(*source, damage.offset, damage.offset + damage.bytes, *kept, 0));
  NIP_CHECK(kept->datasync());
  return files.rename(unfinished, target);
}

/// Clears what stands behind the journal's end in one segment, and writes again what is before it
/// and was not known to be synced: after a failed sync the page cache may show what no disk has.
status settle(file_system& files, const found_segment& segment, std::uint64_t unsynced_begin,
              std::uint64_t tail) {
  if (segment.used_end <= tail && unsynced_begin >= tail) return {};
  NIP_TRY(target, files.open(segment.path, open_mode::write));
  if (segment.used_end > tail) NIP_CHECK(write_zeros(*target, tail, segment.used_end));
  if (unsynced_begin < tail)
    NIP_CHECK(copy(*target, unsynced_begin, tail, *target, unsynced_begin));
  return target->datasync();
}

}  // namespace

status keep_copies(file_system& files, const std::string& directory,
                   std::span<const recovery_report::damage> damaged) {
  if (damaged.empty()) return {};
  const std::string folder = path_in(directory, "quarantine");
  NIP_CHECK(files.make_directories(folder));
  for (const auto& each : damaged) NIP_CHECK(quarantine(files, folder, each));
  return files.sync_directory(folder);
}

status repair_journal(file_system& files, const std::string& directory, const survey& found) {
  NIP_CHECK(keep_copies(files, directory, found.report.quarantined));
  // From the end towards the front: an interruption never leaves a gap before later batches.
  for (std::size_t i = found.segments.size(); i-- > found.last + 1;)
    NIP_CHECK(settle(files, found.segments[i], segment_header_bytes, segment_header_bytes));
  if (found.segments.empty()) return {};
  // Batches without records too: the next one will claim that everything before it was synced.
  return settle(files, found.segments[found.last], found.durable.offset, found.tail.offset);
}

}  // namespace nip::bus::journal
