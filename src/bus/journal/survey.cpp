#include "bus/journal/survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bus/journal/batch_census.hpp"
#include "bus/journal/segment_file.hpp"
#include "bus/journal/segment_walker.hpp"
#include "bus/journal/table_file.hpp"

namespace nip::bus::journal {
namespace {

/// Small enough to stay in a core's cache: what is read here is looked at once, right away.
constexpr std::size_t read_ahead_bytes = 256u << 10;

class surveyor {
 public:
  surveyor(file_system& files, const std::string& directory, survey_start start)
      : files_(files),
        directory_(directory),
        from_(start.from),
        gone_up_to_(start.gone_up_to),
        epoch_(start.epoch) {
    found_.last_epoch = start.epoch;
    end_seq_ = start.numbers.next_seq();
    census_.numbers() = std::move(start.numbers);
  }

  result<survey> run() {
    NIP_CHECK(open_segments());
    if (found_.segments.empty()) return std::move(found_);
    NIP_CHECK(look_at_the_end());
    for (std::size_t i = 0; i <= found_.last; ++i) {
      report_missing(i);
      if (must_read(i)) NIP_CHECK(read_segment(i));
    }
    settle();
    return std::move(found_);
  }

 private:
  status open_segments();
  result<found_segment> open_segment(std::uint64_t number);
  void report_missing(std::size_t before);
  status look_at_the_end();
  result<bool> look_at(found_segment& segment);
  bool must_read(std::size_t index) const;
  status read_segment(std::size_t index);
  status read_batches(found_segment& segment, segment_digest& digest, std::uint64_t end);
  bool take_gap(const found_segment& segment, std::uint64_t begin, std::uint64_t end);
  bool take_batch(const found_segment& segment, const walk_step& batch, segment_digest& digest);
  void report_hole(const found_segment& segment, const batch_header& behind);
  void settle();
  void damage(const std::string& path, std::uint64_t begin, std::uint64_t end, std::string reason);
  segment_walker walk(const file& source, const segment_info& segment, std::uint64_t end,
                      segment_walker::bodies mode);

