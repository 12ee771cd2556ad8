#include "broker/generations.hpp"

#include <gmock/gmock.h>

#include "state/sqlite_store.hpp"
#include "unit/broker/fake_sources.hpp"

namespace nip::broker {
namespace {

using json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class generation_building : public testing::Test {
 protected:
  void SetUp() override {
    files_.says.rules.push_back(rule("in-file", "echo"));
    files_.says.rules.back().where = "nip.yaml:3:5";
    open();
  }
  /// As after a restart: the store and the files stay.
  void open() {
    made_ = std::make_unique<generations>(files_, catalogue_, *kept_, clock_);
    const auto first = made_->load();
    ASSERT_TRUE(first) << first.error().detail;
  }
  static router::rule rule(const std::string& id, const std::string& to) {
    return router::parse_rule({{"id", id}, {"to", to}}, router::origin::file, "").value();
  }
  static router::rule api_rule(const std::string& id, const std::string& to) {
    return router::parse_rule({{"id", id}, {"to", to}}, router::origin::api, "").value();
  }
  bool enabled(const char* name) const { return made_->current()->plugins.at(name)->set.enabled; }

  fake_files files_;
  fake_catalogue catalogue_;
  std::unique_ptr<state::state_store> kept_ = state::open_sqlite(":memory:").value();
  manual_clock clock_;
  std::unique_ptr<generations> made_;
};

TEST_F(generation_building, ARuleMadeByRestIsKeptOverARestart) {
  const auto before = made_->current()->id;
  const auto next = made_->put_rule(api_rule("mine", "fraud"));
  ASSERT_TRUE(next) << next.error().detail;
  EXPECT_EQ((*next)->id, before.next());
  open();
  ASSERT_NE(made_->current()->rules->find("mine"), nullptr);
  EXPECT_EQ(made_->current()->rules->find("mine")->from, router::origin::api);
  EXPECT_GT(made_->current()->id, before.next()) << "numbers are not used twice";
  ASSERT_TRUE(made_->delete_rule("mine"));
  open();
  EXPECT_EQ(made_->current()->rules->find("mine"), nullptr);
}

TEST_F(generation_building, ARuleOfAFileCannotBeChangedByRest) {
  const auto put = made_->put_rule(api_rule("in-file", "fraud"));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, errc::conflict);
  EXPECT_THAT(put.error().detail, HasSubstr("nip.yaml:3:5"));
  EXPECT_EQ(made_->delete_rule("in-file").error().code, errc::conflict);
  EXPECT_EQ(made_->delete_rule("nowhere").error().code, errc::not_found);
}

TEST_F(generation_building, AnUnknownTargetIsRefusedWithASuggestionAndNothingChanges) {
  const auto before = made_->current();
  const auto put = made_->put_rule(api_rule("mine", "fruad"));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, errc::invalid_argument);
  EXPECT_THAT(put.error().detail,
              AllOf(HasSubstr("rule \"mine\""), HasSubstr("did you mean \"fraud\"?")));
  EXPECT_EQ(made_->current(), before);
  open();
  EXPECT_EQ(made_->current()->rules->find("mine"), nullptr);
}

TEST_F(generation_building, ASingleChangeOfManyRulesIsMadeBesideThem) {
  for (std::size_t i = 0; i < router::ruleset::delta_base_min; ++i)
    files_.says.rules.push_back(rule(std::to_string(i), "echo"));
  ASSERT_TRUE(made_->enable_plugin("fraud", false));
  open();
  const auto before = made_->current();
  const auto put = made_->put_rule(api_rule("mine", "fraud"));
  ASSERT_TRUE(put) << put.error().detail;
  EXPECT_EQ((*put)->id, before->id.next());
  EXPECT_EQ((*put)->plugins, before->plugins);
  EXPECT_EQ((*put)->rules->delta().size(), 1U);
  EXPECT_TRUE((*put)->rules->shares_base(*before->rules));
  EXPECT_EQ((*put)->rules->rules().size(), before->rules->rules().size() + 1);
  ASSERT_EQ(made_->warnings().size(), 1U) << "its plugin is disabled";
  ASSERT_TRUE(made_->put_rule(api_rule("mine", "fraud")));
  EXPECT_EQ(made_->warnings().size(), 1U) << "once a rule";
  ASSERT_TRUE(made_->delete_rule("mine"));
  EXPECT_THAT(made_->warnings(), IsEmpty()) << "it went with its rule";
  ASSERT_TRUE(made_->put_rule(api_rule("mine", "fraud")));

  EXPECT_FALSE(made_->put_rule(api_rule("other", "fruad")));
  EXPECT_EQ(made_->current()->rules->find("other"), nullptr);
  EXPECT_EQ(made_->put_rule(api_rule("7", "echo")).error().code, errc::conflict);

  // As the store has them, and as a change that compiles all anew sees them.
  ASSERT_TRUE(made_->enable_plugin("fraud", true));
  ASSERT_NE(made_->current()->rules->find("mine"), nullptr);
  EXPECT_EQ(made_->current()->rules->delta().size(), 0U);
  open();
  ASSERT_NE(made_->current()->rules->find("mine"), nullptr);
  const auto gone = made_->delete_rule("mine");
  ASSERT_TRUE(gone);
  EXPECT_EQ((*gone)->rules->delta().size(), 1U);
  EXPECT_EQ((*gone)->rules->find("mine"), nullptr);
  EXPECT_EQ(made_->delete_rule("mine").error().code, errc::not_found);
  open();
  EXPECT_EQ(made_->current()->rules->find("mine"), nullptr);
}

