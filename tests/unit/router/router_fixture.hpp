// Rules and messages out of short texts, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "message/codec.hpp"
#include "router/matcher.hpp"
#include "router/ruleset.hpp"

namespace nip::router {

class router_fixture : public testing::Test {
 protected:
  using json = nlohmann::json;
  static constexpr message_input::filled filled{"the-id", "2026-11-22T02:10:07.123Z", "default"};

  static rule good_rule(const json& document, origin from = origin::file, std::string where = "") {
    auto made = parse_rule(document, from, std::move(where));
    EXPECT_TRUE(made) << made.error().detail;
    return made ? std::move(*made) : rule{};
  }
  static std::string refusal(const json& document, std::string where = "") {
    const auto made = parse_rule(document, origin::file, std::move(where));
    if (made) return "accepted";
    EXPECT_EQ(made.error().code, errc::invalid_argument);
    return made.error().detail;
  }
  static std::vector<rule> rules_of(const json& documents) {
    std::vector<rule> out;
    for (const auto& each : documents) out.push_back(good_rule(each));
    return out;
  }
  void use(const json& documents, generation_id under = generation_id(1)) {
    auto made = ruleset::compile(rules_of(documents), rules_max);
    ASSERT_TRUE(made) << made.error().detail;
    matcher_.use(*made, under);
    auto indexed = ruleset::compile(rules_of(documents), 0);
    ASSERT_TRUE(indexed) << indexed.error().detail;
    indexed_.use(*indexed, under);
  }
  /// A padded copy that lives as long as the fixture; the result is good until the next parse.
  message::parsed parse(std::string_view text) {
    auto& kept = inputs_.emplace_back(text);
    kept.reserve(text.size() + message::message::padding);
    auto read = codec_.parse(kept);
    EXPECT_TRUE(read) << read.error().detail;
    return read ? *read : message::parsed{};
  }
  /// By trying each rule, and by the index: both find the same.
  plan_ptr route(std::string_view text) {
    const auto in = parse(text);
    auto plan = matcher_.route(in, filled);
    EXPECT_EQ(shape(*indexed_.route(in, filled)), shape(*plan)) << text;
    EXPECT_TRUE(std::ranges::equal(indexed_.fired(), matcher_.fired())) << text;
    return plan;
  }
  /// Each delivery as "rule/slot strategy a,b".
  static std::vector<std::string> shape(const plan& of) {
    std::vector<std::string> out;
    for (const auto& each : of.deliveries()) {
      std::string text =
          each.rule + "/" + std::to_string(each.slot) + " " + std::string(to_string(each.how));
      for (const auto& target : each.targets)
        text += (&target == &each.targets.front() ? " " : ",") + target.name;
      out.push_back(std::move(text));
    }
    return out;
  }

  message::codec codec_;
  matcher matcher_;
  matcher indexed_;
  std::deque<std::string> inputs_;
};

}  // namespace nip::router