  file_system& files_;
  const std::string& directory_;
  const position from_;
  const std::uint64_t gone_up_to_;
  batch_census census_;
  survey found_;
  std::uint64_t end_seq_ = 1;        // behind every number that a batch names, cut ones too
  std::uint32_t epoch_ = 0;          // of the last batch that counted
  bool closing_ = false;             // so is the last batch that counted
  bool damage_since_batch_ = false;  // a hole in the numbers is explained
  bool behind_sparse_ = false;       // the last batch was one of a segment made smaller
  bool damaged_ = false;             // in the segment at hand
};

status surveyor::open_segments() {
  NIP_TRY(names, files_.list(directory_));
  std::vector<std::uint64_t> numbers;
  for (const auto& name : names)
    if (auto number = parse_segment_name(name)) numbers.push_back(*number);
  std::sort(numbers.begin(), numbers.end());
  for (std::uint64_t number : numbers) {
    NIP_TRY(segment, open_segment(number));
    found_.segments.push_back(std::move(segment));
  }
  return {};
}

/// Reads the header. A damaged one costs no records: batches say themselves where they belong.
result<found_segment> surveyor::open_segment(std::uint64_t number) {
  found_segment segment;
  segment.info.number = number;
  segment.path = path_in(directory_, segment_name(number));
  NIP_TRY(source, files_.open(segment.path, open_mode::read));
  NIP_TRY(file_bytes, source->size());
  segment.info.bytes = file_bytes;
  std::array<std::byte, segment_header_bytes> page{};
  NIP_TRY(got, source->read(0, page));
  segment.stamp = segment_stamp(byte_span(page).first(got));
  auto header = decode_segment_header(byte_span(page).first(got));
  if (!header && header.error().code == errc::unsupported)
    return fail(errc::unsupported, fmt::format("{}: {}", segment.path, header.error().detail));
  if (header && (header->segment != number ||
                 (found_.journal_id != 0 && header->journal_id != found_.journal_id)))
    header = fail(errc::corrupt, "segment header is that of another segment or journal");
  if (header) {
    segment.sound_header = true;
    segment.missing_bytes = header->bytes - std::min(header->bytes, file_bytes);
    segment.info.carried = header->carried;
    found_.journal_id = header->journal_id;
    end_seq_ = std::max(end_seq_, header->first_seq);
  } else {
    damage(segment.path, 0, std::min<std::uint64_t>(segment_header_bytes, file_bytes),
           header.error().detail);
  }
  if (segment.missing_bytes != 0)
    damage(segment.path, file_bytes, segment.missing_bytes + file_bytes,
           "segment file is shorter than its header says");
  NIP_TRY(table, load_table(files_, directory_, number, segment.stamp));
  if (table) {
    segment.info.summary = table->summary;
    segment.info.table = std::move(table);
  }
  return segment;
}

/// Segments are numbered without gaps; only those before a checkpoint may have gone.
void surveyor::report_missing(std::size_t before) {
  if (before == 0 && gone_up_to_ == 0) return;
  const std::uint64_t previous = before == 0 ? 0 : found_.segments[before - 1].info.number;
  const std::uint64_t expected = std::max(previous, gone_up_to_) + 1;
  const std::uint64_t number = found_.segments[before].info.number;
  if (number <= expected) return;
  damage(path_in(directory_, segment_name(expected)), 0, 0,
         fmt::format("{} segment files are missing before {}", number - expected,
                     segment_name(number)));
}

/// A segment that has a table was not written to any more.
bool surveyor::must_read(std::size_t index) const {
  const segment_info& info = found_.segments[index].info;
  return index == found_.last || info.number > from_.segment || !info.table;
}

/// Finds the last segment with a batch, and what its batches say is durable.
status surveyor::look_at_the_end() {
  for (std::size_t i = found_.segments.size(); i-- > 0;) {
    NIP_TRY(has_batch, look_at(found_.segments[i]));
    if (!has_batch) continue;
    found_.last = i;
    break;
  }
  // Before a segment is written to, the one before it is synced.
  const position floor{found_.segments[found_.last].info.number, segment_header_bytes};
  found_.durable = std::max(found_.durable, floor);
  return {};
}

/// True when the segment has a sound batch header; notes its claims and how far it is used.
result<bool> surveyor::look_at(found_segment& segment) {
  NIP_TRY(source, files_.open(segment.path, open_mode::read));
  auto walker = walk(*source, segment.info, segment.info.bytes, segment_walker::bodies::skip);
  bool has_batch = false;
  for (;;) {
    NIP_TRY(step, walker.next());
    if (step.what == walk_step::kind::end) break;
    segment.used_end = step.offset + step.bytes;
    if (step.what != walk_step::kind::batch) continue;
    has_batch = true;
    found_.durable = std::max(found_.durable, step.header.durable);
    end_seq_ = std::max(end_seq_, step.header.end_seq());
    found_.last_epoch = std::max(found_.last_epoch, step.header.epoch);
  }
  if (found_.journal_id == 0) found_.journal_id = walker.journal_id();
  return has_batch;
}

/// Reads the segment up to its end, or to where the journal ends in it.
status surveyor::read_segment(std::size_t index) {
  found_segment& segment = found_.segments[index];
  auto digest = std::make_unique<segment_digest>();
  damaged_ = false;
  // That only zeros follow in the last one is known from looking at the end.
  NIP_CHECK(
      read_batches(segment, *digest, index == found_.last ? segment.used_end : segment.info.bytes));
  if (damaged_) digest->note_damage();
  segment_info& info = segment.info;
  info.summary = digest->summary();
  if (info.table && info.table->summary.data_end != info.summary.data_end) info.table.reset();
  if (index == found_.last) found_.last_digest = std::move(digest);
  return {};
}

status surveyor::read_batches(found_segment& segment, segment_digest& digest, std::uint64_t end) {
  NIP_TRY(source, files_.open(segment.path, open_mode::read));
  auto walker = walk(*source, segment.info, end, segment_walker::bodies::read);
  for (bool more = true; more;) {
    NIP_TRY(step, walker.next());
    if (step.what == walk_step::kind::end) break;
    more = step.what == walk_step::kind::gap
               ? take_gap(segment, step.offset, step.offset + step.bytes)
               : take_batch(segment, step, digest);
  }
  const position read{segment.info.number, digest.summary().data_end};
  if (read < found_.durable && segment.info.number == found_.durable.segment &&
      !damage_since_batch_)
    damage(segment.path, read.offset, found_.durable.offset, "zeros where records were synced");
  return {};
}

/// False when the gap is where the journal ends.
bool surveyor::take_gap(const found_segment& segment, std::uint64_t begin, std::uint64_t end) {
  const position durable = found_.durable;
  const std::uint64_t synced_end =
      segment.info.number < durable.segment ? end : std::clamp(durable.offset, begin, end);
  if (synced_end > begin)
    damage(segment.path, begin, synced_end, "bytes that are no batch where records were synced");
  return synced_end == end;
}

/// False when the batch is torn: what was not synced and is not whole was never acknowledged.
bool surveyor::take_batch(const found_segment& segment, const walk_step& batch,
                          segment_digest& digest) {
  const position at{segment.info.number, batch.offset};
  const bool synced = at < found_.durable;
  auto damaged = census_.check(batch);
  if (!synced && !damaged.empty()) return false;
  if (at >= from_) report_hole(segment, batch.header);
  for (auto& range : damaged) damage(segment.path, range.begin, range.end, std::move(range.reason));
  census_.digest(batch, digest);
  if (at >= from_) {
    census_.count(batch);
    epoch_ = batch.header.epoch;
  }
  damage_since_batch_ = false;
  closing_ = batch.header.closing;
  found_.report.bytes_read += batch.bytes;
  return true;
}

/// Numbers jump only where the journal was opened anew; elsewhere something is missing.
void surveyor::report_hole(const found_segment& segment, const batch_header& behind) {
  const std::uint64_t expected = census_.numbers().next_seq();
  // Retention leaves holes: in what it made smaller, and right behind.
  const bool sparse = segment.info.carried != 0 || behind_sparse_;
  behind_sparse_ = segment.info.carried != 0;
  if (sparse || behind.epoch != epoch_ || behind.first_seq <= expected || damage_since_batch_)
    return;
  damage(segment.path, behind.at.offset, behind.at.offset,
         fmt::format("messages {} to {} are missing before this place", expected,
                     behind.first_seq - 1));
}

/// Where the journal goes on, and what is behind that place.
void surveyor::settle() {
  const found_segment& last = found_.segments[found_.last];
  found_.tail = std::max(position{last.info.number, last.info.summary.data_end}, found_.durable);
  if (last.used_end > found_.tail.offset)
    found_.report.cut_bytes += last.used_end - found_.tail.offset;
  for (std::size_t i = found_.last + 1; i < found_.segments.size(); ++i)
    found_.report.cut_bytes += found_.segments[i].used_end - segment_header_bytes;
  // Messages that a cut-off end of the file may have held keep their numbers to themselves.
  end_seq_ += last.missing_bytes / message_record_bytes({});
  // Nor are numbers given again that a crash may have kept from being written.
  const bool closed = closing_ && found_.report.cut_bytes == 0;
  if (!closed) end_seq_ += unwritten_messages_max;
  census_.numbers().see_batch(end_seq_, end_seq_);
  found_.numbers = census_.numbers();
  found_.report.segments = found_.last + 1;
  for (std::size_t i = 0; i <= found_.last; ++i) {
    const segment_summary& summary = found_.segments[i].info.summary;
    found_.report.messages += summary.messages;
    found_.report.bytes += summary.data_end - segment_header_bytes;
  }
}

void surveyor::damage(const std::string& path, std::uint64_t begin, std::uint64_t end,
                      std::string reason) {
  damage_since_batch_ = true;
  damaged_ = true;
  if (found_.report.quarantined.size() < damages_max)
    found_.report.quarantined.push_back({path, begin, end - begin, std::move(reason)});
}

segment_walker surveyor::walk(const file& source, const segment_info& segment, std::uint64_t end,
                              segment_walker::bodies mode) {
  return segment_walker(source, {found_.journal_id, segment.number, segment_header_bytes, end},
                        mode, read_ahead_bytes);
}

}  // namespace

result<survey> survey_journal(file_system& files, const std::string& directory,
                              survey_start start) {
  return surveyor(files, directory, std::move(start)).run();
}

}  // namespace nip::bus::journal
