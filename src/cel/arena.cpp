#include "cel/arena.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace nip::cel {

namespace {
constexpr std::size_t block_bytes_first = 2048;
constexpr std::size_t block_bytes_largest = std::size_t{256} << 10;
}  // namespace

struct alignas(std::max_align_t) arena::block {
  block* older;
  std::size_t bytes;

  std::byte* begin() { return reinterpret_cast<std::byte*>(this + 1); }
  std::byte* end() { return begin() + bytes; }
};

arena::~arena() {
  while (blocks_ != nullptr) {
    block* older = blocks_->older;
    ::operator delete(blocks_);
    blocks_ = older;
  }
}

void arena::reset() noexcept {
  if (blocks_ == nullptr) return;
  block* kept = blocks_;
  blocks_ = kept->older;
  this->~arena();
  kept->older = nullptr;
  blocks_ = kept;
  bytes_held_ = kept->bytes;
  next_ = kept->begin();
  end_ = kept->end();
}

void* arena::allocate_block(std::size_t bytes) noexcept {
  const std::size_t doubled =
      blocks_ == nullptr ? block_bytes_first : std::min(2 * blocks_->bytes, block_bytes_largest);
  const std::size_t left = bytes_max_ - std::min(bytes_held_, bytes_max_);
  if (bytes > left) return nullptr;
  const std::size_t size = std::max(bytes, std::min(doubled, left));
  void* memory = ::operator new(sizeof(block) + size, std::nothrow);
  if (memory == nullptr) return nullptr;
  blocks_ = new (memory) block{blocks_, size};
  bytes_held_ += size;
  next_ = blocks_->begin() + bytes;
  end_ = blocks_->end();
  return blocks_->begin();
}

std::string_view arena::copy(std::string_view text) noexcept {
  if (text.empty()) return {};
  char* to = array<char>(text.size());
  if (to == nullptr) return {};
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

void arena::swap(arena& other) noexcept {
  std::swap(blocks_, other.blocks_);
  std::swap(next_, other.next_);
  std::swap(end_, other.end_);
  std::swap(bytes_max_, other.bytes_max_);
  std::swap(bytes_held_, other.bytes_held_);
}

}  // namespace nip::cel
