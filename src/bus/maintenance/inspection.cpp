#include "bus/maintenance/inspection.hpp"

#include "bus/journal/checkpoint.hpp"
#include "bus/journal/outcome_run.hpp"
#include "bus/journal/record_cursor.hpp"
#include "bus/journal/segment_walker.hpp"

namespace nip::bus::maintenance {
namespace {

using namespace journal;

constexpr std::size_t read_ahead_bytes = 1u << 20;

/// Where the batches that count end in a segment.
std::uint64_t end_of(const survey& found, std::size_t index) {
  if (index > found.last) return segment_header_bytes;
  if (index == found.last) return std::max<std::uint64_t>(found.tail.offset, segment_header_bytes);
  return found.segments[index].info.bytes;
}

/// Calls `batch` for each batch header and `record` for each sound record in it.
status walk(file_system& files, const survey& found, std::size_t index,
            const std::function<void(const batch_header&)>& batch,
            const std::function<bool(const placed_record&)>& record) {
  const found_segment& segment = found.segments[index];
  NIP_TRY(source, files.open(segment.path, open_mode::read));
  segment_walker walker(
      *source, {found.journal_id, segment.info.number, segment_header_bytes, end_of(found, index)},
      segment_walker::bodies::read, read_ahead_bytes);
  for (;;) {
    NIP_TRY(step, walker.next());
    if (step.what == walk_step::kind::end) return {};
    if (step.what != walk_step::kind::batch) continue;
    batch(step.header);
    record_cursor records(step.body, record_key(step.header));
    for (auto what = records.next(); what != record_cursor::found::end; what = records.next()) {
      if (what != record_cursor::found::record) continue;
      const std::uint64_t at = step.offset + batch_header_bytes + records.offset();
      if (!record({segment.info.number, at, records.record()})) return {};
    }
  }
}

void count(const record_view& record, segment_tally& into) {
  switch (record.kind) {
    case record_kind::message:
      if (const auto message = decode_message(record)) {
        ++into.messages;
        if (into.first == 0) into.first = message->seq.value;
        into.last = message->seq.value;
      }
      break;
    case record_kind::outcome:
    case record_kind::outcome_run:
      (void)visit_outcomes(record, [&](const auto&) { return ++into.outcomes != 0; });
      break;
    case record_kind::plan:
      ++into.plans;
      break;
    default:
      if (decode_note(record)) ++into.notes;
      break;
  }
}

}  // namespace

result<survey> survey_whole(file_system& files, const std::string& directory) {
  survey_start start;
  NIP_TRY(known, restore_checkpoint(files, directory, nullptr));
  if (known) start.gone_up_to = known->at.segment;
  return survey_journal(files, directory, std::move(start));
}

result<segment_tally> tally_segment(file_system& files, const survey& found, std::size_t index) {
  segment_tally made;
  made.use = index < found.last    ? segment_use::sealed
             : index == found.last ? segment_use::active
                                   : segment_use::ready;
  made.end = segment_header_bytes;
  const auto batch = [&](const batch_header& header) {
    ++made.batches;
    made.end = header.at.offset + header.bytes;
    if (made.first_written.ns == 0) made.first_written = header.written;
    made.last_written = header.written;
  };
  NIP_CHECK(walk(files, found, index, batch, [&](const placed_record& each) {
    count(each.record, made);
    return true;
  }));
  return made;
}

result<bool> show_records(file_system& files, const survey& found, std::size_t index,
                          const std::function<bool(const placed_record&)>& show) {
  bool more = true;
  NIP_CHECK(walk(
      files, found, index, [](const batch_header&) {},
      [&](const placed_record& each) { return more = show(each); }));
  return more;
}

}  // namespace nip::bus::maintenance
