#include "bus/journal/record_cursor.hpp"

namespace nip::bus::journal {
namespace {

/// How much may be hashed in search of the next sound record before the rest of the batch is given
/// up: lengths are not trusted there, and made-up ones must not cost quadratic time.
constexpr std::size_t search_hash_bytes_max = 16u << 20;

}  // namespace

record_cursor::found record_cursor::next() noexcept {
  offset_ += bytes_;
  bytes_ = 0;
  if (offset_ >= body_.size()) return found::end;
  if (auto sound = read_record(body_.subspan(offset_), key_)) {
    record_ = sound->record;
    bytes_ = sound->bytes;
    return found::record;
  }
  bytes_ = next_sound_offset() - offset_;
  return found::damage;
}

std::size_t record_cursor::next_sound_offset() const noexcept {
  std::size_t hashed = 0;
  for (std::size_t at = offset_ + alignment_bytes; at < body_.size(); at += alignment_bytes) {
    byte_span rest = body_.subspan(at);
    const std::size_t bytes = claimed_record_bytes(rest);
    if (bytes == 0) continue;
    hashed += bytes;
    if (hashed > search_hash_bytes_max) break;
    if (read_record(rest, key_)) return at;
  }
  return body_.size();
}

}  // namespace nip::bus::journal
