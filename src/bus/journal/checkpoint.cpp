#include "bus/journal/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bus/journal/byte_buffer.hpp"
#include "bus/journal/little_endian.hpp"
#include "bus/journal/table_file.hpp"

namespace nip::bus::journal {
namespace {

constexpr std::array<char, 8> checkpoint_magic = {'N', 'I', 'P', '-', 'C', 'K', 'P', 'T'};
constexpr std::string_view checkpoint_prefix = "checkpoint-";

// Offsets within the file; tenants follow, then the ledger's bytes.
constexpr std::size_t version_at = 8;
constexpr std::size_t header_size_at = 12;
constexpr std::size_t journal_at = 16;
constexpr std::size_t segment_at = 24;
constexpr std::size_t offset_at = 32;
constexpr std::size_t next_seq_at = 40;
constexpr std::size_t lost_at = 48;
constexpr std::size_t ledger_bytes_at = 56;
constexpr std::size_t epoch_at = 64;
constexpr std::size_t tenants_at = 68;
constexpr std::size_t checksum_at = 72;  // of everything before and behind it
constexpr std::size_t header_bytes = 80;
constexpr std::size_t tenant_bytes = 24;

std::uint64_t sum_of(byte_span bytes) {
  std::array<std::byte, 16> both;
  store(both.data(), checksum(bytes.first(checksum_at)));
  store(both.data() + 8, checksum(bytes.subspan(header_bytes)));
  return checksum(both);
}

/// True when the segment behind the checkpoint is there, and is not another journal's.
result<bool> belongs_here(file_system& files, const std::string& directory,
                          const checkpoint& found) {
  auto next = files.open(path_in(directory, segment_name(found.at.segment + 1)), open_mode::read);
  if (!next && next.error().code == errc::not_found) return false;
  if (!next) return std::unexpected(std::move(next).error());
  std::array<std::byte, segment_header_bytes> page{};
  NIP_TRY(got, (*next)->read(0, page));
  const auto header = decode_segment_header(byte_span(page).first(got));
  return !header || header->journal_id == found.journal_id;
}

/// The sound checkpoint of a segment; nothing when it is not.
result<std::optional<checkpoint>> load_checkpoint(file_system& files, const std::string& directory,
                                                  std::uint64_t segment) {
  NIP_TRY(bytes, read_whole(files, path_in(directory, checkpoint_name(segment))));
  auto found = decode_checkpoint(bytes);
  if (!found || found->at.segment != segment) return std::nullopt;
  NIP_TRY(here, belongs_here(files, directory, *found));
  if (!here) return std::nullopt;
  return std::move(*found);
}

/// Segments of the checkpoints in a directory, the newest first.
result<std::vector<std::uint64_t>> list_checkpoints(file_system& files,
                                                    const std::string& directory) {
  NIP_TRY(names, files.list(directory));
  std::vector<std::uint64_t> found;
  for (const auto& name : names)
    if (auto segment = parse_checkpoint_name(name)) found.push_back(*segment);
  std::sort(found.rbegin(), found.rend());
  return found;
}

}  // namespace

std::string encode_checkpoint(const checkpoint& from) {
  const auto state = from.numbers.save();
  std::string out(header_bytes + state.tenants.size() * tenant_bytes, '\0');
  std::byte* at = std::as_writable_bytes(std::span(out)).data();
  std::memcpy(at, checkpoint_magic.data(), checkpoint_magic.size());
  store(at + version_at, checkpoint_version);
  store(at + header_size_at, static_cast<std::uint32_t>(header_bytes));
  store(at + journal_at, from.journal_id);
  store(at + segment_at, from.at.segment);
  store(at + offset_at, from.at.offset);
  store(at + next_seq_at, state.next_seq);
  store(at + lost_at, state.lost);
  store(at + ledger_bytes_at, std::uint64_t{from.ledger.size()});
  store(at + epoch_at, from.epoch);
  store(at + tenants_at, static_cast<std::uint32_t>(state.tenants.size()));
  std::byte* tenant = at + header_bytes;
  for (const auto& each : state.tenants) {
    store(tenant, std::uint64_t{each.tenant});
    store(tenant + 8, each.last);
    store(tenant + 16, each.lost_before);
    tenant += tenant_bytes;
  }
  out += from.ledger;
  at = std::as_writable_bytes(std::span(out)).data();
  store(at + checksum_at, sum_of(bytes_of(out)));
  return out;
}

result<checkpoint> decode_checkpoint(std::string_view bytes) {
  const std::byte* in = bytes_of(bytes).data();
  if (bytes.size() < header_bytes ||
      std::memcmp(in, checkpoint_magic.data(), checkpoint_magic.size()) != 0)
    return fail(errc::corrupt, "checkpoint does not start with \"NIP-CKPT\"");
  if (load<std::uint64_t>(in + checksum_at) != sum_of(bytes_of(bytes)))
    return fail(errc::corrupt, "checkpoint checksum does not match");
  if (load<std::uint32_t>(in + version_at) != checkpoint_version)
    return fail(errc::unsupported, "checkpoint is of another version");
  const std::uint64_t tenants = load<std::uint32_t>(in + tenants_at);
  const std::uint64_t tail = bytes.size() - header_bytes;
  const auto ledger_bytes = load<std::uint64_t>(in + ledger_bytes_at);
  if (tenants > tail / tenant_bytes || tail - tenants * tenant_bytes != ledger_bytes)
    return fail(errc::corrupt, "checkpoint is not as long as it says");
  number_ledger::state state{.next_seq = load<std::uint64_t>(in + next_seq_at),
                             .lost = load<std::uint64_t>(in + lost_at),
                             .tenants = {}};
  for (std::uint64_t i = 0; i < tenants; ++i) {
    const std::byte* tenant = in + header_bytes + i * tenant_bytes;
    state.tenants.push_back({static_cast<std::uint32_t>(load<std::uint64_t>(tenant)),
                             load<std::uint64_t>(tenant + 8), load<std::uint64_t>(tenant + 16)});
  }
  if (state.next_seq == 0 || state.next_seq >= volatile_bit)
    return fail(errc::corrupt, "checkpoint has a number out of range");
  checkpoint found;
  found.journal_id = load<std::uint64_t>(in + journal_at);
  found.at = {load<std::uint64_t>(in + segment_at), load<std::uint64_t>(in + offset_at)};
  found.epoch = load<std::uint32_t>(in + epoch_at);
  found.numbers = number_ledger(state);
  found.ledger = bytes.substr(bytes.size() - ledger_bytes);
  return found;
}

std::string checkpoint_name(std::uint64_t segment) {
  const std::string name = segment_name(segment);
  return fmt::format("{}{}", checkpoint_prefix, std::string_view(name).substr(0, name.rfind('.')));
}

std::optional<std::uint64_t> parse_checkpoint_name(std::string_view name) noexcept {
  if (!name.starts_with(checkpoint_prefix)) return std::nullopt;
  name.remove_prefix(checkpoint_prefix.size());
  return parse_segment_digits(name);
}

result<std::optional<checkpoint>> restore_checkpoint(file_system& files,
                                                     const std::string& directory, ledger* into) {
  NIP_TRY(segments, list_checkpoints(files, directory));
  for (std::uint64_t segment : segments) {
    NIP_TRY(found, load_checkpoint(files, directory, segment));
    if (!found || (into != nullptr && !into->restore(found->ledger))) continue;
    found->ledger.clear();
    return std::move(found);
  }
  return std::nullopt;
}

status save_checkpoint(file_system& files, const std::string& directory, const checkpoint& from) {
  const std::string bytes = encode_checkpoint(from);
  return replace_file(files, directory, checkpoint_name(from.at.segment), bytes_of(bytes));
}

status remove_checkpoints(file_system& files, const std::string& directory,
                          const std::vector<std::uint64_t>& kept) {
  NIP_TRY(segments, list_checkpoints(files, directory));
  for (std::uint64_t segment : segments)
    if (std::ranges::find(kept, segment) == kept.end())
      NIP_CHECK(files.remove(path_in(directory, checkpoint_name(segment))));
  return {};
}

}  // namespace nip::bus::journal
