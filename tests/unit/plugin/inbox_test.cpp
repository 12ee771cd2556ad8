#include "plugin/native/inbox.hpp"

#include "unit/plugin/harness.hpp"

namespace nip::plugin::native {

namespace {

class listener final : public receiver {
 public:
  void on_completion(const completion& result) override {
    seen.push_back(std::to_string(result.token) + " " + std::string(result.reply) + "/" +
                   std::string(result.error));
    if (then) then();
  }
  void on_emission(const emission& what) override { seen.emplace_back(what.envelope); }

  std::vector<std::string> seen;
  std::function<void()> then;
};

class an_inbox : public testing::Test {
 protected:
  test::hand_loop loop_;
  listener to_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>(loop_, static_cast<receiver&>(to_));
};

}  // namespace

TEST_F(an_inbox, KeepsTheOrderOfEverything) {
  std::string reply = "r";
  inbox_->push(completion{.token = 1, .reply = reply, .error = "e"});
  reply = "overwritten";
  inbox_->push(emission{"emitted", {}, message::ack_level::memory, 9});
  inbox_->push([this] { to_.seen.emplace_back("called"); });
  inbox_->push(completion{.token = 2});
  EXPECT_TRUE(to_.seen.empty());
  loop_.turn();
  EXPECT_EQ(to_.seen, (std::vector<std::string>{"1 r/e", "emitted", "called", "2 /"}));
  EXPECT_EQ(loop_.posted(), 1U) << "one post for all that came before the turn";
}

TEST_F(an_inbox, WhatComesWhileItIsReadWaitsForTheNextTurn) {
  to_.then = [this] {
    to_.then = nullptr;
    inbox_->push(completion{.token = 2});
    to_.seen.emplace_back("pushed");
  };
  inbox_->push(completion{.token = 1});
  loop_.turn();
  EXPECT_EQ(to_.seen, (std::vector<std::string>{"1 /", "pushed", "2 /"}));
}

TEST_F(an_inbox, ReceivesNothingAfterCloseNotEvenWhatIsBeingRead) {
  to_.then = [this] { inbox_->close(); };
  inbox_->push(completion{.token = 1});
  inbox_->push(completion{.token = 2});
  loop_.turn();
  inbox_->push(completion{.token = 3});
  loop_.turn();
  EXPECT_EQ(to_.seen.size(), 1U);
}

TEST_F(an_inbox, BoundsEmissionsThatWait) {
  const emission one{"x", {}, message::ack_level::memory, 0};
  for (std::size_t i = 0; i < emissions_waiting_max; ++i) ASSERT_TRUE(inbox_->push(one));
  EXPECT_FALSE(inbox_->push(one));
  loop_.turn();
  EXPECT_TRUE(inbox_->push(one));
}

}  // namespace nip::plugin::native
