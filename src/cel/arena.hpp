// A bump allocator that one evaluation fills and the next one reuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace nip::cel {

/// What one evaluation may build, unless its arena says otherwise.
constexpr std::size_t arena_bytes_max_default = std::size_t{16} << 20;

/// Memory for the strings, lists and maps that an evaluation builds. Nothing is allocated before
/// the first use. One thread at a time; what it handed out is good until reset() or its end.
class arena {
 public:
  explicit arena(std::size_t bytes_max = arena_bytes_max_default) noexcept
      : bytes_max_(bytes_max) {}
  arena(arena&& other) noexcept { swap(other); }
  arena& operator=(arena&& other) noexcept {
    swap(other);
    return *this;
  }
  ~arena();

  /// Forgets everything handed out; keeps the newest, largest block for the next evaluation.
  void reset() noexcept;

  /// Null when the limit would be passed or memory is out. `align` is at most that of max_align_t.
  void* allocate(std::size_t bytes, std::size_t align) noexcept {
    const auto start = (reinterpret_cast<std::uintptr_t>(next_) + align - 1) & ~(align - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(end_);
    if (next_ != nullptr && start <= end && bytes <= end - start) [[likely]] {
      next_ = reinterpret_cast<std::byte*>(start + bytes);
      return reinterpret_cast<void*>(start);
    }
    return allocate_block(bytes);
  }

  /// Room for `count` objects of a trivial type, not initialised; null when the limit is passed.
  template <class T>
  T* array(std::size_t count) noexcept {
    if (count > bytes_max_ / sizeof(T)) return nullptr;
    return static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
  }

  /// A copy of `text`; a view with null data when the limit is passed and `text` is not empty.
  std::string_view copy(std::string_view text) noexcept;

 private:
  struct block;
  void* allocate_block(std::size_t bytes) noexcept;
  void swap(arena& other) noexcept;

  block* blocks_ = nullptr;  // newest first
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::size_t bytes_max_ = arena_bytes_max_default;
  std::size_t bytes_held_ = 0;
};

}  // namespace nip::cel
