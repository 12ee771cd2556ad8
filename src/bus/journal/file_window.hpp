// A sliding view of a file for sequential reading, so that no segment is in memory as a whole.
#pragma once

#include <memory>

#include "base/file.hpp"
#include "bus/journal/byte_buffer.hpp"

namespace nip::bus::journal {

/// Reads ahead in steps; one thread at a time. The file must outlive it.
class file_window {
 public:
  /// Nothing at or behind `end` is looked at.
  file_window(const file& source, std::uint64_t end, std::size_t read_ahead_bytes)
      : source_(&source), end_(end), read_ahead_bytes_(read_ahead_bytes) {}

  /// Up to `bytes` bytes at `offset`: fewer only at the end. Valid until the next call. Fails with
  /// errc::io.
  result<byte_span> at(std::uint64_t offset, std::size_t bytes);
  std::uint64_t end() const noexcept { return end_; }

 private:
  const file* source_;
  std::uint64_t end_;
  std::size_t read_ahead_bytes_;
  byte_buffer bytes_;
  std::uint64_t start_ = 0;  // file offset of bytes_
};

}  // namespace nip::bus::journal