TEST_F(generation_building, EnablingAndDisablingIsKeptOverARestart) {
  ASSERT_TRUE(made_->enable_plugin("fraud", false));
  EXPECT_FALSE(enabled("fraud"));
  EXPECT_TRUE(enabled("echo"));
  open();
  EXPECT_FALSE(enabled("fraud"));
  ASSERT_TRUE(made_->enable_plugin("fraud", true));
  open();
  EXPECT_TRUE(enabled("fraud"));
  EXPECT_EQ(made_->enable_plugin("away", true).error().code, errc::not_found);
}

TEST_F(generation_building, ADisabledTargetIsAWarning) {
  EXPECT_THAT(made_->warnings(), IsEmpty());
  ASSERT_TRUE(made_->enable_plugin("echo", false));
  ASSERT_EQ(made_->warnings().size(), 1U);
  EXPECT_THAT(made_->warnings()[0], AllOf(HasSubstr("in-file"), HasSubstr("disabled")));
}

TEST_F(generation_building, AConfigIsKeptAndABadOneLeavesTheOldInForce) {
  ASSERT_TRUE(made_->configure_plugin("fraud", {{"limit", 5}}));
  ASSERT_FALSE(made_->configure_plugin("fraud", {{"bad", true}}));
  EXPECT_EQ(made_->current()->plugins.at("fraud")->set.config, json({{"limit", 5}}));
  open();
  EXPECT_EQ(made_->current()->plugins.at("fraud")->set.config, json({{"limit", 5}}));
}

TEST_F(generation_building, ARescanWithoutChangesMakesNoGeneration) {
  const auto none = made_->rescan();
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, nullptr);
  catalogue_.found.push_back("new");
  const auto some = made_->rescan();
  ASSERT_TRUE(some);
  ASSERT_NE(*some, nullptr);
  EXPECT_TRUE((*some)->plugins.contains("new"));
}

TEST_F(generation_building, AReloadIsAppliedWholeOrNotAtAll) {
  const auto before = made_->current();
  files_.says.rules.push_back(rule("in-file", "echo"));
  EXPECT_EQ(made_->load().error().code, errc::conflict);
  EXPECT_EQ(made_->current(), before);
  files_.broken = error{errc::parse, "nip.yaml:1:1: no", {}};
  EXPECT_FALSE(made_->load());
  EXPECT_EQ(made_->current(), before);
}

TEST_F(generation_building, AFileThatTakesTheIdOfARestRuleIsAConflict) {
  ASSERT_TRUE(made_->put_rule(api_rule("mine", "echo")));
  files_.says.rules.push_back(rule("mine", "echo"));
  const auto again = made_->load();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::conflict);
  EXPECT_THAT(again.error().detail, HasSubstr("the REST API"));
}

/// A store that loses power when it is to write: everything fails.
class lost_store final : public state::state_store {
 public:
  explicit lost_store(state::state_store& inner) : inner_(inner) {}
  result<std::optional<state::entry>> get(std::string_view space, std::string_view key) override {
    return inner_.get(space, key);
  }
  result<std::uint64_t> put(std::string_view, std::string_view, std::string_view) override {
    return gone();
  }
  result<std::uint64_t> put_if(std::string_view, std::string_view, std::string_view,
                               std::uint64_t) override {
    return gone();
  }
  result<bool> remove(std::string_view, std::string_view) override { return gone(); }
  status apply(std::span<const state::change> changes) override {
    if (writes++ >= writes_max) return gone();
    return inner_.apply(changes);
  }
  result<state::listing> list(std::string_view space, std::string_view prefix,
                              std::string_view cursor, std::size_t limit) override {
    return inner_.list(space, prefix, cursor, limit);
  }
  int writes_max = 1;
  int writes = 0;

 private:
  static std::unexpected<error> gone() { return fail(errc::io, "the disk is gone"); }
  state::state_store& inner_;
};

TEST_F(generation_building, AChangeAndItsGenerationsNumberAreOneWrite) {
  lost_store kept(*kept_);
  generations made(files_, catalogue_, kept, clock_);
  ASSERT_TRUE(made.load()) << "the first write is the number";
  kept.writes = 0;
  const auto next = made.put_rule(api_rule("mine", "fraud"));
  ASSERT_TRUE(next) << "one write has both";
  EXPECT_EQ(made.put_rule(api_rule("lost", "fraud")).error().code, errc::io);
  EXPECT_EQ(made.delete_rule("mine").error().code, errc::io);
  EXPECT_EQ(made.enable_plugin("fraud", false).error().code, errc::io);
  EXPECT_EQ(made.current(), *next) << "what is not written is not in force";
  open();
  EXPECT_NE(made_->current()->rules->find("mine"), nullptr);
  EXPECT_EQ(made_->current()->rules->find("lost"), nullptr);
  EXPECT_TRUE(enabled("fraud"));
  EXPECT_EQ(made_->current()->id, (*next)->id.next());
}

}  // namespace
}  // namespace nip::broker
