#include "broker/replay.hpp"

#include <gmock/gmock.h>

#include "unit/broker/house_fixture.hpp"

namespace nip::broker {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

class replaying : public house_fixture {
 protected:
  replaying() {
    always("echo", handled::done);
    always("fraud", handled::done);
  }
  void send_many(int count) {
    for (int n = 0; n < count; ++n) send(R"({"type":"t","data":)" + std::to_string(n) + "}");
  }
};

const nlohmann::json echo_only = {{{"id", "r"}, {"to", "echo"}}};

TEST_F(replaying, SendsANewMessageThatIsNoRepeatOfTheOld) {
  put_up(echo_only);
  send(R"({"id":"x","type":"t","metadata":{"idempotency_key":"k","deadline":"2099-01-01T00:00:00Z",
           "hops":2,"mine":1}})");
  ASSERT_THAT(seen("echo"), SizeIs(1));
  const auto begun = replay({});
  EXPECT_EQ(begun["state"], "running");
  const auto end = job_of(begun);
  EXPECT_EQ(end["state"], "done");
  EXPECT_EQ(end["sent"], 1);
  ASSERT_THAT(events_.stored, SizeIs(2));
  const auto again = envelope(1);
  EXPECT_NE(again["id"], "x");
  const auto& metadata = again["metadata"];
  EXPECT_EQ(metadata["causation_id"], "x");
  EXPECT_EQ(metadata["hops"], 3);
  EXPECT_EQ(metadata["mine"], 1);
  EXPECT_FALSE(metadata.contains("idempotency_key"));
  EXPECT_FALSE(metadata.contains("deadline"));
  EXPECT_EQ(metadata["replay"], (json{{"of", 1}, {"job", begun["id"]}}));
}

TEST_F(replaying, RangeFilterAndLimitChoose) {
  put_up(echo_only);
  send_many(10);
  replay_wish wish;
  wish.from = "3";
  wish.to = "9";
  wish.filter = "message.data % 2 == 0";
  wish.limit = 2;
  const auto end = job_of(replay(wish));
  EXPECT_EQ(end["matched"], 2);
  ASSERT_THAT(events_.stored, SizeIs(12));
  EXPECT_EQ(envelope(10)["data"], 2);
  EXPECT_EQ(envelope(11)["data"], 4);
  EXPECT_EQ(end["progress"], 1.0);
}

TEST_F(replaying, DoesNotMeetItsOwnMessages) {
  put_up(echo_only);
  send_many(3);
  EXPECT_EQ(job_of(replay({}))["sent"], 3);
  EXPECT_EQ(job_of(replay({}))["sent"], 6);
}

TEST_F(replaying, ATargetGetsItWhateverTheRulesSay) {
  put_up(echo_only);
  send_many(1);
  replay_wish wish;
  wish.target = "fraud";
  replay(wish);
  ASSERT_THAT(seen("fraud"), SizeIs(1));
  EXPECT_EQ(seen("fraud")[0].rule, "nip:replay");
  EXPECT_THAT(seen("echo"), SizeIs(1));
  wish.target = "topic:a.b";
  wish.limit = 1;
  replay(wish);
  EXPECT_THAT(events_.stored.back().plan, HasSubstr(R"("topics":["a.b"])"));
}

TEST_F(replaying, GoesAtItsRate) {
  put_up(echo_only);
  send_many(30);
  replay_wish wish;
  wish.rate = 10;
  const auto begun = replay(wish);
  EXPECT_THAT(events_.stored, SizeIs(31));
  pass_time(1s);
  EXPECT_NEAR(job_of(begun)["sent"].get<double>(), 11, 1);
  EXPECT_EQ(job_of(begun)["state"], "running");
  pass_time(2s);
  EXPECT_EQ(job_of(begun)["state"], "done");
}

TEST_F(replaying, WaitsWhereThereIsNoRoomAndLosesNothing) {
  put_up(echo_only);
  send_many(3);
  events_.refuses = error{errc::storage_full, "no room", {}};
  const auto begun = replay({});
  EXPECT_EQ(job_of(begun)["state"], "waiting");
  EXPECT_EQ(job_of(begun)["why"], "no room");
  EXPECT_EQ(job_of(begun)["position"], 0);
  pass_time(5s);
  EXPECT_EQ(job_of(begun)["refused"], 0);
  events_.refuses.reset();
  pass_time(5s);
  const auto end = job_of(begun);
  EXPECT_EQ(end["state"], "done");
  EXPECT_EQ(end["sent"], 3);
  EXPECT_GT(end["waits"], 0);
  for (int n = 0; n < 3; ++n) EXPECT_EQ(envelope(3 + static_cast<std::size_t>(n))["data"], n);
}

