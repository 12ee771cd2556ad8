// What opening a journal would put right, shown first and done on demand.
#pragma once

#include <string>
#include <vector>

#include "bus/maintenance/verification.hpp"

namespace nip::bus::maintenance {

/// What is to be done. Nothing that cannot be read is thrown away: damaged ranges are copied to
/// `quarantine/` and stay where they are; unsound derived files are moved there.
struct mending_plan {
  verification seen;
  std::vector<std::string> unfinished;  ///< *.tmp: being made when the power went; removed
  std::vector<std::string> unsound;     ///< tables and checkpoints that go to quarantine/
  std::vector<std::string> orphans;     ///< tables of segments that are gone; removed
  std::vector<std::size_t> tables;      ///< to make: indexes of found.segments

  bool nothing_to_do() const;
};

/// Looks at everything and changes nothing. The caller holds the journal's lock. Fails with
/// errc::conflict (a restore did not finish there), errc::unsupported or errc::io.
result<mending_plan> plan_mending(file_system& files, const std::string& directory);
/// Does it; may be interrupted and repeated. Fails with errc::io or errc::storage_full.
status mend(file_system& files, const std::string& directory, const mending_plan& plan);

}  // namespace nip::bus::maintenance
