// Single changes of a large set against compiling all of its rules anew.
#include "router/rule_delta.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "cel/write.hpp"
#include "unit/router/random_rules.hpp"
#include "unit/router/router_fixture.hpp"

namespace nip::router {
namespace {

using testing::ElementsAre;
using json = nlohmann::json;

/// Rules of files and of the API, and what changed of the latter.
class rule_changes : public router_fixture {
 protected:
  static constexpr std::size_t of_files = 400;

  void given(std::size_t of_api) {
    for (std::size_t i = 0; i < of_files; ++i) files_.push_back(quiet(fmt::format("f{:04}", i)));
    for (std::size_t i = 0; i < of_api; ++i) {
      auto one = quiet(fmt::format("r{:04}", 2 * i));
      one.from = origin::api;
      api_[one.id] = one;
    }
    base_ = compiled();
    now_ = base_;
  }
  /// One that fires for no message of these tests.
  static rule quiet(const std::string& id) {
    return good_rule({{"id", id}, {"to", "p"}, {"when", "message.type == 'none'"}});
  }
  ruleset_ptr compiled() const {
    auto all = files_;
    for (const auto& [id, each] : api_) all.push_back(each);
    auto made = ruleset::compile(std::move(all));
    EXPECT_TRUE(made) << made.error().detail;
    return made ? *made : nullptr;
  }
  /// As broker::generations does it: beside the base, or anew when there is no room.
  void put(const json& document) {
    auto what = good_rule(document, origin::api);
    api_[what.id] = what;
    auto made = now_->with(std::move(what));
    ASSERT_TRUE(made) << made.error().detail;
    take(*made);
  }
  void remove(const std::string& id) {
    api_.erase(id);
    take(now_->without(id));
  }
  void take(const ruleset_ptr& made) {
    folds_ += made == nullptr;
    now_ = made ? made : compiled();
  }
  /// The ids that fire, in order.
  static std::vector<std::string> fired(const ruleset_ptr& by, const message::parsed& in) {
    matcher routing;
    routing.use(by, generation_id(1));
    return fired(routing, in);
  }
  static std::vector<std::string> fired(matcher& routing, const message::parsed& in) {
    routing.route(in, filled);
    std::vector<std::string> out;
    for (const auto position : routing.fired())
      out.push_back(routing.rules().rules()[position].what.id);
    return out;
  }
  static std::vector<std::string> written(const ruleset& of) {
    std::vector<std::string> out;
    for (const auto& each : of.written()) out.push_back(each.id + ": " + each.when);
    return out;
  }

  std::vector<rule> files_;
  std::map<std::string, rule> api_;
  ruleset_ptr base_;
  ruleset_ptr now_;
  int folds_ = 0;
};

TEST_F(rule_changes, AtRandomFindTheSameRulesInTheSameOrderAsCompilingAllAnew) {
  std::size_t seen = 0;
  std::size_t through_delta = 0;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    files_.clear();
    api_.clear();
    random_rules random(seed, "message.data");
    given(610);
    matcher routing;
    for (int step = 0; step < 150; ++step) {
      if (random.below(4) == 0 && !api_.empty()) {
        auto at = api_.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random.below(api_.size())));
        // Often one that was changed before.
        if (const auto one = api_.find(fmt::format("r{:04}", random.below(40))); one != api_.end())
          at = one;
        remove(std::string(at->first));
      } else {
        json one = {{"id", fmt::format("r{:04}", random.below(2) == 0 ? random.below(40)
                                                                      : random.below(1700))},
                    {"to", "p"},
                    {"when", random.condition(1)},
                    {"priority", random.below(3)},
                    {"enabled", random.below(8) != 0},
                    {"stop", random.below(15) == 0}};
        if (ruleset::compile({good_rule(one)})) put(one);
      }
      if (step % 25 != 24) continue;
      const auto anew = compiled();
      ASSERT_EQ(written(*now_), written(*anew)) << "seed " << seed << ", step " << step;
      ASSERT_EQ(now_->rules().size(), anew->rules().size());
      routing.use(now_, generation_id(1));
      for (int i = 0; i < 5; ++i) {
        cel::arena memory;
        const auto in = parse(R"({"type":"t","data":)" + cel::to_json(random.input(memory)) + "}");
        const auto wanted = fired(anew, in);
        ASSERT_EQ(fired(routing, in), wanted) << "seed " << seed << ", step " << step;
        seen += wanted.size();
      }
      through_delta += now_->delta().size();
    }
  }
  EXPECT_GT(seen, 50U);
  EXPECT_GT(through_delta, 100U);
  EXPECT_GE(folds_, 2) << "the delta ran full";
}

