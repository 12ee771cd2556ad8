#include "base/buffer_pool.hpp"

#include <bit>
#include <cassert>
#include <new>

namespace nip {
namespace {

constexpr std::uint32_t heap_class = UINT32_MAX;

}  // namespace

/// Blocks that are out are counted without an atomic on the owner's side: `out` is allocations less
/// what the owner took back. Frees by others that bypass the lists are counted down in `balance`,
/// which the destructor of the pool levels with `out`; whoever brings it to zero then deletes the
/// core.
struct buffer_pool::core {
  struct alignas(std::max_align_t) block {
    core* home;
    std::uint32_t size_class;
    std::uint32_t heap_kib;  ///< size of a block of the heap class, rounded up
    block* next() const noexcept { return *link(); }
    void set_next(block* to) noexcept { *link() = to; }
    block** link() const noexcept {
      return reinterpret_cast<block**>(const_cast<block*>(this) + 1);
    }
    std::size_t bytes() const noexcept {
      return size_class == heap_class ? std::size_t{heap_kib} << 10 : smallest << size_class;
    }
  };

  // [owner]
  std::array<block*, classes> ready{};
  std::size_t ready_bytes = 0;
  std::int64_t out = 0;

  // [any thread]
  std::atomic<std::thread::id> owner{std::this_thread::get_id()};
  std::atomic<block*> returned{
      nullptr};  ///< given back by others; `closed()` once the pool is gone
  std::atomic<std::size_t> returned_bytes{0};
  std::atomic<std::int64_t> balance{0};

  static block* closed() noexcept {
    static block mark{};
    return &mark;
  }

  block* create(std::size_t bytes, std::uint32_t size_class) {
    return new (::operator new(bytes))
        block{this, size_class, static_cast<std::uint32_t>(bytes >> 10)};
  }

  /// [owner] Keeps a block for the next allocation, or frees it when enough is kept.
  void keep(block* b) noexcept {
    if (b->size_class == heap_class || ready_bytes + b->bytes() > cached_bytes_max) {
      ::operator delete(b);
      return;
    }
    ready_bytes += b->bytes();
    b->set_next(ready[b->size_class]);
    ready[b->size_class] = b;
  }

  /// [owner] Takes back what others returned. True when there was something.
  bool collect(block* list) noexcept {
    if (list == nullptr) return false;
    while (list != nullptr) {
      block* const after = list->next();
      returned_bytes.fetch_sub(list->bytes(), std::memory_order_relaxed);
      --out;
      keep(list);
      list = after;
    }
    return true;
  }

  /// [any thread but the owner]
  void give_back(block* b) noexcept {
    const std::size_t bytes = b->bytes();
    if (b->size_class == heap_class ||
        returned_bytes.load(std::memory_order_relaxed) + bytes > cached_bytes_max) {
      free_uncounted(b);
      return;
    }
    returned_bytes.fetch_add(bytes, std::memory_order_relaxed);
    block* head = returned.load(std::memory_order_acquire);
    do {
      if (head == closed()) {
        free_uncounted(b);
        return;
      }
      b->set_next(head);
    } while (!returned.compare_exchange_weak(head, b, std::memory_order_release,
                                             std::memory_order_acquire));
  }

  void free_uncounted(block* b) noexcept {
    ::operator delete(b);
    if (balance.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

buffer_pool::buffer_pool() : core_(new core) {}

buffer_pool::~buffer_pool() {
  core_->owner.store(std::thread::id(), std::memory_order_relaxed);
  core_->collect(core_->returned.exchange(core::closed(), std::memory_order_acq_rel));
  for (core::block* list : core_->ready) {
    while (list != nullptr) {
      core::block* const after = list->next();
      ::operator delete(list);
      list = after;
    }
  }
  const std::int64_t out = core_->out;
  if (core_->balance.fetch_add(out, std::memory_order_acq_rel) + out == 0) delete core_;
}

void* buffer_pool::allocate(std::size_t size) {
  assert(core_->owner.load(std::memory_order_relaxed) == std::this_thread::get_id());
  const std::size_t bytes = size + sizeof(core::block);
  core::block* b = nullptr;
  if (bytes > smallest << (classes - 1)) {
    b = core_->create((bytes + 1023) & ~std::size_t{1023}, heap_class);
  } else {
    const auto size_class =
        static_cast<std::uint32_t>(bytes <= smallest ? 0 : std::bit_width((bytes - 1) / smallest));
    core::block*& list = core_->ready[size_class];
    if (list == nullptr)
      core_->collect(core_->returned.exchange(nullptr, std::memory_order_acquire));
    if (list == nullptr) {
      b = core_->create(smallest << size_class, size_class);
    } else {
      b = list;
      list = b->next();
      core_->ready_bytes -= b->bytes();
    }
  }
  ++core_->out;
  return b + 1;
}

void buffer_pool::release(void* memory) noexcept {
  auto* const b = static_cast<core::block*>(memory) - 1;
  core& home = *b->home;
  if (home.owner.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    --home.out;
    home.keep(b);
  } else {
    home.give_back(b);
  }
}

std::size_t buffer_pool::footprint(const void* memory) noexcept {
  return (static_cast<const core::block*>(memory) - 1)->bytes();
}

void buffer_pool::adopt() noexcept {
  core_->owner.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

}  // namespace nip
