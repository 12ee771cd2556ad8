#include "broker/audit_trail.hpp"

#include <gmock/gmock.h>

#include "security/audit_chain.hpp"
#include "unit/broker/house_fixture.hpp"

namespace nip::broker {
namespace {

using testing::HasSubstr;

class audited_house : public house_fixture {
 protected:
  json entries(page which = {}) {
    return answer_to([&](respond done) { whole_->list_audit(0, which, done); }).value();
  }
  /// What and how it ended, newest first.
  std::vector<std::string> changes() {
    std::vector<std::string> out;
    const auto all = entries();
    for (const auto& each : all["items"])
      out.push_back(each["what"].get<std::string>() + " " + each["object"].get<std::string>() +
                    ": " + each["outcome"].get<std::string>());
    return out;
  }
  void put_rule(const std::string& id, const json& rule = {{"when", "true"}, {"to", {"echo"}}}) {
    (void)answer_to([&](respond done) { whole_->put_rule(0, who_, id, rule, done); });
  }
  /// Every entry that the journal took, in its order.
  std::vector<std::string> journaled() {
    std::vector<std::string> out;
    for (const auto& [note, bytes] : events_.notes)
      if (note.kind == bus::note_kind::audit) out.push_back(bytes);
    return out;
  }
};

TEST_F(audited_house, WritesWhoDidWhatAndHowItEnded) {
  put_up();
  who_.name = "ada";
  put_rule("mine");
  put_rule("bad", {{"when", "("}, {"to", {"echo"}}});
  (void)answer_to([&](respond done) { whole_->delete_rule(0, who_, "mine", done); });
  (void)answer_to([&](respond done) {
    whole_->act_on_plugin(0, who_, "echo", administration::plugin_action::disable, done);
  });
  const auto all = changes();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0], "plugin.disable echo: done");
  EXPECT_EQ(all[1], "rule.delete mine: done");
  EXPECT_THAT(all[2], HasSubstr("rule.put bad: "));
  EXPECT_THAT(all[2], HasSubstr("expected a value")) << "the refusal's reason";
  EXPECT_EQ(all[3], "rule.put mine: done");
  EXPECT_EQ(entries()["items"][0]["who"], "ada");
}

TEST_F(audited_house, LeavesOutWhatChangesNothing) {
  put_up();
  (void)answer_to([&](respond done) { whole_->purge(0, who_, {}, true, done); });
  replay_wish look;
  look.dry_run = true;
  (void)answer_to([&](respond done) { whole_->replay(0, who_, look, done); });
  (void)answer_to([&](respond done) { whole_->list_rules(0, {}, done); });
  EXPECT_TRUE(changes().empty());
}

TEST_F(audited_house, NamesWhatNoClientAskedFor) {
  put_up();
  whole_->reload();
  settle();
  EXPECT_EQ(entries()["items"][0]["who"], "signal");
  EXPECT_EQ(entries()["items"][0]["what"], "config.reload");
}

TEST_F(audited_house, GoesOnWithItsChainAfterARestart) {
  put_up();
  put_rule("one");
  put_rule("two");
  tear_down();
  put_up();
  EXPECT_EQ(changes().size(), 2U);
  put_rule("three");
  security::audit_check whole;
  for (const auto& each : journaled()) whole.see(each);
  EXPECT_EQ(whole.entries(), 3U);
  EXPECT_EQ(whole.broken(), std::nullopt);
  EXPECT_EQ(changes()[0], "rule.put three: done");
}

TEST_F(audited_house, KeepsItsEntriesForAJournalThatTakesNothingForAWhile) {
  put_up();
  events_.refuses = fail(errc::exhausted, "full").error();
  put_rule("one");
  put_rule("two");
  EXPECT_TRUE(journaled().empty());
  events_.refuses.reset();
  settle();
  security::audit_check whole;
  for (const auto& each : journaled()) whole.see(each);
  EXPECT_EQ(whole.entries(), 2U);
  EXPECT_EQ(whole.broken(), std::nullopt);
}

TEST_F(audited_house, AnswersWhenTheEntryIsSynced) {
  put_up();
  events_.holds_appends = true;
  std::optional<result<json>> said;
  whole_->put_rule(0, who_, "mine", {{"to", {"echo"}}}, [&](result<json> out) { said = out; });
  settle();
  EXPECT_FALSE(said) << "the disk has not said so yet";
  EXPECT_EQ(journaled().size(), 1U);
  EXPECT_EQ(changes().size(), 1U);
  events_.holds_appends = false;
  settle();
  ASSERT_TRUE(said);
  EXPECT_TRUE((**said)["created"]);
  EXPECT_FALSE((**said).contains("audit"));
}

TEST_F(audited_house, ARefusalIsAnsweredWhenItsEntryIsSynced) {
  put_up();
  events_.holds_appends = true;
  std::optional<result<json>> said;
  whole_->delete_rule(0, who_, "nowhere", [&](result<json> out) { said = out; });
  settle();
  EXPECT_FALSE(said);
  events_.holds_appends = false;
  settle();
  ASSERT_TRUE(said);
  EXPECT_EQ(said->error().code, errc::not_found);
}

TEST_F(audited_house, DoesNotWaitWhereTheJournalHasNoRoomAndSaysSo) {
  put_up();
  events_.refuses = fail(errc::storage_full, "full").error();
  const auto said =
      answer_to([&](respond done) { whole_->put_rule(0, who_, "mine", {{"to", {"echo"}}}, done); });
  ASSERT_TRUE(said);
  EXPECT_THAT((*said)["audit"].get<std::string>(), HasSubstr("no room"));
  events_.refuses.reset();
  settle();
  EXPECT_EQ(journaled().size(), 1U) << "it was tried again";
}

TEST_F(audited_house, IsReadPageByPageNewestFirst) {
  put_up();
  for (int i = 0; i < 5; ++i) put_rule("r" + std::to_string(i));
  page which;
  which.limit = 2;
  std::vector<std::uint64_t> seqs;
  for (int pages = 0; pages < 5; ++pages) {
    const auto answer = entries(which);
    for (const auto& each : answer["items"]) seqs.push_back(each["seq"]);
    put_rule("later" + std::to_string(pages));  // does not move the pages behind
    if (!answer.contains("next")) break;
    which.cursor = answer["next"];
  }
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{5, 4, 3, 2, 1}));
  const auto wrong = answer_to([&](respond done) { whole_->list_audit(0, {"x7", 2}, done); });
  EXPECT_EQ(wrong.error().code, errc::invalid_argument);
}

TEST(audit_trail, ShowsTheNewestEntriesWithinItsBound) {
  const manual_clock clock;
  std::size_t kept = 0;
  audit_trail trail(clock, {}, [&](const std::string&, const audit_trail::on_kept&) { ++kept; });
  for (std::size_t i = 0; i < audit_trail::entries_max + 10; ++i) trail.record("a", "b", "c");
  EXPECT_EQ(kept, audit_trail::entries_max + 10) << "the journal has them all";
  page which;
  which.limit = audit_trail::entries_max;
  const auto all = trail.list(which).value();
  EXPECT_EQ(all["items"].size(), audit_trail::entries_max);
  EXPECT_EQ(all["items"].back()["seq"], 11);
  EXPECT_FALSE(all.contains("next"));
}

}  // namespace
}  // namespace nip::broker
