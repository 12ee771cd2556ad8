#include "bus/maintenance/verification.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bus/journal/checkpoint.hpp"
#include "bus/journal/segment_file.hpp"
#include "bus/journal/table_file.hpp"
#include "bus/maintenance/inspection.hpp"

namespace nip::bus::maintenance {
namespace {

using namespace journal;

/// The first block in which two tables differ.
damage first_difference(const std::string& path, std::string_view is, std::string_view expected) {
  const std::size_t shorter = std::min(is.size(), expected.size());
  const auto differs =
      std::ranges::mismatch(is.substr(0, shorter), expected.substr(0, shorter)).in1;
  const auto at = static_cast<std::uint64_t>(differs - is.begin());
  if (at == shorter)
    return {path, shorter, std::max(is.size(), expected.size()) - shorter,
            fmt::format("the table has {} bytes, expected {}", is.size(), expected.size())};
  return {path, at / table_block_bytes * table_block_bytes, table_block_bytes,
          "the table's block does not say what the segment does"};
}

/// Numbers that a checkpoint at the end of this segment can have.
bool fits(const checkpoint& made, const survey& found, std::size_t index) {
  const segment_summary& before = found.segments[index].info.summary;
  if (made.at.offset != before.data_end) return false;
  const std::uint64_t next = made.numbers.save().next_seq;
  if (next < before.end_seq) return false;
  for (std::size_t i = index + 1; i <= found.last; ++i) {
    const segment_summary& behind = found.segments[i].info.summary;
    if (behind.begin_seq != 0) return next <= behind.begin_seq;
  }
  return true;
}

}  // namespace

bool is_damaged(const survey& found, std::size_t index) {
  const std::string& path = found.segments[index].path;
  return std::ranges::any_of(found.report.quarantined, [&](const damage& each) {
    return each.file == path && each.bytes != 0;
  });
}

result<derived_check> check_table(file_system& files, const std::string& directory,
                                  const survey& found, std::size_t index) {
  const found_segment& segment = found.segments[index];
  const std::uint64_t number = segment.info.number;
  const std::string path = path_in(directory, table_name(number));
  auto is = read_whole(files, path);
  if (!is && is.error().code == errc::not_found) return derived_check{true, {}};
  if (!is) return std::unexpected(std::move(is).error());
  const auto header = decode_table_header(
      bytes_of(*is).first(std::min<std::size_t>(is->size(), table_block_bytes)));
  if (!header && header.error().code == errc::unsupported) return derived_check{true, {}};
  if (!header) return derived_check{false, {{path, 0, table_block_bytes, header.error().detail}}};
  // Made from the file that stood here before retention made it smaller: it is made again.
  if (header->segment == number && header->stamp != segment.stamp) return derived_check{true, {}};
  NIP_TRY(source, files.open(segment.path, open_mode::read));
  number_ledger unused;
  NIP_TRY(made, digest_segment(*source, found.journal_id, {number, segment.info.summary.data_end},
                               segment_header_bytes, unused));
  const byte_buffer expected = encode_table(made.header, made.contents);
  const std::string_view text = text_of(expected.view());
  if (*is == text) return derived_check{};
  return derived_check{false, {first_difference(path, *is, text)}};
}

result<derived_check> check_checkpoint(file_system& files, const std::string& directory,
                                       const survey& found, const std::string& name) {
  const std::string path = path_in(directory, name);
  NIP_TRY(bytes, read_whole(files, path));
  const auto wrong = [&](std::string why) {
    return derived_check{false, {{path, 0, bytes.size(), std::move(why)}}};
  };
  const auto made = decode_checkpoint(bytes);
  if (!made && made.error().code == errc::unsupported) return derived_check{true, {}};
  if (!made) return wrong(made.error().detail);
  if (made->journal_id != found.journal_id) return wrong("the checkpoint is another journal's");
  if (checkpoint_name(made->at.segment) != name)
    return wrong(fmt::format("the checkpoint is that of segment {}", made->at.segment));
  for (std::size_t i = 0; i < found.segments.size(); ++i)
    if (found.segments[i].info.number == made->at.segment && found.segments[i].info.carried == 0 &&
        !is_damaged(found, i) && !fits(*made, found, i))
      return wrong("the checkpoint's place or numbers are not those of its segment");
  return derived_check{};
}

result<verification> verify_journal(file_system& files, const std::string& directory) {
  verification made;
  NIP_TRY(found, survey_whole(files, directory));
  made.damaged = found.report.quarantined;
  for (std::size_t i = 0; i <= found.last && i < found.segments.size(); ++i) {
    const bool sealed = i < found.last || found.segments[i].info.table;
    if (!sealed || is_damaged(found, i)) continue;
    NIP_TRY(table, check_table(files, directory, found, i));
    made.tables_missing += table.missing ? 1 : 0;
    made.tables += !table.missing && table.wrong.empty() ? 1 : 0;
    std::ranges::move(table.wrong, std::back_inserter(made.damaged));
  }
  NIP_TRY(names, files.list(directory));
  for (const auto& name : names) {
    if (!parse_checkpoint_name(name)) continue;
    NIP_TRY(checked, check_checkpoint(files, directory, found, name));
    made.checkpoints += !checked.missing && checked.wrong.empty() ? 1 : 0;
    std::ranges::move(checked.wrong, std::back_inserter(made.damaged));
  }
  made.found = std::move(found);
  return made;
}

}  // namespace nip::bus::maintenance
