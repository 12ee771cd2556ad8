#include "delivery/target.hpp"

#include <gtest/gtest.h>

#include "delivery/order_lines.hpp"
#include "unit/delivery/delivery_fixture.hpp"

namespace nip::delivery {
namespace {

class target_queue : public delivery_fixture {
 protected:
  delivery& queued(const char* priority) {
    auto& of = flights_.emplace_back([] {});
    of.message = make(std::string(R"({"type":")") + priority + R"(","metadata":{"priority":")" +
                      priority + R"("}})");
    of.seq = seq_t(++last_seq_);
    auto& out = deliveries_.emplace_back([] {});
    out.owner = &of;
    return out;
  }
  std::deque<flight> flights_;
  std::deque<delivery> deliveries_;
};

TEST_F(target_queue, EachLowerClassGetsOnePickInTwentyAndTheUrgentTheRest) {
  target to("p", chosen_);
  for (int i = 0; i < 60; ++i)
    for (const char* each : {"low", "normal", "high", "critical"}) to.push(queued(each));
  EXPECT_EQ(to.queued(), 240U);
  std::map<std::string, int> picked;
  for (int i = 0; i < 40; ++i) ++picked[std::string(to.pop()->owner->message->view().type)];
  EXPECT_EQ(picked,
            (std::map<std::string, int>{{"low", 2}, {"normal", 2}, {"high", 2}, {"critical", 34}}));
  while (to.pop()) {
  }
  EXPECT_EQ(to.queued(), 0U);
}

TEST_F(target_queue, OneClassKeepsItsOrderAndAnyMayBeTakenOut) {
  target to("p", chosen_);
  auto& first = queued("normal");
  auto& second = queued("normal");
  auto& third = queued("normal");
  for (auto* each : {&first, &second, &third}) to.push(*each);
  to.remove(second);
  EXPECT_EQ(to.pop(), &first);
  EXPECT_EQ(to.pop(), &third);
  EXPECT_EQ(to.pop(), nullptr);
}

class ordering : public target_queue {
 protected:
  delivery& of_key(std::uint64_t key) {
    auto& out = queued("normal");
    out.order_key = key;
    return out;
  }
};

TEST_F(ordering, OneRunsAndTheOthersWaitBySeq) {
  order_lines lines;
  auto& a = of_key(7);
  auto& b = of_key(7);
  auto& c = of_key(7);
  auto& other = of_key(8);
  EXPECT_TRUE(lines.enter(a));
  EXPECT_TRUE(lines.enter(other));
  EXPECT_FALSE(lines.enter(c));
  EXPECT_FALSE(lines.enter(b));
  EXPECT_EQ(lines.leave(a), &b);
  EXPECT_EQ(lines.leave(b), &c);
  EXPECT_EQ(lines.leave(c), nullptr);
  EXPECT_EQ(lines.leave(other), nullptr);
  EXPECT_EQ(lines.size(), 0U);
}

TEST_F(ordering, OneThatGivesUpWaitingLetsNobodyThrough) {
  order_lines lines;
  auto& a = of_key(7);
  auto& b = of_key(7);
  auto& c = of_key(7);
  lines.enter(a);
  lines.enter(b);
  lines.enter(c);
  EXPECT_EQ(lines.leave(b), nullptr);
  EXPECT_EQ(lines.leave(a), &c);
}

}  // namespace
}  // namespace nip::delivery
