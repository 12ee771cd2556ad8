#include "bus/journal/table_file.hpp"

#include <array>

#include "bus/journal/batch_census.hpp"

namespace nip::bus::journal {
namespace {

constexpr std::size_t read_ahead_bytes = 1u << 20;

}  // namespace

result<std::optional<table_header>> load_table(file_system& files, const std::string& directory,
                                               std::uint64_t segment, std::uint64_t stamp) {
  auto table = files.open(path_in(directory, table_name(segment)), open_mode::read);
  if (!table && table.error().code == errc::not_found) return std::nullopt;
  if (!table) return std::unexpected(std::move(table).error());
  std::array<std::byte, table_block_bytes> block{};
  NIP_TRY(got, (*table)->read(0, block));
  auto header = decode_table_header(byte_span(block).first(got));
  if (!header || header->segment != segment || header->stamp != stamp) return std::nullopt;
  return std::move(*header);
}

result<table_header> save_table(file_system& files, const std::string& directory,
                                table_header header, table_contents& contents) {
  const byte_buffer bytes = encode_table(header, contents);
  NIP_CHECK(replace_file(files, directory, table_name(header.segment), bytes.view()));
  return header;
}

result<digested_segment> digest_segment(const file& segment, std::uint64_t journal_id, position end,
                                        std::uint64_t count_from, number_ledger& numbers) {
  std::array<std::byte, segment_header_bytes> page{};
  NIP_TRY(got, segment.read(0, page));
  segment_digest digest;
  batch_census census;
  census.numbers() = numbers;
  digested_segment made;
  segment_walker walker(segment, {journal_id, end.segment, segment_header_bytes, end.offset},
                        segment_walker::bodies::read, read_ahead_bytes);
  if (!decode_segment_header(byte_span(page).first(got))) digest.note_damage();
  std::uint64_t read_end = segment_header_bytes;
  for (;;) {
    NIP_TRY(step, walker.next());
    if (step.what == walk_step::kind::end) break;
    read_end = step.offset + step.bytes;
    if (step.what == walk_step::kind::gap || !census.check(step).empty()) digest.note_damage();
    if (step.what == walk_step::kind::gap) continue;
    census.digest(step, digest);
    if (step.offset >= count_from) census.count(step);
    made.epoch = step.header.epoch;
  }
  if (read_end != end.offset) digest.note_damage();
  numbers = census.numbers();
  made.header.journal_id = journal_id;
  made.header.segment = end.segment;
  made.header.stamp = segment_stamp(byte_span(page).first(got));
  made.contents = std::move(digest.contents());
  return made;
}

status remove_if_there(file_system& files, const std::string& path) {
  auto removed = files.remove(path);
  if (!removed && removed.error().code != errc::not_found) return removed;
  return {};
}

status replace_file(file_system& files, const std::string& directory, const std::string& name,
                    byte_span bytes) {
  const std::string unfinished = path_in(directory, name + ".tmp");
  const auto write = [&]() -> status {
    NIP_TRY(target, files.open(unfinished, open_mode::create));
    NIP_CHECK(target->write(0, bytes));
    return target->datasync();
  };
  auto done = write();
  if (done) done = files.rename(unfinished, path_in(directory, name));
  if (!done) {
    // The first error counts; what is left is removed at the next opening at the latest.
    (void)files.remove(unfinished);
    return done;
  }
  return files.sync_directory(directory);
}

}  // namespace nip::bus::journal
