// Reads everything in a journal's folder and says which ranges are not what was written.
#pragma once

#include <string>
#include <vector>

#include "bus/journal/survey.hpp"
#include "bus/maintenance/snapshot.hpp"

namespace nip::bus::maintenance {

using damage = recovery_report::damage;

/// What is wrong with a derived file, if anything.
struct derived_check {
  bool missing = false;       ///< it was not made yet, or from an earlier file: that is no damage
  std::vector<damage> wrong;  ///< at most one
};

/// Compares a segment's table, byte by byte, with what the segment says. The segment is sound and
/// is not written to any more. Fails with errc::io.
result<derived_check> check_table(file_system& files, const std::string& directory,
                                  const journal::survey& found, std::size_t index);
/// Checks a checkpoint file and compares its place and numbers with the segments. What the ledger
/// made of the records is its own: only its checksum is checked. Fails with errc::io.
result<derived_check> check_checkpoint(file_system& files, const std::string& directory,
                                       const journal::survey& found, const std::string& name);

/// True when some damage was found in this segment's file.
bool is_damaged(const journal::survey& found, std::size_t index);

/// What a folder holds.
struct verification {
  journal::survey found;
  std::vector<damage> damaged;  ///< of segments, then tables, then checkpoints
  std::uint64_t tables = 0;     ///< sound ones
  std::uint64_t tables_missing = 0;
  std::uint64_t checkpoints = 0;  ///< sound ones
};
/// Reads all of it. What stands behind the journal's end (found.report.cut_bytes) was never
/// acknowledged, and is no damage. Fails with errc::unsupported or errc::io.
result<verification> verify_journal(file_system& files, const std::string& directory);

}  // namespace nip::bus::maintenance
