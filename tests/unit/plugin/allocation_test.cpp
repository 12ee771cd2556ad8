// Counts what the heap is asked for: after warm-up an inline delivery must cost nothing.
#include <cstdlib>
#include <new>

#include "unit/plugin/harness.hpp"

namespace {
thread_local std::size_t allocations = 0;  // other threads of this executable do as they like
}

// Every form that is not over-aligned, so that none of a pair is left to the library (or a
// sanitizer). Not inlined, or the compiler sees through one of a pair and reports a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const block = operator new(size, std::nothrow)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new[](std::size_t size) { return operator new(size); }
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete[](void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, const std::nothrow_t&) noexcept {
  std::free(block);
}
[[gnu::noinline]] void operator delete[](void* block, const std::nothrow_t&) noexcept {
  std::free(block);
}

namespace nip::plugin::test {

namespace {

/// Counts, and keeps nothing.
class quiet_host final : public host {
 public:
  void complete(instance&, const completion& result) override {
    done += result.status == handled::done ? 1 : 0;
    bytes += result.reply.size();
  }
  void publish(instance&, const emission&) override {}
  std::size_t done = 0;
  std::size_t bytes = 0;
};

}  // namespace

using plugin_allocations = shard_test;

TEST_F(plugin_allocations, AWarmInlineCallAllocatesNothing) {
  quiet_host quiet;
  auto echo = *runtime_->create(spec_of(shipped_plugin("echo")), {0, loop_, quiet, clock_});
  std::vector<work> batch;
  for (int i = 0; i < 64; ++i) batch.push_back(make_work("ping", R"({"text":"a few bytes more"})"));
  echo->handle(batch);
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    echo->handle(batch);
    echo->handle({batch.data(), 1});
  }
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(quiet.done, 64U + 6500U);
  EXPECT_GT(quiet.bytes, 0U);
}

}  // namespace nip::plugin::test
