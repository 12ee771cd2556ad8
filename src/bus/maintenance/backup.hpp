// Backups of a journal: taken while it is written to, and put back into an empty folder.
#pragma once

#include <string>

#include "bus/maintenance/file_copy.hpp"
#include "bus/maintenance/manifest.hpp"
#include "bus/maintenance/snapshot.hpp"
#include "bus/maintenance/verification.hpp"

namespace nip::bus::maintenance {

struct backup_report {
  manifest made;
  std::vector<damage> damaged;  ///< in the copy, as it was in the journal
  std::uint64_t bytes = 0;      ///< of all files
  std::uint64_t cloned = 0;     ///< files, by the way they were copied
  std::uint64_t linked = 0;
  std::uint64_t copied = 0;
};

/// Copies a journal to a folder that is empty or not there. Takes no lock: everything that was
/// acknowledged before the call is in the copy, in whole batches, whatever a process writes
/// meanwhile. Sealed segments are cloned, linked (unless `links` is false) or copied. The copy is
/// read as a whole before its manifest is written. Fails with errc::conflict (the folder is not
/// empty), errc::not_found (no journal), errc::unavailable, errc::io or errc::storage_full; what is
/// in the folder then has no manifest.
result<backup_report> back_up(const std::string& journal, const std::string& folder, bool links,
                              const clock_source& clock, const progress& tell = {});

/// Puts a backup into a folder that is empty or not there, and reads it as a whole afterwards.
/// Until that is done the folder is no journal that could be opened. Fails with errc::conflict (not
/// empty, or in use), errc::not_found (no manifest), errc::corrupt (a file is not what the manifest
/// says, or the journal is not), errc::unsupported, errc::io or errc::storage_full.
result<backup_report> restore_backup(const std::string& folder, const std::string& journal,
                                     const progress& tell = {});

/// Reads the manifest. Fails with errc::not_found, errc::corrupt, errc::unsupported or errc::io.
result<manifest> read_manifest(const std::string& folder);

}  // namespace nip::bus::maintenance
