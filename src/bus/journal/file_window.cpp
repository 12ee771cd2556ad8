#include "bus/journal/file_window.hpp"

#include <algorithm>

namespace nip::bus::journal {

result<byte_span> file_window::at(std::uint64_t offset, std::size_t bytes) {
  if (offset >= end_) return byte_span{};
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, end_ - offset));
  if (offset < start_ || offset + wanted > start_ + bytes_.size()) {
    const auto ahead = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::max(wanted, read_ahead_bytes_), end_ - offset));
    bytes_.clear();
    start_ = offset;
    NIP_TRY(got, source_->read(offset, {bytes_.extend(ahead), ahead}));
    bytes_.resize_down(got);
    if (got < ahead) end_ = offset + got;  // the file is shorter than it was said to be
  }
  byte_span held = bytes_.view().subspan(static_cast<std::size_t>(offset - start_));
  return held.first(std::min(held.size(), wanted));
}

}  // namespace nip::bus::journal
