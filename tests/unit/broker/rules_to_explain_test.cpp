#include "broker/rules_to_explain.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "message/codec.hpp"

namespace nip::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
constexpr router::message_input::filled filled{"the-id", "2026-11-22T02:10:07.123Z", "default"};

/// Rules of which some fire for a message of type t with n 3, some are near, and most are neither.
class rules_to_explain_of : public testing::Test {
 protected:
  void add(const std::string& id, std::string when, bool enabled = true) {
    auto& made = rules_.emplace_back();
    made.id = id;
    made.when = std::move(when);
    made.from = router::origin::api;
    made.enabled = enabled;
    made.to.emplace_back().name = "p";
  }
  void add_far(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      add(fmt::format("far-{:05}", i), "message.type == 'other' && message.data.n == 3");
  }
  void compile() {
    auto made = router::ruleset::compile(std::move(rules_));
    ASSERT_TRUE(made) << made.error().detail;
    in_force_ = *made;
  }
  /// The ids, after the message was routed as acceptance does it.
  std::vector<std::string> explained(const std::string& text) {
    text_ = text;
    text_.reserve(text_.size() + message::message::padding);
    const auto in = codec_.parse(text_).value();
    by_.use(in_force_, generation_id(1));
    by_.route(in, filled);
    const std::vector fired(by_.fired().begin(), by_.fired().end());
    std::vector<std::string> out;
    for (const auto* each : rules_to_explain(*in_force_, by_, in, filled)) out.push_back(each->id);
    EXPECT_TRUE(std::ranges::equal(by_.fired(), fired)) << "what fired stays as it was";
    return out;
  }

  std::vector<router::rule> rules_;
  router::ruleset_ptr in_force_;
  router::matcher by_;
  message::codec codec_;
  std::string text_;
};

TEST_F(rules_to_explain_of, UpToABoundAreAllOfThem) {
  add_far(explained_rules_max - 1);
  add("off", "true", false);
  compile();
  EXPECT_EQ(explained(R"({"type":"t"})").size(), explained_rules_max);
}

TEST_F(rules_to_explain_of, ManyRulesAreThoseThatFireAndThoseThatAreNear) {
  add_far(explained_rules_max);
  add("fires", "message.type == 't'");
  add("near", "message.type == 't' && message.data.n > 3");
  add("run", "message.type == 't' && size(message.data.text) == 2");
  add("off", "message.type == 't'", false);
  compile();
  EXPECT_THAT(explained(R"({"type":"t","data":{"n":3,"text":"abc"}})"),
              ElementsAre("fires", "near", "run"));
  EXPECT_THAT(explained(R"({"type":"u"})"), IsEmpty());
}

TEST_F(rules_to_explain_of, NearOnesAreBoundedAndThoseThatFireAreNot) {
  add_far(explained_rules_max);
  for (std::size_t i = 0; i < near_rules_max + 50; ++i) {
    add(fmt::format("near-{:03}", i),
        fmt::format("message.type == 't' && message.data.n > {}", i + 3));
    add(fmt::format("fires-{:03}", i), "message.type == 't'");
  }
  compile();
  const auto got = explained(R"({"type":"t","data":{"n":3}})");
  EXPECT_EQ(std::ranges::count_if(got, [](const auto& id) { return id.starts_with("fires"); }),
            static_cast<std::ptrdiff_t>(near_rules_max + 50));
  EXPECT_EQ(std::ranges::count_if(got, [](const auto& id) { return id.starts_with("near"); }),
            static_cast<std::ptrdiff_t>(near_rules_max));
  EXPECT_EQ(std::set(got.begin(), got.end()).size(), got.size()) << "each once";
}

TEST_F(rules_to_explain_of, RulesThatWereChangedSinceAreAmongThem) {
  add_far(explained_rules_max + 1);
  add("gone", "message.type == 't'");
  compile();
  add("changed", "message.type == 't' && message.data.n > 3");
  const auto changed = in_force_->with(std::move(rules_.back()));
  ASSERT_TRUE(changed);
  ASSERT_NE(*changed, nullptr);
  in_force_ = (*changed)->without("gone");
  ASSERT_NE(in_force_, nullptr);
  EXPECT_THAT(explained(R"({"type":"t","data":{"n":3}})"), ElementsAre("changed"));
}

}  // namespace
}  // namespace nip::broker
