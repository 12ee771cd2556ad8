#include <sys/eventfd.h>
#include <unistd.h>

#include "unit/plugin/harness.hpp"

namespace nip::plugin::test {

namespace {

/// A gate for the plugin "blocks": each open() lets one message through.
class gate {
 public:
  gate() {
    if (::pipe(ends_) != 0) throw std::runtime_error("pipe");
  }
  ~gate() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;
  nlohmann::json config() const { return {{"gate", ends_[0]}}; }
  void open(std::size_t times = 1) const {
    const std::string bytes(times, 'x');
    ASSERT_EQ(::write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(times));
  }

 private:
  int ends_[2] = {-1, -1};
};

spec_ptr with(const spec_ptr& base, const std::function<void(settings&)>& change) {
  spec changed = *base;
  change(changed.set);
  return std::make_shared<const spec>(std::move(changed));
}

}  // namespace

using pool_instance = shard_test;

TEST_F(pool_instance, RepliesOnTheShardsLoop) {
  auto slow = create(spec_of(test_plugin("slow"), {{"delay_ms", 0}}));
  EXPECT_EQ(ask(*slow, make_work("x", "[7]")).reply, R"({"type":"x","data":[7]})");
  stop(slow);
}

TEST_F(pool_instance, PostsOnceForABatchThatIsDoneTogether) {
  auto plugin = create(with(spec_of(test_plugin("garbage_status")),
                            [](settings& set) { set.runs = execution::pool; }));
  std::vector<work> batch;
  for (int i = 0; i < 16; ++i) batch.push_back(make_work("x"));
  plugin->handle(batch);
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 16; }));
  EXPECT_EQ(loop_.posted(), 1U);
  stop(plugin);
}

TEST_F(pool_instance, QueueIsBoundedByInFlightMax) {
  const gate door;
  auto plugin = create(spec_of(test_plugin("blocks"), door.config()));
  std::vector<work> batch;
  for (int i = 0; i < 40; ++i) batch.push_back(make_work("x"));
  plugin->handle(batch);
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() >= 35; }));
  EXPECT_NE(owner_.notes[0].error.find("queue is full"), std::string::npos);
  EXPECT_GE(plugin->usage().in_flight, 4U);
  door.open(5);
  stop(plugin);
  EXPECT_EQ(owner_.notes.size(), 40U);
}

TEST_F(pool_instance, StopCompletesQueuedAndWaitsForTheRunningOne) {
  const gate door;
  auto plugin = create(spec_of(test_plugin("blocks"), door.config()));
  const std::vector<work> batch{make_work("x"), make_work("x"), make_work("x")};
  plugin->handle(batch);
  bool stopped = false;
  plugin->stop([&] { stopped = true; });
  loop_.turn();
  EXPECT_FALSE(stopped) << "a message is still in the plugin";
  door.open(3);
  ASSERT_TRUE(loop_.turn_until([&] { return stopped; }));
  EXPECT_EQ(owner_.notes.size(), 3U);
}

TEST_F(pool_instance, HealthSaysWhenTheWorkerIsStuck) {
  const gate door;
  auto plugin = create(spec_of(test_plugin("blocks"), door.config()));
  const std::vector<work> batch{make_work("x"), make_work("y")};
  plugin->handle({batch.data(), 1});
  door.open();
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 1; }));
  EXPECT_EQ(plugin->health().state, health_state::healthy);
  plugin->handle({batch.data() + 1, 1});
  // The worker takes it some time from now, and from then on the clock stands still for it.
  while (plugin->usage().in_flight == 0) std::this_thread::yield();
  for (int i = 0; i < 10'000 && plugin->health().state != health_state::degraded; ++i) {
    clock_.advance(std::chrono::seconds(1));
    std::this_thread::yield();
  }
  EXPECT_EQ(plugin->health().state, health_state::degraded);
  EXPECT_NE(plugin->health().reason.find("has been in one batch"), std::string::npos);
  door.open();
  stop(plugin);
}

TEST_F(pool_instance, ThreadsAreBoundedAndComeBack) {
  options few;
  few.pool_threads_max = 1;
  runtime_ = make_runtime(few, heard_.listening());
  const auto what = spec_of(test_plugin("slow"));
  auto first = create(what);
  const auto refused = try_create(what);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::exhausted);
  EXPECT_NE(refused.error().detail.find("pool_threads_max"), std::string::npos);
  stop(first);
  // The thread reports its end a moment after the plugin's.
  auto again = try_create(what);
  for (int i = 0; !again && i < 100'000; ++i) {
    std::this_thread::yield();
    again = try_create(what);
  }
  EXPECT_TRUE(again);
}

