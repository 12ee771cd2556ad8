#include "router/plan.hpp"

#include <gmock/gmock.h>

#include "unit/router/router_fixture.hpp"

namespace nip::router {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::vector<planned_delivery> two() {
  planned_delivery full;
  full.rule = "r";
  full.slot = 3;
  full.how = strategy::weighted;
  full.targets = {{"a", false, 2}, {"b", false, 0}};
  full.retry = {7, 1ms, 2s};
  full.timeout = 5s;
  full.order = "message.id";
  full.drop_expired = full.gather = true;
  planned_delivery plain;
  plain.rule = "s \"quoted\" ü";
  plain.targets = {{"c", false, 1}};
  return {full, plain};
}

TEST(stored_plan, ReadsBackWhatWasWritten) {
  const plan_ptr made(new plan(generation_id(4), two(), {"t.x"}, "loop"));
  const auto back = plan::restore(generation_id(4), made->bytes());
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ((*back)->deliveries(), made->deliveries());
  EXPECT_EQ((*back)->topics(), made->topics());
  EXPECT_EQ((*back)->dead_reason(), "loop");
  EXPECT_EQ((*back)->generation(), generation_id(4));
  EXPECT_EQ((*back)->bytes(), made->bytes());
  EXPECT_EQ((*back)->key(), made->key());
  EXPECT_TRUE((*back)->ordered());
}

TEST(stored_plan, DifferentPlansHaveDifferentKeys) {
  const plan_ptr one(new plan(generation_id(1), two(), {}));
  auto changed = two();
  changed[1].retry.attempts = 6;
  const plan_ptr other(new plan(generation_id(1), changed, {}));
  EXPECT_NE(one->key(), other->key());
}

TEST(stored_plan, GarbageIsRefused) {
  const std::string delivery = R"({"rule":"r","slot":0,"how":0,"targets":[["a",1]],)"
                               R"("attempts":1,"backoff":1,"max_backoff":1})";
  const auto whole = [](const std::string& each) { return R"({"deliveries":[)" + each + "]}"; };
  ASSERT_TRUE(plan::restore(generation_id(1), whole(delivery)));
  const auto with = [&](const std::string& from, const std::string& to) {
    auto text = delivery;
    text.replace(text.find(from), from.size(), to);
    return whole(text);
  };
  const std::string bad[] = {"",
                             "{",
                             "[]",
                             "5",
                             "{}",
                             R"({"deliveries":5})",
                             R"({"deliveries":[5]})",
                             with(R"("how":0)", R"("how":5)"),
                             with(R"("how":0)", R"("how":-1)"),
                             with(R"("how":0)", R"("how":"best")"),
                             with(R"([["a",1]])", "[]"),
                             with(R"([["a",1]])", R"([["a"]])"),
                             with(R"("rule":"r",)", ""),
                             R"({"deliveries":[],"topics":7})",
                             R"({"deliveries":[],"dead":7})"};
  for (const auto& bytes : bad) {
    const auto back = plan::restore(generation_id(1), bytes);
    ASSERT_FALSE(back) << bytes;
    EXPECT_EQ(back.error().code, errc::corrupt);
    EXPECT_THAT(back.error().detail, HasSubstr("stored plan"));
  }
}

}  // namespace
}  // namespace nip::router
