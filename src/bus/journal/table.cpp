#include "bus/journal/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bus/journal/little_endian.hpp"

namespace nip::bus::journal {
namespace {

constexpr std::array<char, 8> table_magic = {'N', 'I', 'P', '-', 'T', 'A', 'B', 'L'};
constexpr std::string_view table_suffix = ".table";

// Offsets within the header block.
constexpr std::size_t version_at = 8;
constexpr std::size_t block_bytes_at = 12;
constexpr std::size_t journal_at = 16;
constexpr std::size_t segment_at = 24;
constexpr std::size_t stamp_at = 32;
constexpr std::size_t data_end_at = 40;
constexpr std::size_t begin_seq_at = 48;
constexpr std::size_t end_seq_at = 56;
constexpr std::size_t messages_at = 64;
constexpr std::size_t min_outcome_at = 72;
constexpr std::size_t max_outcome_at = 80;
constexpr std::size_t last_accepted_at = 88;
constexpr std::size_t last_written_at = 96;
constexpr std::size_t marks_at = 104;
constexpr std::size_t ids_at = 108;
constexpr std::size_t plans_at = 112;
constexpr std::size_t damaged_at = 116;
constexpr std::size_t header_checksum_at = table_block_bytes - 8;

// Every other block: entries, then how many, then the checksum.
constexpr std::size_t count_at = table_block_bytes - 16;
constexpr std::size_t block_checksum_at = table_block_bytes - 8;
constexpr std::size_t mark_bytes = 48;
constexpr std::size_t place_bytes = 16;
constexpr std::size_t marks_a_block = count_at / mark_bytes;
constexpr std::size_t places_a_block = count_at / place_bytes;
/// Blocks looked at by estimation before halving takes over: keys are hashes, spread evenly.
constexpr int estimates_max = 4;

std::uint64_t blocks_of(std::uint64_t count, std::size_t a_block) {
  return (count + a_block - 1) / a_block;
}

/// What a block's checksum is mixed with: a block of another table or place does not pass.
std::uint64_t block_key(const table_header& header, std::uint64_t block) {
  std::array<std::byte, 32> where;
  store(where.data(), header.journal_id);
  store(where.data() + 8, header.segment);
  store(where.data() + 16, header.stamp);
  store(where.data() + 24, block);
  return checksum(where);
}

void put(std::byte* to, const mark& from) {
  store(to, from.offset);
  store(to + 8, from.first_seq);
  store(to + 16, from.first_accepted.ns);
  store(to + 24, from.last_accepted.ns);
  store(to + 32, from.outcomes.min);
  store(to + 40, from.outcomes.max);
}
void put(std::byte* to, const keyed_place& from) {
  store(to, from.key);
  store(to + 8, static_cast<std::uint32_t>(from.at.batch / alignment_bytes));
  store(to + 12, static_cast<std::uint32_t>((from.at.record - from.at.batch) / alignment_bytes));
}
mark get_mark(const std::byte* from) {
  return {.offset = load<std::uint64_t>(from),
          .first_seq = load<std::uint64_t>(from + 8),
          .first_accepted = {load<std::int64_t>(from + 16)},
          .last_accepted = {load<std::int64_t>(from + 24)},
          .outcomes = {load<std::uint64_t>(from + 32), load<std::uint64_t>(from + 40)}};
}
keyed_place get_place(const std::byte* from) {
  const std::uint64_t batch = load<std::uint32_t>(from + 8) * alignment_bytes;
  return {load<std::uint64_t>(from),
          {batch, batch + load<std::uint32_t>(from + 12) * alignment_bytes}};
}

template <class Entry>
void append_blocks(byte_buffer& out, const table_header& header, const std::vector<Entry>& entries,
                   std::size_t entry_bytes) {
  const std::size_t a_block = count_at / entry_bytes;
  for (std::size_t begin = 0; begin < entries.size(); begin += a_block) {
    const std::uint64_t number = out.size() / table_block_bytes;
    std::byte* block = out.extend(table_block_bytes);
    std::memset(block, 0, table_block_bytes);
    const std::size_t count = std::min(a_block, entries.size() - begin);
    for (std::size_t i = 0; i < count; ++i) put(block + i * entry_bytes, entries[begin + i]);
    store(block + count_at, static_cast<std::uint32_t>(count));
    store(block + block_checksum_at,
          checksum({block, block_checksum_at}) ^ block_key(header, number));
  }
}

using block_bytes = std::array<std::byte, table_block_bytes>;

/// Entries of the block, which is read into `block`.
result<std::size_t> read_block(const file& table, const table_header& header, std::uint64_t number,
                               std::size_t a_block, block_bytes& block) {
  NIP_TRY(got, table.read(number * table_block_bytes, block));
  const std::size_t count = load<std::uint32_t>(block.data() + count_at);
  if (got != block.size() || count == 0 || count > a_block ||
      load<std::uint64_t>(block.data() + block_checksum_at) !=
          (checksum(byte_span(block).first(block_checksum_at)) ^ block_key(header, number)))
    return fail(errc::corrupt,
                fmt::format("{}: block {} is not what was written", table.path(), number));
  return count;
}

void encode_header(const table_header& header, std::byte* out) {
  std::memset(out, 0, table_block_bytes);
  std::memcpy(out, table_magic.data(), table_magic.size());
  store(out + version_at, table_version);
  store(out + block_bytes_at, static_cast<std::uint32_t>(table_block_bytes));
  store(out + journal_at, header.journal_id);
  store(out + segment_at, header.segment);
  store(out + stamp_at, header.stamp);
  store(out + data_end_at, header.summary.data_end);
  store(out + begin_seq_at, header.summary.begin_seq);
  store(out + end_seq_at, header.summary.end_seq);
  store(out + messages_at, header.summary.messages);
  store(out + min_outcome_at, header.summary.outcomes.min);
  store(out + max_outcome_at, header.summary.outcomes.max);
  store(out + last_accepted_at, header.summary.last_accepted.ns);
  store(out + last_written_at, header.summary.last_written.ns);
  store(out + marks_at, header.marks);
  store(out + ids_at, header.ids);
  store(out + plans_at, header.plans);
  store(out + damaged_at, static_cast<std::uint32_t>(header.summary.damaged));
  store(out + header_checksum_at, checksum({out, header_checksum_at}));
}

/// Finds the first entry of a section that is not below a key, block by block.
class section_search {
 public:
  section_search(const file& table, const table_header& header, table_section section)
      : table_(table), header_(header) {
    first_ = 1 + blocks_of(header.marks, marks_a_block);
    const std::uint64_t id_blocks = blocks_of(header.ids, places_a_block);
    if (section == table_section::plans) first_ += id_blocks;
    end_ = section == table_section::ids ? first_ + id_blocks
                                         : first_ + blocks_of(header.plans, places_a_block);
  }

