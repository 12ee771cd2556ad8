#include "unit/plugin/harness.hpp"

namespace nip::plugin::test {

using inline_instance = shard_test;

TEST_F(inline_instance, EchoRepliesBeforeHandleReturns) {
  auto echo = create(spec_of(shipped_plugin("echo")));
  const work one = make_work("ping", R"({"n":1})");
  echo->handle({&one, 1});
  ASSERT_EQ(owner_.notes.size(), 1U);
  EXPECT_EQ(owner_.notes[0].status, handled::done);
  EXPECT_EQ(owner_.notes[0].token, one.token);
  EXPECT_EQ(owner_.notes[0].reply, R"({"type":"ping","data":{"n":1}})");
}

TEST_F(inline_instance, EscapesTheTypeOfAReply) {
  auto echo = create(spec_of(shipped_plugin("echo")));
  const work one = make_work(R"(a\"b\\cd)", "1");
  EXPECT_EQ(ask(*echo, one).reply, R"({"type":"a\"b\\cd","data":1})");
}

TEST_F(inline_instance, WritesNoReplyWhenNobodyWaits) {
  auto echo = create(spec_of(shipped_plugin("echo")));
  work one = make_work("ping");
  one.wants_reply = false;
  EXPECT_EQ(ask(*echo, one).reply, "");
}

TEST_F(inline_instance, HandsOverABatchInSlicesOfBatchMax) {
  auto spec_made = *spec_of(test_plugin("garbage_status"));
  spec_made.set.batch_max = 4;
  auto plugin = create(std::make_shared<const spec>(spec_made));
  std::vector<work> batch;
  for (int i = 0; i < 11; ++i) batch.push_back(make_work("x"));
  plugin->handle(batch);
  ASSERT_EQ(owner_.notes.size(), 11U);
  EXPECT_EQ(owner_.notes.back().token, batch.back().token);
}

TEST_F(inline_instance, QueuesWorkThatComesFromInsideACompletion) {
  auto echo = create(spec_of(shipped_plugin("echo")));
  const work second = make_work("second");
  owner_.on_complete = [&](instance& from, const completion&) {
    owner_.on_complete = nullptr;
    from.handle({&second, 1});
    owner_.events.push_back("handed over");
  };
  const work first = make_work("first");
  echo->handle({&first, 1});
  EXPECT_EQ(owner_.events,
            (std::vector<std::string>{"complete " + std::to_string(first.token), "handed over",
                                      "complete " + std::to_string(second.token)}));
}

TEST_F(inline_instance, PassesRetryHintAndReason) {
  auto flaky = create(spec_of(test_plugin("flaky"), {{"failures", 1}, {"retry_after_ms", 250}}));
  const note failed = ask(*flaky, make_work("x"));
  EXPECT_EQ(failed.status, handled::transient);
  EXPECT_EQ(failed.error, "flaky for now");
  EXPECT_EQ(failed.retry_after, std::chrono::milliseconds(250));
  EXPECT_EQ(ask(*flaky, make_work("x", "{}", 2)).reply, R"({"type":"attempt","data":2})");
}

TEST_F(inline_instance, ThrowThroughTheCppFaceIsTransientWithItsWords) {
  auto flaky = create(spec_of(test_plugin("flaky"), {{"how", "throw"}}));
  const note failed = ask(*flaky, make_work("x"));
  EXPECT_EQ(failed.status, handled::transient);
  EXPECT_EQ(failed.error, "flaky by a throw");
}

TEST_F(inline_instance, ReportsHealthAndUsage) {
  auto flaky = create(spec_of(test_plugin("flaky"), {{"how", "permanent"}}));
  EXPECT_EQ(flaky->health().state, health_state::degraded);
  EXPECT_EQ(flaky->health().reason, "as ever");
  ask(*flaky, make_work("x"));
  ask(*flaky, make_work("x", "{}", 9));
  EXPECT_EQ(flaky->usage().handled, 2U);
  EXPECT_EQ(flaky->usage().failed, 1U);
  EXPECT_EQ(flaky->usage().in_flight, 0U);
}

