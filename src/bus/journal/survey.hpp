// Recovery, first half: reads a journal's directory and says what is whole, damaged, and torn off.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "bus/bus.hpp"
#include "bus/journal/catalogue.hpp"
#include "bus/journal/number_ledger.hpp"
#include "bus/journal/segment_digest.hpp"

namespace nip::bus::journal {

/// One segment file as it was found.
struct found_segment {
  segment_info info;
  std::string path;
  std::uint64_t used_end = segment_header_bytes;  ///< behind the last byte that is not zero
  std::uint64_t missing_bytes = 0;  ///< by which the file is shorter than its header says
  bool sound_header = false;
  std::uint64_t stamp = 0;  ///< segment_stamp()
};

/// What a journal's directory holds. Nothing was changed to find it out.
struct survey {
  std::uint64_t journal_id = 0;  ///< 0: nothing there
  std::uint32_t last_epoch = 0;
  std::vector<found_segment> segments;  ///< by number
  std::size_t last = 0;  ///< index of the last segment with batches; those behind it are empty
  position durable;      ///< everything before it was synced: damage there is no torn tail
  position tail;         ///< in segments[last]; what stands behind it is to be cut
  number_ledger numbers;
  std::unique_ptr<segment_digest> last_digest;  ///< of segments[last]
  recovery_report report;                       ///< without the duration
};

/// Damaged ranges reported one by one; a journal with more is damaged as a whole.
constexpr std::size_t damages_max = 1000;

/// Where a survey begins to count, and what was known there.
struct survey_start {
  position from;
  number_ledger numbers;
  std::uint32_t epoch = 0;
  std::uint64_t gone_up_to = 0;  ///< segments up to this number may have been removed
};

/// Reads everything from `start` on and checks every checksum; of what is before it, only segments
/// without a sound table are read. Fails with errc::unsupported (a segment of another format
/// version) or errc::io.
result<survey> survey_journal(file_system& files, const std::string& directory,
                              survey_start start = {});

}  // namespace nip::bus::journal
