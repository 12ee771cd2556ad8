#include "base/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <thread>
#include <vector>

namespace nip {
namespace {

TEST(buffer_pool, GivesAReleasedBlockOutAgain) {
  buffer_pool pool;
  void* const first = pool.allocate(300);
  buffer_pool::release(first);
  EXPECT_EQ(pool.allocate(400), first);
  buffer_pool::release(first);
}

TEST(buffer_pool, BlocksOfEveryClassHoldWhatWasAskedFor) {
  buffer_pool pool;
  std::vector<void*> blocks;
  for (std::size_t size = 1; size < 300'000; size = size * 5 / 4 + 1) {
    void* const block = pool.allocate(size);
    std::memset(block, 0xab, size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0U);
    EXPECT_GE(buffer_pool::footprint(block), size);
    EXPECT_LE(buffer_pool::footprint(block), std::max<std::size_t>(256, 2 * size + 1100));
    blocks.push_back(block);
  }
  for (void* const block : blocks) buffer_pool::release(block);
}

TEST(buffer_pool, TakesBackWhatAnotherThreadReleased) {
  buffer_pool pool;
  void* const block = pool.allocate(100);
  std::thread([block] { buffer_pool::release(block); }).join();
  EXPECT_EQ(pool.allocate(100), block);
  buffer_pool::release(block);
}

TEST(buffer_pool, BlocksOutliveThePool) {
  void* left = nullptr;
  void* foreign = nullptr;
  {
    buffer_pool pool;
    left = pool.allocate(100);
    foreign = pool.allocate(100'000);
    buffer_pool::release(pool.allocate(50));
  }
  std::memset(left, 1, 100);
  std::thread([foreign] { buffer_pool::release(foreign); }).join();
  buffer_pool::release(left);  // the leak check of a sanitizer build sees whether the pool went
}

TEST(buffer_pool, ANewOwnerAllocatesAfterAdoption) {
  buffer_pool pool;
  void* const first = pool.allocate(100);
  std::thread([&] {
    pool.adopt();
    void* const second = pool.allocate(100);
    buffer_pool::release(first);
    EXPECT_EQ(pool.allocate(100), first);
    buffer_pool::release(first);
    buffer_pool::release(second);
  }).join();
}

TEST(buffer_pool, ManyThreadsReleaseWhileTheOwnerAllocatesAndGoes) {
  constexpr int rounds = 2'000;
  std::vector<std::vector<void*>> shares(3);
  std::optional<buffer_pool> pool(std::in_place);
  for (auto& share : shares)
    for (int i = 0; i < rounds; ++i) share.push_back(pool->allocate(std::size_t{1} << (i % 18)));
  std::vector<std::thread> workers;
  for (const auto& share : shares)
    workers.emplace_back([&share] {
      for (void* const block : share) buffer_pool::release(block);
    });
  for (int i = 0; i < rounds; ++i) buffer_pool::release(pool->allocate(500));
  // Some of the workers are still at it.
  pool.reset();
  for (std::thread& worker : workers) worker.join();
}

TEST(buffer_pool, KeepsNoMoreThanItsBound) {
  // Twice the bound comes back at once; only what a heap checker counts as live tells them apart,
  // so the block that is over the bound shows by not being the one that comes out again.
  buffer_pool pool;
  constexpr std::size_t size = 60'000;
  constexpr std::size_t kept = buffer_pool::cached_bytes_max / 65'536;
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < kept + 1; ++i) blocks.push_back(pool.allocate(size));
  for (void* const block : blocks) buffer_pool::release(block);
  // Last in, first out: were all kept, the last one released would come first.
  EXPECT_EQ(pool.allocate(size), blocks[kept - 1]);
  buffer_pool::release(blocks[kept - 1]);
}

}  // namespace
}  // namespace nip
