// A message that came back from the journal had its deadline counted anew.
#include "unit/broker/broker_fixture.hpp"

namespace nip::broker {
namespace {

using namespace std::chrono_literals;

class deadline_kept : public shard_fixture {
 protected:
  /// What the journal has of the only message, back at work.
  void resume() {
    const auto& stored = events_.stored.at(0);
    auto made = shard_->restore(stored.envelope, default_tenant, stored.record.accepted_at);
    ASSERT_TRUE(made);
    auto plan = router::plan::restore(generation_id(1), stored.plan);
    ASSERT_TRUE(plan);
    shard::reopened work;
    work.message = *made;
    work.plan = *plan;
    work.seq = seq_t(1);
    work.deliveries = {{0, 0, {}}};
    shard_->resume(work);
    turn();
  }
  const json rules_ = {{{"id", "r"}, {"to", "echo"}}};
};

TEST_F(deadline_kept, ADurationCountsFromAcceptance) {
  start({}, rules_, {"echo"});
  holds("echo");
  send(R"({"type":"t","metadata":{"deadline":"2s"}})");
  const auto seen = plugins_.of("echo").seen.size();
  clock_.advance(1s);
  resume();
  ASSERT_EQ(plugins_.of("echo").seen.size(), seen + 1);
  EXPECT_EQ(plugins_.of("echo").seen.back().deadline, clock_.mono() + 1s);
  clock_.advance(2s);
  resume();
  EXPECT_EQ(plugins_.of("echo").seen.size(), seen + 1);
}

TEST_F(deadline_kept, ATimeIsComparedWithTheClockAsItIsNow) {
  start({}, rules_, {"echo"});
  send(R"({"type":"t","metadata":{"deadline":")" + format_rfc3339(clock_.wall() + 2s) + "\"}}");
  const auto seen = plugins_.of("echo").seen.size();
  clock_.advance(3s);
  resume();
  EXPECT_EQ(plugins_.of("echo").seen.size(), seen);
}

}  // namespace
}  // namespace nip::broker