TEST_F(rule_changes, StandAmongTheOthersByPriorityThenFilesThenId) {
  given(800);
  put({{"id", "r0001"}, {"to", "p"}, {"when", "message.type == 't'"}});
  put({{"id", "r0000"}, {"to", "p"}, {"when", "message.type == 't'"}});
  put({{"id", "z"}, {"to", "p"}, {"when", "message.type == 't'"}, {"priority", 1}});
  put({{"id", "a"}, {"to", "p"}, {"when", "message.type == 't'"}, {"priority", -1}});
  const auto in = parse(R"({"type":"t"})");
  EXPECT_THAT(fired(now_, in), ElementsAre("z", "r0000", "r0001", "a"));
  put({{"id", "r0000"}, {"to", "p"}, {"when", "message.type == 't'"}, {"stop", true}});
  EXPECT_THAT(fired(now_, in), ElementsAre("z", "r0000"));
  EXPECT_EQ(folds_, 0);
}

TEST_F(rule_changes, ADeletedRuleOfTheBaseFiresNoMoreAndIsNotFound) {
  given(800);
  put({{"id", "fires"}, {"to", "p"}, {"when", "message.type == 't'"}});
  now_ = compiled();
  const auto in = parse(R"({"type":"t"})");
  ASSERT_THAT(fired(now_, in), ElementsAre("fires"));
  ASSERT_EQ(now_->delta().size(), 0U);
  const auto before = now_;
  remove("fires");
  EXPECT_THAT(fired(now_, in), ElementsAre());
  EXPECT_EQ(now_->find("fires"), nullptr);
  EXPECT_EQ(now_->rules().size(), of_files + 800);
  EXPECT_THAT(fired(before, in), ElementsAre("fires")) << "the earlier ruleset stays as it was";
  put({{"id", "fires"}, {"to", "p"}, {"when", "message.type == 'u'"}});
  EXPECT_THAT(fired(now_, in), ElementsAre());
  ASSERT_NE(now_->find("fires"), nullptr);
  EXPECT_EQ(now_->find("fires")->when, "message.type == 'u'");
}

TEST_F(rule_changes, AFaultyRuleIsRefusedAndNothingChanges) {
  given(800);
  const auto made = now_->with(good_rule({{"id", "x"}, {"to", "p"}, {"when", "1 +"}}));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().detail, testing::HasSubstr("rule \"x\": when: "));
  EXPECT_EQ(now_->find("x"), nullptr);
}

TEST_F(rule_changes, WithoutRoomAllIsCompiledAnew) {
  given(800);
  for (std::size_t i = 0; i < ruleset::delta_max; ++i)
    put({{"id", fmt::format("n{}", i)}, {"to", "p"}});
  EXPECT_EQ(folds_, 0);
  EXPECT_EQ(now_->delta().size(), ruleset::delta_max);
  put({{"id", "n0"}, {"to", "q"}});
  EXPECT_EQ(folds_, 0) << "it is there already";
  put({{"id", "one more"}, {"to", "p"}});
  EXPECT_EQ(folds_, 1);
  EXPECT_EQ(now_->delta().size(), 0U);
}

TEST_F(rule_changes, OfASmallSetAreCompiledAnew) {
  const auto small =
      *ruleset::compile(rules_of({{{"id", "a"}, {"to", "p"}}, {{"id", "b"}, {"to", "p"}}}));
  EXPECT_EQ(*small->with(good_rule({{"id", "c"}, {"to", "p"}}, origin::api)), nullptr);
  EXPECT_EQ(small->without("a"), nullptr);
}

TEST_F(rule_changes, AreTriedAndCountedAndNearForExplanations) {
  given(800);
  put({{"id", "not"}, {"to", "p"}, {"when", "message.type == 'u'"}});
  put({{"id", "off"}, {"to", "p"}, {"enabled", false}});
  matcher routing;
  routing.use(now_, generation_id(1));
  const auto in = parse(R"({"type":"t"})");
  EXPECT_THAT(fired(routing, in), ElementsAre());
  const auto near = routing.near(in, filled, 10);
  ASSERT_EQ(near.size(), 1U);
  EXPECT_EQ(now_->rules()[near[0]].what.id, "not");
  EXPECT_EQ(now_->indexed(*now_->find("not")), indexing::none);
  EXPECT_EQ(now_->indexed(*now_->find("off")), std::nullopt);
  EXPECT_EQ(now_->indexed(*now_->find("r0002")), indexing::whole);
  const auto runs = now_->runs();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].rule, "");
  EXPECT_EQ(runs[0].runs, 1U);
}

}  // namespace
}  // namespace nip::router
