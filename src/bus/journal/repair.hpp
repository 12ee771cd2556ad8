// Recovery, second half: cuts the torn tail, keeps copies of what is damaged, syncs what counts.
#pragma once

#include <span>

#include "bus/journal/survey.hpp"

namespace nip::bus::journal {

/// Makes the directory what the survey says it is: zeros behind the tail; everything before it
/// on the disk, not only in the page cache; damaged ranges copied to `quarantine/`. May be
/// interrupted and repeated. Fails with errc::io or errc::storage_full.
status repair_journal(file_system& files, const std::string& directory, const survey& found);

/// Copies damaged ranges of files in the directory to `quarantine/`, each once; the files stay as
/// they are. Fails with errc::io or errc::storage_full.
status keep_copies(file_system& files, const std::string& directory,
                   std::span<const recovery_report::damage> damaged);

}  // namespace nip::bus::journal