TEST_F(replaying, ThousandsAreUnderWayWhileOneSyncGoesOn) {
  put_up(echo_only);
  constexpr int count = 1500;
  send_many(count);
  events_.syncs_at_once = false;
  const auto begun = replay({});
  EXPECT_EQ(job_of(begun)["sent"], 0);
  EXPECT_EQ(job_of(begun)["position"], 0);
  EXPECT_THAT(events_.stored, SizeIs(2 * count)) << "none of them waited for another's sync";
  events_.synced = seq_t(events_.last);
  settle();
  EXPECT_EQ(job_of(begun)["state"], "done");
  EXPECT_EQ(job_of(begun)["sent"], count);
  EXPECT_EQ(job_of(begun)["position"], count);
}

TEST_F(replaying, ATurnThatIsRefusedAsAWholeIsOneRefusal) {
  put_up(echo_only);
  constexpr int count = 300;
  send_many(count);
  events_.refuses = error{errc::exhausted, "no room", {}};
  const auto begun = replay({});
  EXPECT_EQ(job_of(begun)["state"], "waiting");
  events_.refuses.reset();
  pass_time(2 * job::backoff_min);
  EXPECT_EQ(job_of(begun)["state"], "done") << "it waited no longer than for the first refusal";
  EXPECT_EQ(job_of(begun)["sent"], count);
  for (int n = 0; n < count; ++n)
    EXPECT_EQ(envelope(count + static_cast<std::size_t>(n))["data"], n);
}

TEST_F(replaying, WhatIsRefusedForGoodIsNamedAndTheRestGoesOn) {
  put_up(echo_only);
  send(R"({"type":"t","metadata":{"mandatory":true}})");
  send_many(1);
  tear_down();
  put_up({{{"id", "r"}, {"to", "echo"}, {"when", "!has(message.metadata.mandatory)"}}});
  const auto end = job_of(replay({}));
  EXPECT_EQ(end["sent"], 1);
  EXPECT_EQ(end["refused"], 1);
  EXPECT_EQ(end["problems"][0]["seq"], 1);
  EXPECT_THAT(end["problems"][0]["detail"].get<std::string>(), HasSubstr("no rule matches"));
}

TEST_F(replaying, ACancelEndsIt) {
  put_up(echo_only);
  send_many(30);
  replay_wish wish;
  wish.rate = 1;
  const std::string id = replay(wish)["id"];
  const auto said = answer_to([&](respond done) { whole_->cancel_job(0, who_, id, done); }).value();
  EXPECT_EQ(said["state"], "cancelled");
  pass_time(10s);
  EXPECT_EQ(job_of({{"id", id}})["state"], "cancelled");
  EXPECT_THAT(events_.stored, SizeIs(31));
}

TEST_F(replaying, OnlySoManyRunAtATime) {
  put_up(echo_only);
  send_many(5);
  replay_wish slow;
  slow.rate = 0.01;
  for (std::size_t i = 0; i < jobs::running_max; ++i) replay(slow);
  EXPECT_EQ(replay_refused({}).code, errc::exhausted);
  const auto all = answer_to([&](respond done) { whole_->list_jobs(0, who_, done); }).value();
  EXPECT_THAT(all["items"], SizeIs(jobs::running_max));
}

TEST_F(replaying, WhatMakesNoSenseIsRefused) {
  put_up(echo_only);
  const auto refused = [&](auto&& set) {
    replay_wish wish;
    set(wish);
    return replay_refused(wish);
  };
  EXPECT_THAT(refused([](auto& w) { w.from = "soon"; }).detail, HasSubstr("from"));
  EXPECT_THAT(refused([](auto& w) { w.filter = "message.."; }).detail, HasSubstr("1:"));
  EXPECT_THAT(refused([](auto& w) { w.target = "ecko"; }).detail,
              HasSubstr("did you mean \"echo\"?"));
  EXPECT_THAT(refused([](auto& w) { w.target = "topic:a b"; }).detail, HasSubstr("words"));
}

TEST_F(replaying, AnotherTenantSeesNeitherJobNorMessages) {
  put_up(echo_only);
  send_many(2);
  const auto begun = replay({});
  who_.tenant = tenant_id(2);
  EXPECT_EQ(job_of(replay({}))["matched"], 0);
  const std::string id = begun["id"];
  EXPECT_EQ(answer_to([&](respond done) { whole_->get_job(0, who_, id, done); }).error().code,
            errc::not_found);
}

}  // namespace
}  // namespace nip::broker