TEST_F(pool_instance, PendingBeyondItsSlotsWaitsAndGoesOn) {
  auto what = with(spec_of(test_plugin("later")), [](settings& set) {
    set.runs = execution::pool;
    set.in_flight_max = 2;
  });
  auto plugin = create(what);
  for (int round = 1; round <= 200; ++round) {
    const std::vector<work> batch{make_work("x"), make_work("x")};
    plugin->handle(batch);
    ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 2U * round; }));
  }
  for (const note& one : owner_.notes) EXPECT_EQ(one.status, handled::done) << one.error;
  stop(plugin);
}

TEST_F(pool_instance, DestroyedWithoutStopLeavesNothingBehind) {
  auto plugin = create(spec_of(test_plugin("slow"), {{"delay_ms", 0}}));
  std::vector<work> batch;
  for (int i = 0; i < 50; ++i) batch.push_back(make_work("x"));
  plugin->handle(batch);
  plugin.reset();
  loop_.turn();
  EXPECT_TRUE(owner_.notes.empty());
}

/// Two shards on one test thread, sharing a runtime.
class single_instance : public shard_test {
 protected:
  std::unique_ptr<instance> create_on_second(const spec_ptr& what) {
    auto made = runtime_->create(what, {1, second_loop_, second_owner_, clock_});
    if (!made) throw std::runtime_error(made.error().detail);
    return *std::move(made);
  }
  void turn_both_until(const std::function<bool()>& reached) {
    while (!reached()) {
      loop_.turn();
      second_loop_.turn();
      std::this_thread::yield();
    }
  }

  hand_loop second_loop_;
  recording_host second_owner_;
};

TEST_F(single_instance, ShardsShareOneInlinePluginOnTheFirstOnesLoop) {
  const auto what = spec_of(test_plugin("counter"));
  auto first = create(what);
  auto second = create_on_second(what);
  const work one = make_work("x");
  const work two = make_work("x");
  first->handle({&one, 1});
  second->handle({&two, 1});
  second_loop_.turn();
  EXPECT_TRUE(second_owner_.notes.empty()) << "it runs on the first shard's loop";
  turn_both_until([&] { return !owner_.notes.empty() && !second_owner_.notes.empty(); });
  EXPECT_NE(second_owner_.notes[0].reply.find("\"messages\":2"), std::string::npos);
  EXPECT_EQ(second_owner_.notes[0].token, two.token);
}

TEST_F(single_instance, EndsWithItsLastShard) {
  const auto what = spec_of(test_plugin("counter"));
  auto first = create(what);
  auto second = create_on_second(what);
  bool stopped = false;
  first->stop([&] { stopped = true; });
  turn_both_until([&] { return stopped; });
  EXPECT_FALSE(heard_.has_metric("running 0"));
  const work one = make_work("x");
  second->handle({&one, 1});
  turn_both_until([&] { return !second_owner_.notes.empty(); });
  EXPECT_EQ(second_owner_.notes[0].status, handled::done);
  stopped = false;
  second->stop([&] { stopped = true; });
  turn_both_until([&] { return stopped; });
  EXPECT_TRUE(heard_.has_metric("running 0"));
  auto again = create(what);
  EXPECT_NE(ask(*again, make_work("x")).reply.find("\"messages\":1"), std::string::npos);
}

TEST_F(single_instance, PooledOneServesBothShards) {
  const auto what = with(spec_of(test_plugin("later")), [](settings& set) {
    set.runs = execution::pool;
    set.count = instances::single;
  });
  auto first = create(what);
  auto second = create_on_second(what);
  for (int i = 0; i < 100; ++i) {
    const work one = make_work(i % 2 == 0 ? "emit" : "x");
    (i % 3 == 0 ? first : second)->handle({&one, 1});
  }
  turn_both_until([&] { return owner_.notes.size() + second_owner_.notes.size() == 100; });
  EXPECT_EQ(owner_.notes.size(), 34U);
  turn_both_until([&] { return owner_.emissions.size() + second_owner_.emissions.size() == 50; });
  stop(first);
  bool stopped = false;
  second->stop([&] { stopped = true; });
  turn_both_until([&] { return stopped; });
  EXPECT_FALSE(heard_.has_line("retained"));
}

TEST_F(single_instance, DepartingShardGetsItsOwnOpenWorkBack) {
  const auto what = with(spec_of(test_plugin("never_completes")),
                         [](settings& set) { set.count = instances::single; });
  auto first = create(what);
  auto second = create_on_second(what);
  const work one = make_work("x");
  const work two = make_work("x");
  first->handle({&one, 1});
  second->handle({&two, 1});
  bool stopped = false;
  second->stop([&] { stopped = true; });
  turn_both_until([&] { return stopped; });
  ASSERT_EQ(second_owner_.notes.size(), 1U);
  EXPECT_EQ(second_owner_.notes[0].token, two.token);
  EXPECT_TRUE(owner_.notes.empty());
}

}  // namespace nip::plugin::test