  result<std::vector<place>> find(std::uint64_t key) {
    std::vector<place> found;
    if (first_ == end_) return found;
    NIP_CHECK(approach(key));
    // Equal keys may go on in the blocks behind.
    for (std::uint64_t number = low_; number < end_; ++number) {
      NIP_TRY(count, read_block(table_, header_, number, places_a_block, block_));
      if (key_at(0) > key) break;
      for (std::size_t i = 0; i < count; ++i)
        if (key_at(i) == key) found.push_back(get_place(block_.data() + i * place_bytes).at);
      if (key_at(count - 1) > key) break;
    }
    std::sort(found.rbegin(), found.rend());
    return found;
  }

 private:
  std::uint64_t key_at(std::size_t entry) const {
    return load<std::uint64_t>(block_.data() + entry * place_bytes);
  }

  /// Sets low_ to the last block that starts below the key, or to the first block.
  status approach(std::uint64_t key) {
    low_ = first_;
    std::uint64_t high = end_;  // blocks from here on start at the key or above it
    std::uint64_t low_key = 0;
    std::uint64_t high_key = UINT64_MAX;
    for (int step = 0; high - low_ > 1; ++step) {
      std::uint64_t probe = low_ + (high - low_) / 2;
      if (step < estimates_max && high_key > low_key) {
        const double share =
            static_cast<double>(key - low_key) / static_cast<double>(high_key - low_key);
        probe = low_ + static_cast<std::uint64_t>(share * static_cast<double>(high - low_));
        probe = std::clamp(probe, low_ + 1, high - 1);
      }
      NIP_TRY(count, read_block(table_, header_, probe, places_a_block, block_));
      if (key_at(0) < key) {
        low_ = probe;
        low_key = key_at(0);
        if (key_at(count - 1) >= key) return {};
      } else {
        high = probe;
        high_key = key_at(0);
      }
    }
    return {};
  }

