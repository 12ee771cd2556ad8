// Reused byte blocks for messages: after warm-up a message costs no allocation.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

namespace nip {

/// Blocks in power-of-two classes from 256 B to 64 KiB; larger ones come from the heap and go back
/// there. One thread allocates (the one that made the pool, or that called adopt()); any thread may
/// release: foreign releases go onto a lock-free list that the owner takes back when it runs dry.
/// What stays cached is at most `cached_bytes_max`. The pool outlives its blocks by reference
/// count.
class buffer_pool {
 public:
  static constexpr std::size_t smallest = 256;
  static constexpr std::size_t classes = 9;  // 256 B … 64 KiB
  static constexpr std::size_t cached_bytes_max = std::size_t{8} << 20;

  buffer_pool();
  ~buffer_pool();
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;

  /// [owner] A block with room for `size` bytes, aligned for any object. Never null; throws
  /// bad_alloc.
  void* allocate(std::size_t size);
  /// [any thread] Gives a block back to the pool that it came from.
  static void release(void* block) noexcept;
  /// [any thread] Bytes that a block takes of memory, its header included.
  static std::size_t footprint(const void* block) noexcept;
  /// [new owner] Makes the calling thread the owner; the old one no longer allocates.
  void adopt() noexcept;

 private:
  struct core;
  core* core_;
};

}  // namespace nip
