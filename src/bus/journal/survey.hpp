// Recovery, first half: reads a journal's directory and says what is whole, damaged, and torn off.
#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "bus/bus.hpp"
#include "bus/journal/catalogue.hpp"
#include "bus/journal/id_index.hpp"
#include "bus/journal/numbering.hpp"

namespace nip::bus::journal {

/// One segment file as it was found.
struct found_segment {
  segment_info info;
  std::string path;
  std::uint64_t used_end = segment_header_bytes;  ///< behind the last byte that is not zero
  std::uint64_t missing_bytes = 0;  ///< by which the file is shorter than its header says
  bool sound_header = false;
};

/// What a journal's directory holds. Nothing was changed to find it out.
struct survey {
  std::uint64_t journal_id = 0;  ///< 0: nothing there
  std::uint32_t last_epoch = 0;
  std::vector<found_segment> segments;  ///< by number
  std::size_t last = 0;  ///< index of the last segment with batches; those behind it are empty
  position durable;      ///< everything before it was synced: damage there is no torn tail
  position tail;         ///< in segments[last]; what stands behind it is to be cut
  bool tail_has_records = false;  ///< between `durable` and `tail`
  numbering next;
  recovery_report report;  ///< without the duration
};

/// Damaged ranges reported one by one; a journal with more is damaged as a whole.
constexpr std::size_t damages_max = 1000;

/// Reads everything and checks every checksum; ids of messages go to `ids`. Fails with
/// errc::unsupported (a segment of another format version) or errc::io.
result<survey> survey_journal(file_system& files, const std::string& directory, id_index& ids);

}  // namespace nip::bus::journal
