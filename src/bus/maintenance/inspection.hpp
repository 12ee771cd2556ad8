// What stands in a journal, segment by segment and record by record.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bus/journal/survey.hpp"
#include "bus/maintenance/snapshot.hpp"

namespace nip::bus::maintenance {

/// Reads the whole journal and checks every checksum; changes nothing. Segments before the newest
/// sound checkpoint may have been removed by retention. Fails with errc::unsupported or errc::io.
result<journal::survey> survey_whole(file_system& files, const std::string& directory);

/// What a segment is to the journal.
enum class segment_use : std::uint8_t {
  sealed,  ///< not written to any more
  active,  ///< the journal ends in it
  ready,   ///< made ahead of use
};

/// Sound records of one segment, counted.
struct segment_tally {
  segment_use use = segment_use::sealed;
  std::uint64_t batches = 0;
  std::uint64_t messages = 0;
  std::uint64_t outcomes = 0;  ///< each of a run
  std::uint64_t plans = 0;
  std::uint64_t notes = 0;
  std::uint64_t end = 0;      ///< offset behind the last batch that counts
  std::uint64_t first = 0;    ///< seq of the first message; 0: none
  std::uint64_t last = 0;     ///< of the last
  wall_time first_written{};  ///< of the first batch
  wall_time last_written{};
};

/// `index` is that of a segment in the survey. Fails with errc::io.
result<segment_tally> tally_segment(file_system& files, const journal::survey& found,
                                    std::size_t index);

/// A sound record where it was found.
struct placed_record {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  ///< in the segment file
  const journal::record_view& record;
};
/// Shows the records of one segment in order, until `show` says false; false when it did. Fails
/// with errc::io.
result<bool> show_records(file_system& files, const journal::survey& found, std::size_t index,
                          const std::function<bool(const placed_record&)>& show);

}  // namespace nip::bus::maintenance
