#include "bus/journal/format.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "bus/journal/little_endian.hpp"

namespace nip::bus::journal {
namespace {

constexpr std::array<char, 8> segment_magic = {'N', 'I', 'P', '-', 'J', 'R', 'N', 'L'};
constexpr std::uint32_t batch_magic = 0x3142'504E;  // "NPB1"
constexpr std::string_view segment_suffix = ".segment";
constexpr std::size_t segment_digits = 12;

// Offsets within the segment header.
constexpr std::size_t segment_version_at = 8;
constexpr std::size_t segment_header_size_at = 12;
constexpr std::size_t segment_journal_at = 16;
constexpr std::size_t segment_number_at = 24;
constexpr std::size_t segment_bytes_at = 32;
constexpr std::size_t segment_first_seq_at = 40;
constexpr std::size_t segment_created_at = 48;
constexpr std::size_t segment_carried_at = 56;
constexpr std::size_t segment_checksum_at = segment_header_bytes - 8;  // in every version

// Offsets within the batch header.
constexpr std::size_t batch_header_size_at = 4;
constexpr std::size_t batch_flags_at = 6;
constexpr std::size_t batch_bytes_at = 8;
constexpr std::size_t batch_records_at = 12;
constexpr std::size_t batch_journal_at = 16;
constexpr std::size_t batch_segment_at = 24;
constexpr std::size_t batch_offset_at = 32;
constexpr std::size_t batch_epoch_at = 40;
constexpr std::size_t batch_messages_at = 44;
constexpr std::size_t batch_first_seq_at = 48;
constexpr std::size_t batch_written_at = 56;
constexpr std::size_t batch_durable_segment_at = 64;
constexpr std::size_t batch_durable_offset_at = 72;
constexpr std::size_t batch_checksum_at = batch_header_bytes - 8;

constexpr std::uint16_t closing_flag = 1;

/// Of any segment that a header may describe; options allow far less.
constexpr std::uint64_t segment_file_bytes_max = std::uint64_t{1} << 40;
constexpr std::size_t key_bytes = 28;  // journal, segment, offset, epoch

}  // namespace

void encode(const segment_header& header,
            std::span<std::byte, segment_header_bytes> page) noexcept {
  std::byte* out = page.data();
  std::memset(out, 0, page.size());
  std::memcpy(out, segment_magic.data(), segment_magic.size());
  store(out + segment_version_at, format_version);
  store(out + segment_header_size_at, static_cast<std::uint32_t>(segment_header_bytes));
  store(out + segment_journal_at, header.journal_id);
  store(out + segment_number_at, header.segment);
  store(out + segment_bytes_at, header.bytes);
  store(out + segment_first_seq_at, header.first_seq);
  store(out + segment_created_at, header.created.ns);
  store(out + segment_carried_at, header.carried);
  store(out + segment_checksum_at, checksum(page.first(segment_checksum_at)));
}

result<segment_header> decode_segment_header(byte_span page) {
  if (page.size() < segment_header_bytes)
    return fail(errc::corrupt, fmt::format("segment header is {} bytes long, expected {}",
                                           page.size(), segment_header_bytes));
  const std::byte* in = page.data();
  if (std::memcmp(in, segment_magic.data(), segment_magic.size()) != 0)
    return fail(errc::corrupt, "segment header does not start with \"NIP-JRNL\"");
  if (load<std::uint64_t>(in + segment_checksum_at) != checksum(page.first(segment_checksum_at)))
    return fail(errc::corrupt, "segment header checksum does not match");
  auto version = load<std::uint32_t>(in + segment_version_at);
  if (version != format_version)
    return fail(errc::unsupported,
                fmt::format("journal format version {}, but this build reads version {}; "
                            "open it with the release that wrote it",
                            version, format_version));
  segment_header header{.journal_id = load<std::uint64_t>(in + segment_journal_at),
                        .segment = load<std::uint64_t>(in + segment_number_at),
                        .bytes = load<std::uint64_t>(in + segment_bytes_at),
                        .first_seq = load<std::uint64_t>(in + segment_first_seq_at),
                        .created = {load<std::int64_t>(in + segment_created_at)},
                        .carried = load<std::uint64_t>(in + segment_carried_at)};
  if (header.bytes < segment_header_bytes || header.bytes > segment_file_bytes_max ||
      header.first_seq >= volatile_bit || header.journal_id == 0)
    return fail(errc::corrupt, "segment header has a size or a number out of range");
  return header;
}

void encode(const batch_header& header, std::span<std::byte, batch_header_bytes> page) noexcept {
  std::byte* out = page.data();
  std::memset(out, 0, page.size());
  store(out, batch_magic);
  store(out + batch_header_size_at, static_cast<std::uint16_t>(batch_header_bytes));
  store(out + batch_flags_at, header.closing ? closing_flag : std::uint16_t{0});
  store(out + batch_bytes_at, header.bytes);
  store(out + batch_records_at, header.records);
  store(out + batch_journal_at, header.journal_id);
  store(out + batch_segment_at, header.at.segment);
  store(out + batch_offset_at, header.at.offset);
  store(out + batch_epoch_at, header.epoch);
  store(out + batch_messages_at, header.messages);
  store(out + batch_first_seq_at, header.first_seq);
  store(out + batch_written_at, header.written.ns);
  store(out + batch_durable_segment_at, header.durable.segment);
  store(out + batch_durable_offset_at, header.durable.offset);
  store(out + batch_checksum_at, checksum(page.first(batch_checksum_at)));
}

bool may_start_batch(const std::byte* bytes) noexcept {
  return load<std::uint32_t>(bytes) == batch_magic;
}

std::optional<batch_header> decode_batch_header(byte_span bytes) noexcept {
  if (bytes.size() < batch_header_bytes) return std::nullopt;
  const std::byte* in = bytes.data();
  if (load<std::uint32_t>(in) != batch_magic) return std::nullopt;
  if (load<std::uint64_t>(in + batch_checksum_at) != checksum(bytes.first(batch_checksum_at)))
    return std::nullopt;
  if (load<std::uint16_t>(in + batch_header_size_at) != batch_header_bytes) return std::nullopt;
  const auto flags = load<std::uint16_t>(in + batch_flags_at);
  if ((flags & ~closing_flag) != 0) return std::nullopt;
  batch_header header{
      .journal_id = load<std::uint64_t>(in + batch_journal_at),
      .at = {load<std::uint64_t>(in + batch_segment_at), load<std::uint64_t>(in + batch_offset_at)},
      .epoch = load<std::uint32_t>(in + batch_epoch_at),
      .records = load<std::uint32_t>(in + batch_records_at),
      .messages = load<std::uint32_t>(in + batch_messages_at),
      .bytes = load<std::uint32_t>(in + batch_bytes_at),
      .first_seq = load<std::uint64_t>(in + batch_first_seq_at),
      .written = {load<std::int64_t>(in + batch_written_at)},
      .durable = {load<std::uint64_t>(in + batch_durable_segment_at),
                  load<std::uint64_t>(in + batch_durable_offset_at)},
      .closing = flags != 0};
  bool sane = header.bytes >= batch_header_bytes && header.bytes <= batch_bytes_max &&
              header.bytes % alignment_bytes == 0 && header.at.offset % alignment_bytes == 0 &&
              header.messages <= header.records && header.durable <= header.at &&
              header.first_seq != 0 && header.end_seq() < volatile_bit;
  if (!sane) return std::nullopt;
  return header;
}

std::uint64_t record_key(const batch_header& header) noexcept {
  std::array<std::byte, key_bytes> place;
  store(place.data(), header.journal_id);
  store(place.data() + 8, header.at.segment);
  store(place.data() + 16, header.at.offset);
  store(place.data() + 24, header.epoch);
  return checksum(place);
}

std::string segment_name(std::uint64_t number) {
  return fmt::format("{:0{}}{}", number, segment_digits, segment_suffix);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) noexcept {
  if (!name.ends_with(segment_suffix)) return std::nullopt;
  name.remove_suffix(segment_suffix.size());
  return parse_segment_digits(name);
}

std::optional<std::uint64_t> parse_segment_digits(std::string_view digits) noexcept {
  std::uint64_t number = 0;
  auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (digits.size() < segment_digits || number == 0) return std::nullopt;
  return number;
}

std::uint64_t checksum(byte_span bytes) noexcept { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace nip::bus::journal
