// Bytes that grow at the end and keep their memory: no zero-filling, no allocation once warm.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/file.hpp"

namespace nip::bus::journal {

/// One thread at a time. Growing moves the bytes: pointers and spans end with it.
class byte_buffer {
 public:
  std::byte* data() noexcept { return bytes_.get(); }
  const std::byte* data() const noexcept { return bytes_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  byte_span view() const noexcept { return {bytes_.get(), size_}; }

  /// Room for `count` more bytes, uninitialised, already counted in size().
  std::byte* extend(std::size_t count) {
    if (capacity_ - size_ < count) grow(size_ + count);
    std::byte* at = bytes_.get() + size_;
    size_ += count;
    return at;
  }
  void append(byte_span bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  void resize_down(std::size_t size) noexcept { size_ = std::min(size, size_); }
  void clear() noexcept { size_ = 0; }
  /// Gives the memory back when it is more than `kept_bytes_max`: one burst must not be kept.
  void clear_and_trim(std::size_t kept_bytes_max) noexcept {
    size_ = 0;
    if (capacity_ <= kept_bytes_max) return;
    bytes_.reset();
    capacity_ = 0;
  }

 private:
  static constexpr std::size_t bytes_min = 4096;

  void grow(std::size_t needed) {
    std::size_t capacity = std::max({needed, capacity_ * 2, bytes_min});
    auto bytes = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

inline byte_span bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view text_of(byte_span bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace nip::bus::journal
