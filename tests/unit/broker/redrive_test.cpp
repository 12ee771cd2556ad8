#include "broker/redrive.hpp"

#include <gmock/gmock.h>

#include "unit/broker/house_fixture.hpp"

namespace nip::broker {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class redriving : public house_fixture {
 protected:
  redriving() { always("echo", handled::permanent, "no"); }
  static json one_rule() { return {{{"id", "r"}, {"to", "echo"}, {"retry", {{"attempts", 1}}}}}; }
  redrive_wish one(std::uint64_t seq) {
    redrive_wish wish;
    wish.which.seqs = {seq};
    return wish;
  }
};

TEST_F(redriving, AChangedMessageIsANewOneAndTheLetterGoesWhenItIsSafe) {
  put_up(one_rule());
  send(R"({"id":"x","type":"t","data":{"a":1,"b":2},"metadata":{"idempotency_key":"k"}})");
  always("echo", handled::done);
  events_.syncs_at_once = false;
  auto wish = one(1);
  wish.message = {{"data", {{"a", 5}, {"b", nullptr}}}, {"metadata", {{"note", "by hand"}}}};
  json said;
  whole_->redrive(0, who_, wish, [&](result<json> answer) { said = answer.value(); });
  settle();
  EXPECT_TRUE(said.is_null());
  EXPECT_TRUE(dead()[0]["leaving"]);
  events_.synced = seq_t(events_.last);
  settle();
  EXPECT_EQ(said["redriven"], 1);
  EXPECT_THAT(dead(), IsEmpty());
  const auto again = envelope(1);
  EXPECT_EQ(again["data"], (json{{"a", 5}}));
  EXPECT_EQ(again["metadata"]["causation_id"], "x");
  EXPECT_EQ(again["metadata"]["note"], "by hand");
  EXPECT_EQ(again["metadata"]["redrive"], (json{{"of", 1}, {"count", 1}}));
  EXPECT_FALSE(again["metadata"].contains("idempotency_key"));
  events_.syncs_at_once = true;
  tear_down();
  put_up(one_rule());
  EXPECT_THAT(dead(), IsEmpty());
}

TEST_F(redriving, WhatIsRefusedStaysADeadLetter) {
  put_up(one_rule());
  send(R"({"type":"t"})");
  events_.refuses = error{errc::storage_full, "no room", {}};
  auto wish = one(1);
  wish.message = {{"data", 1}};
  const auto said = redrive(wish);
  EXPECT_EQ(said["redriven"], 0);
  EXPECT_EQ(said["skipped"][0]["why"], "no room");
  events_.refuses.reset();
  ASSERT_THAT(dead(), SizeIs(1));
  EXPECT_FALSE(dead()[0].contains("leaving"));
}

TEST_F(redriving, TheCountSurvivesRestartsAndBoundsIt) {
  options chosen;
  chosen.redrives_max = 2;
  put_up(one_rule(), chosen);
  send(R"({"type":"t"})");
  EXPECT_EQ(redrive(one(1))["redriven"], 1);
  EXPECT_EQ(dead()[0]["redrives"], 1);
  // The fake bus tells outcomes in the order in which they came, as the journal does.
  tear_down();
  put_up(one_rule(), chosen);
  EXPECT_EQ(dead()[0]["redrives"], 1);
  auto changed = one(1);
  changed.message = {{"data", 1}};
  EXPECT_EQ(redrive(changed)["redriven"], 1);
  tear_down();
  put_up(one_rule(), chosen);
  ASSERT_THAT(dead(), SizeIs(1));
  EXPECT_EQ(dead()[0]["redrives"], 2);
  const auto refused = redrive();
  EXPECT_EQ(refused["redriven"], 0);
  EXPECT_THAT(refused["skipped"][0]["why"].get<std::string>(), HasSubstr("redriven 2 times"));
  auto forced = redrive_wish{};
  forced.force = true;
  EXPECT_EQ(redrive(forced)["redriven"], 1);
  EXPECT_EQ(dead()[0]["redrives"], 3);
}

TEST_F(redriving, TheListSaysTheSameAfterARestart) {
  put_up({{{"id", "r"},
           {"to", {"echo", "fraud"}},
           {"retry", {{"attempts", 2}, {"backoff", "1ms"}, {"max_backoff", "1ms"}}}}});
  always("echo", handled::transient, "busy 17");
  always("fraud", handled::permanent, "never");
  send(R"({"type":"t"})");
  clock_.advance(5s);
  send(R"({"type":"t","metadata":{"hops":40}})");
  pass_time(1s);
  const auto before = dead();
  ASSERT_THAT(before, SizeIs(3));
  const auto whole = answer_to([&](respond done) { whole_->get_dead_letter(0, who_, 1, done); });
  ASSERT_THAT(whole.value()["deliveries"][0]["attempts_made"], SizeIs(2));
  EXPECT_EQ(whole.value()["deliveries"][0]["attempts_made"][0]["error"], "busy 17");
  tear_down();
  clock_.advance(3s);
  put_up();
  EXPECT_EQ(dead(), before);
  EXPECT_EQ(answer_to([&](respond done) { whole_->get_dead_letter(0, who_, 1, done); }).value(),
            whole.value());
}

TEST_F(redriving, ADryRunForetellsAndDoesNothing) {
  put_up(one_rule());
  send(R"({"type":"t"})");
  send(R"({"type":"u"})");
  redrive_wish wish;
  wish.which.type = "u";
  wish.dry_run = true;
  const auto said = redrive(wish);
  EXPECT_EQ(said["would_redrive"], 1);
  EXPECT_EQ(said["targets"], (json{{"echo", 1}}));
  EXPECT_THAT(dead(), SizeIs(2));
  const auto purged =
      answer_to([&](respond done) { whole_->purge(0, who_, wish.which, true, done); }).value();
  EXPECT_EQ(purged["would_purge"], 1);
  EXPECT_THAT(dead(), SizeIs(2));
}

TEST_F(redriving, ManyAtARateAreAJob) {
  put_up(one_rule());
  for (int n = 0; n < 12; ++n) send(R"({"type":"t"})");
  always("echo", handled::done);
  redrive_wish wish;
  wish.rate = 10;
  const auto begun = redrive(wish);
  EXPECT_EQ(begun["kind"], "redrive");
  pass_time(500ms);
  EXPECT_NEAR(static_cast<double>(dead().size()), 6, 2);
  pass_time(2s);
  EXPECT_THAT(dead(), IsEmpty());
  EXPECT_EQ(job_of(begun)["state"], "done");
  EXPECT_EQ(job_of(begun)["sent"], 12);
}

TEST_F(redriving, FiltersLookAtTheMessage) {
  put_up(one_rule());
  for (int n = 0; n < 4; ++n) send(R"({"type":"t","data":)" + std::to_string(n) + "}");
  dead_letter_choice which;
  which.filter = "message.data >= 2";
  EXPECT_THAT(dead(which), SizeIs(2));
  which.to = "3";
  EXPECT_THAT(dead(which), SizeIs(1));
  which.rule = "other";
  EXPECT_THAT(dead(which), IsEmpty());
}

TEST_F(redriving, UnroutedOnesAreRoutedAnewAndAreNotLostOnTheWay) {
  options chosen;
  chosen.on_unrouted = unrouted::dead_letter;
  put_up({{{"id", "r"}, {"to", "echo"}, {"when", "message.type == 'other'"}}}, chosen);
  send(R"({"id":"x","type":"t"})");
  ASSERT_THAT(dead(), SizeIs(1));
  tear_down();
  always("echo", handled::done);
  put_up({{{"id", "r"}, {"to", "echo"}}}, chosen);
  ASSERT_THAT(dead(), SizeIs(1));
  EXPECT_EQ(redrive()["redriven"], 1);
  ASSERT_THAT(seen("echo"), SizeIs(1));
  EXPECT_EQ(seen("echo")[0].message->view().causation_id, "x");
  EXPECT_THAT(dead(), IsEmpty());
}

}  // namespace
}  // namespace nip::broker
