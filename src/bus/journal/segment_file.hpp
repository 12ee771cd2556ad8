// Makes segment files: reserved, written with zeros, synced, and only then given their name.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "bus/journal/format.hpp"

namespace nip::bus::journal {

/// A segment file that batches can be written to from `segment_header_bytes` on.
struct ready_segment {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;  ///< of the whole file
  std::unique_ptr<file> handle;
};

/// Makes the segment that `header` describes. Whatever fails, and whenever the power goes, the name
/// either does not exist or stands for a whole segment. Fails with errc::io or errc::storage_full.
result<ready_segment> make_segment(file_system& files, const std::string& directory,
                                   const segment_header& header);

/// Stands in a folder while a backup is being restored into it.
constexpr std::string_view restoring_name = "restoring";
/// Fails with errc::conflict when a restore into the directory did not finish: what is there is a
/// part of a journal, and must not pass for one. Or with errc::io.
status refuse_unfinished_restore(file_system& files, const std::string& directory);

/// Removes files that were being made when the power went: `*.tmp`. Fails with errc::io.
status remove_unfinished(file_system& files, const std::string& directory);

/// Writes zeros over [begin, end); the caller syncs.
status write_zeros(file& target, std::uint64_t begin, std::uint64_t end);

/// Path of a file in the journal's directory.
std::string path_in(const std::string& directory, std::string_view name);

}  // namespace nip::bus::journal
