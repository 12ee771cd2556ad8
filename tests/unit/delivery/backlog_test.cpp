#include "delivery/backlog.hpp"

#include <gmock/gmock.h>

#include "unit/delivery/delivery_fixture.hpp"

namespace nip::delivery {
namespace {

using bus::outcome_kind;
using message::priority;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

parked_delivery number(std::uint64_t seq, std::uint16_t index = 0) { return {seq_t(seq), index}; }

TEST(backlog_queue, GivesBackWhatWasPutInByClassAndInOrder) {
  backlog waiting;
  waiting.push(number(1, 7), priority::normal);
  waiting.push(number(2), priority::critical);
  waiting.push(number((std::uint64_t{1} << 48) - 1, 65535), priority::normal);
  EXPECT_TRUE(waiting.holds(priority::normal));
  EXPECT_FALSE(waiting.holds(priority::low));
  std::vector<parked_delivery> out;
  waiting.take(10, out);
  EXPECT_EQ(out.size(), 3U);
  EXPECT_THAT(out, testing::UnorderedElementsAre(number(2), number(1, 7),
                                                 number((std::uint64_t{1} << 48) - 1, 65535)));
  EXPECT_TRUE(waiting.empty());
}

TEST(backlog_queue, ALowerClassGetsATwentiethOfABusyQueue) {
  backlog waiting;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    waiting.push(number(i), priority::high);
    waiting.push(number(10'000 + i), priority::low);
  }
  std::vector<parked_delivery> out;
  waiting.take(100, out);
  ASSERT_EQ(out.size(), 100U);
  EXPECT_EQ(std::ranges::count_if(out, [](const auto& each) { return each.seq.value > 10'000; }),
            5);
  EXPECT_EQ(waiting.size(), 1900U);
}

class parking : public delivery_fixture {
 protected:
  void SetUp() override {
    start({.queue_messages_max = 4});
    have("p");
    have("q");
    plugins_.of("p").in_flight_max = 2;
    plugins_.of("q").in_flight_max = 100;
    releases_ = true;
  }
  seq_t accept(std::vector<router::planned_delivery> deliveries,
               std::string_view text = R"({"type":"t"})") {
    auto& f = board(std::move(deliveries), text);
    const auto seq = f.seq;
    dispatcher_->launch(f);
    dispatcher_->pump();
    return seq;
  }
  /// Reads back what was asked for, as the journal would.
  void give_back() {
    auto asked = std::exchange(fetches_, {});
    for (auto& [whom, which] : asked) {
      for (const auto& each : which) {
        auto& f = board_again({to({"p"})});
        f.seq = each.seq;
        const resumption one{each.index, 0, {}};
        dispatcher_->launch(f, {&one, 1}, true);
      }
      dispatcher_->fetched(*whom);
    }
    dispatcher_->pump();
  }
  std::vector<std::uint64_t> seqs_of(const std::string& plugin) {
    std::vector<std::uint64_t> out;
    for (const auto& each : seen(plugin)) out.push_back(each.seq.value);
    return out;
  }
};

TEST_F(parking, PastItsBudgetAQueueHoldsNumbersOnly) {
  for (int i = 0; i < 10; ++i) accept({to({"p"})});
  EXPECT_EQ(dispatcher_->parked(), 6U);
  EXPECT_THAT(parked_, ElementsAre(seq_t(5), seq_t(6), seq_t(7), seq_t(8), seq_t(9), seq_t(10)));
  EXPECT_EQ(dispatcher_->open_deliveries(), 4U);
  EXPECT_TRUE(fetches_.empty()) << "there is no room yet";
}

TEST_F(parking, WhatWaitsOnDiskComesBackInOrderWhenThereIsRoom) {
  for (int i = 0; i < 10; ++i) accept({to({"p"})});
  for (std::size_t done = 0; done < 10; ++done) {
    ASSERT_GT(seen("p").size(), done);
    answer(seen("p")[done]);
    give_back();
  }
  EXPECT_THAT(seqs_of("p"), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(dispatcher_->parked(), 0U);
  EXPECT_EQ(dispatcher_->memory_used(), 0);
  EXPECT_EQ(dispatcher_->open_deliveries(), 0U);
}

TEST_F(parking, WhoComesLaterWaitsBehindTheBacklogButAHigherClassDoesNot) {
  for (int i = 0; i < 6; ++i) accept({to({"p"})});
  answer(seen("p")[0]);
  ASSERT_TRUE(fetches_.empty());
  EXPECT_EQ(accept({to({"p"})}), seq_t(7));
  EXPECT_EQ(dispatcher_->parked(), 3U) << "there is room for one, but others wait";
  accept({to({"p"})}, R"({"type":"t","metadata":{"priority":"critical"}})");
  EXPECT_EQ(dispatcher_->parked(), 3U);
}

TEST_F(parking, OtherTargetsOfTheSameMessageGoOnAtOnce) {
  always("q", handled::done);
  for (int i = 0; i < 8; ++i) accept({to({"p"}), to({"q"})});
  EXPECT_EQ(seen("q").size(), 8U);
  EXPECT_EQ(dispatcher_->parked(), 4U);
}

TEST_F(parking, BytesCountToo) {
  start({.queue_messages_max = 1000, .queue_bytes_max = 10'000});
  have("p");
  plugins_.of("p").in_flight_max = 1;
  const std::string large = R"({"type":"t","data":")" + std::string(3000, 'x') + R"("})";
  for (int i = 0; i < 10; ++i) accept({to({"p"})}, large);
  EXPECT_GE(dispatcher_->parked(), 7U);
}

TEST_F(parking, WhatTheJournalDoesNotHaveOrSomebodyWaitsForIsRefusedInstead) {
  for (int i = 0; i < 4; ++i) accept({to({"p"})});
  const router::plan plan(generation_id(1), {to({"p"})}, {});
  const auto what = make(R"({"type":"t"})");
  const auto refused = dispatcher_->admit(plan, *what, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::exhausted);
  EXPECT_TRUE(dispatcher_->admit(plan, *what, true));
}

TEST_F(parking, TheBacklogHasABound) {
  start({.queue_messages_max = 1, .backlog_max = 2});
  have("p");
  plugins_.of("p").in_flight_max = 1;
  for (int i = 0; i < 3; ++i) accept({to({"p"})});
  const router::plan plan(generation_id(1), {to({"p"})}, {});
  const auto refused = dispatcher_->admit(plan, *make(R"({"type":"t"})"), true);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("delivery.backlog"));
}

TEST_F(parking, WhatStillWaitsForItsSyncCountsAgainstTheBound) {
  start({.queue_messages_max = 1, .backlog_max = 2});
  have("p");
  const router::plan plan(generation_id(1), {to({"p"})}, {});
  const auto what = make(R"({"type":"t"})");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(dispatcher_->admit(plan, *what, true));
  const auto refused = dispatcher_->admit(plan, *what, true);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("2 messages wait on disk"));
  dispatcher_->withdraw(plan, *what);
  EXPECT_TRUE(dispatcher_->admit(plan, *what, true));
}

TEST_F(parking, WhatCannotBeReadBackDoesNotStopTheRest) {
  for (int i = 0; i < 8; ++i) accept({to({"p"})});
  answer(seen("p")[0]);
  answer(seen("p")[1]);
  ASSERT_EQ(fetches_.size(), 1U);
  fetches_[0].second.erase(fetches_[0].second.begin());
  give_back();
  for (std::size_t done = 2; done < seen("p").size(); ++done) {
    answer(seen("p")[done]);
    give_back();
  }
  EXPECT_EQ(seen("p").size(), 7U);
  EXPECT_EQ(dispatcher_->open_deliveries(), 0U);
}

}  // namespace
}  // namespace nip::delivery