TEST_F(inline_instance, PendingIsCompletedOnTheLoopFromAnotherThread) {
  auto later = create(spec_of(test_plugin("later")));
  EXPECT_EQ(ask(*later, make_work("x", "[1]")).reply, R"({"type":"later","data":[1]})");
  stop(later);
  EXPECT_FALSE(heard_.has_line("retained"));
}

TEST_F(inline_instance, EmissionComesBeforeTheCompletionOfItsCause) {
  auto later = create(spec_of(test_plugin("later")));
  const work one = make_work("emit");
  ask(*later, one);
  EXPECT_EQ(owner_.events,
            (std::vector<std::string>{"publish", "complete " + std::to_string(one.token)}));
  EXPECT_EQ(owner_.emissions, std::vector<std::string>{R"({"type":"emitted"})"});
  EXPECT_EQ(owner_.causes[0], one.message);
  EXPECT_TRUE(heard_.has_metric("published{none} 0"));
}

TEST_F(inline_instance, ManyPendingCompletionsArePostedFewerTimesThanTheyAre) {
  auto later = create(spec_of(test_plugin("later")));
  std::vector<work> batch;
  for (int i = 0; i < 500; ++i) batch.push_back(make_work("x"));
  later->handle(batch);
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == batch.size(); }));
  std::set<std::uint64_t> tokens;
  for (const note& one : owner_.notes) tokens.insert(one.token);
  EXPECT_EQ(tokens.size(), batch.size());
  EXPECT_LE(loop_.posted(), batch.size());
}

TEST_F(inline_instance, StopCompletesWhatIsOpenFirstAndRefusesWhatComesAfter) {
  auto plugin = create(spec_of(test_plugin("never_completes")));
  const std::vector<work> batch{make_work("x"), make_work("x")};
  plugin->handle(batch);
  EXPECT_EQ(plugin->usage().in_flight, 2U);
  std::size_t completed_before_stop = 0;
  bool stopped = false;
  plugin->stop([&] {
    completed_before_stop = owner_.notes.size();
    stopped = true;
  });
  EXPECT_TRUE(owner_.notes.empty()) << "nothing may be reported from inside stop()";
  ASSERT_TRUE(loop_.turn_until([&] { return stopped; }));
  EXPECT_EQ(completed_before_stop, 2U);
  EXPECT_EQ(owner_.notes[0].status, handled::transient);
  EXPECT_EQ(plugin->health().state, health_state::stopped);
  EXPECT_EQ(ask(*plugin, make_work("x")).error, "the plugin is stopping");
}

TEST_F(inline_instance, DestroyedWithoutStopReportsNothing) {
  auto later = create(spec_of(test_plugin("later")));
  std::vector<work> batch;
  for (int i = 0; i < 50; ++i) batch.push_back(make_work("x"));
  later->handle(batch);
  later.reset();
  loop_.turn();
  EXPECT_TRUE(owner_.notes.empty());
}

TEST_F(inline_instance, RefusesMoreThanInFlightMax) {
  auto plugin = create(spec_of(test_plugin("never_completes")));
  std::vector<work> batch;
  for (int i = 0; i < 20; ++i) batch.push_back(make_work("x"));
  plugin->handle(batch);
  ASSERT_EQ(owner_.notes.size(), 4U);
  EXPECT_EQ(owner_.notes[0].status, handled::transient);
  EXPECT_NE(owner_.notes[0].error.find("in_flight_max"), std::string::npos);
}

TEST_F(inline_instance, FailsToStartWithThePluginsOwnReason) {
  const auto refused = try_create(spec_of(test_plugin("counter"), {{"refuse", "start"}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail,
            "plugin \"counter\" (counter 2.0.0): start failed: told not to start");
  const auto config = try_create(spec_of(test_plugin("counter"), {{"refuse", "configure"}}));
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().detail.find("configure failed: told to refuse its config"),
            std::string::npos);
}

}  // namespace nip::plugin::test