  const file& table_;
  const table_header& header_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t low_ = 0;
  block_bytes block_;
};

}  // namespace

std::uint64_t segment_stamp(byte_span first_page) noexcept { return checksum(first_page); }

byte_buffer encode_table(table_header& header, table_contents& contents) {
  const auto before = [](const keyed_place& a, const keyed_place& b) {
    return a.key != b.key ? a.key < b.key : a.at < b.at;
  };
  std::sort(contents.ids.begin(), contents.ids.end(), before);
  std::sort(contents.plans.begin(), contents.plans.end(), before);
  header.summary = contents.summary;
  header.marks = static_cast<std::uint32_t>(contents.marks.size());
  header.ids = static_cast<std::uint32_t>(contents.ids.size());
  header.plans = static_cast<std::uint32_t>(contents.plans.size());
  byte_buffer out;
  encode_header(header, out.extend(table_block_bytes));
  append_blocks(out, header, contents.marks, mark_bytes);
  append_blocks(out, header, contents.ids, place_bytes);
  append_blocks(out, header, contents.plans, place_bytes);
  return out;
}

result<table_header> decode_table_header(byte_span block) {
  if (block.size() < table_block_bytes ||
      std::memcmp(block.data(), table_magic.data(), table_magic.size()) != 0)
    return fail(errc::corrupt, "table does not start with \"NIP-TABL\"");
  const std::byte* in = block.data();
  if (load<std::uint64_t>(in + header_checksum_at) != checksum(block.first(header_checksum_at)))
    return fail(errc::corrupt, "table header checksum does not match");
  if (load<std::uint32_t>(in + version_at) != table_version)
    return fail(errc::unsupported, "table is of another version");
  return table_header{.journal_id = load<std::uint64_t>(in + journal_at),
                      .segment = load<std::uint64_t>(in + segment_at),
                      .stamp = load<std::uint64_t>(in + stamp_at),
                      .summary = {.data_end = load<std::uint64_t>(in + data_end_at),
                                  .begin_seq = load<std::uint64_t>(in + begin_seq_at),
                                  .end_seq = load<std::uint64_t>(in + end_seq_at),
                                  .messages = load<std::uint64_t>(in + messages_at),
                                  .outcomes = {load<std::uint64_t>(in + min_outcome_at),
                                               load<std::uint64_t>(in + max_outcome_at)},
                                  .last_accepted = {load<std::int64_t>(in + last_accepted_at)},
                                  .last_written = {load<std::int64_t>(in + last_written_at)},
                                  .damaged = load<std::uint32_t>(in + damaged_at) != 0},
                      .marks = load<std::uint32_t>(in + marks_at),
                      .ids = load<std::uint32_t>(in + ids_at),
                      .plans = load<std::uint32_t>(in + plans_at)};
}

result<std::vector<mark>> read_marks(const file& table, const table_header& header) {
  std::vector<mark> marks;
  block_bytes block;
  const std::uint64_t end = 1 + blocks_of(header.marks, marks_a_block);
  for (std::uint64_t number = 1; number < end; ++number) {
    NIP_TRY(count, read_block(table, header, number, marks_a_block, block));
    for (std::size_t i = 0; i < count; ++i)
      marks.push_back(get_mark(block.data() + i * mark_bytes));
  }
  return marks;
}

result<std::vector<place>> find_places(const file& table, const table_header& header,
                                       table_section section, std::uint64_t key) {
  return section_search(table, header, section).find(key);
}

std::string table_name(std::uint64_t segment) {
  std::string name = segment_name(segment);
  return name.substr(0, name.rfind('.')).append(table_suffix);
}

std::optional<std::uint64_t> parse_table_name(std::string_view name) noexcept {
  if (!name.ends_with(table_suffix)) return std::nullopt;
  name.remove_suffix(table_suffix.size());
  return parse_segment_digits(name);
}

}  // namespace nip::bus::journal
