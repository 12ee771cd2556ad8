#include "bus/journal/segment_walker.hpp"

#include <algorithm>

#include "bus/journal/little_endian.hpp"

namespace nip::bus::journal {
namespace {

/// Bytes looked through at a time in search of the next batch.
constexpr std::size_t search_bytes = 64u << 10;

/// Length of `bytes` without the zeros at its end.
std::size_t used_bytes(byte_span bytes) noexcept {
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::size_t used = bytes.size();
  while (used >= word && load<std::uint64_t>(bytes.data() + used - word) == 0) used -= word;
  while (used > 0 && bytes[used - 1] == std::byte{0}) --used;
  return used;
}

}  // namespace

segment_walker::segment_walker(const file& source, place where, bodies mode,
                               std::size_t read_ahead_bytes)
    : window_(source, where.end, read_ahead_bytes),
      where_(where),
      mode_(mode),
      offset_(where.begin) {}

result<walk_step> segment_walker::next() {
  NIP_TRY(header, batch_at(offset_));
  if (header) return take_batch(*header);
  return take_gap();
}

/// The sound batch header at `offset`, if one of this segment is there and its batch fits in.
result<std::optional<batch_header>> segment_walker::batch_at(std::uint64_t offset) {
  NIP_TRY(bytes, window_.at(offset, batch_header_bytes));
  auto header = decode_batch_header(bytes);
  if (!header || !belongs(*header, offset)) return std::nullopt;
  return header;
}

bool segment_walker::belongs(const batch_header& header, std::uint64_t offset) const noexcept {
  return header.at == position{where_.segment, offset} && header.bytes <= window_.end() - offset &&
         header.epoch >= epoch_ &&
         (where_.journal_id == 0 || header.journal_id == where_.journal_id);
}

result<walk_step> segment_walker::take_batch(const batch_header& header) {
  walk_step step{.what = walk_step::kind::batch,
                 .offset = offset_,
                 .bytes = header.bytes,
                 .header = header,
                 .body = {}};
  if (mode_ == bodies::read) {
    NIP_TRY(batch, window_.at(offset_, header.bytes));
    step.body = batch.subspan(std::min(batch_header_bytes, batch.size()));
  }
  offset_ += header.bytes;
  epoch_ = header.epoch;
  where_.journal_id = header.journal_id;
  return step;
}

/// What lies from offset_ to the next batch; an end when it is zeros up to the end of the file.
result<walk_step> segment_walker::take_gap() {
  const std::uint64_t start = offset_;
  std::uint64_t used_end = start;  // behind the last byte that is not zero
  for (;;) {
    NIP_TRY(bytes, window_.at(offset_, search_bytes));
    if (bytes.empty()) break;
    if (auto used = used_bytes(bytes); used != 0) {
      for (std::size_t at = 0; at + alignment_bytes <= bytes.size(); at += alignment_bytes) {
        if (!may_start_batch(bytes.data() + at)) continue;
        NIP_TRY(header, batch_at(offset_ + at));
        if (header) {
          offset_ += at;
          return walk_step{walk_step::kind::gap, start, offset_ - start, {}, {}};
        }
        NIP_TRY(again, window_.at(offset_, search_bytes));
        bytes = again;  // batch_at() may have moved the window
      }
      used_end = offset_ + used;
    }
    offset_ += aligned(bytes.size());
  }
  if (used_end == start) return walk_step{walk_step::kind::end, start, 0, {}, {}};
  offset_ = window_.end();
  return walk_step{walk_step::kind::gap, start, used_end - start, {}, {}};
}

}  // namespace nip::bus::journal
