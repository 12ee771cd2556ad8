// Counts what the heap is asked for: after warm-up an inline delivery must cost nothing.
#include "unit/allocations.hpp"
#include "unit/plugin/harness.hpp"

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
