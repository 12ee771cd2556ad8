#include "gateway/ws/event_items.hpp"

#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

using ws_event_items = stream_test;

TEST_F(ws_event_items, AnEventIsWrittenOnceATurnHoweverManyHearIt) {
  constexpr std::size_t subscribers = 1000;
  std::vector<std::uint32_t> slots;
  for (std::size_t i = 0; i < subscribers; ++i) {
    slots.push_back(slot = table->open());
    connect();
    say(R"({"op":"subscribe"})");
  }
  std::vector<broker::event> all;
  for (std::uint64_t seq = 9; seq < 12; ++seq)
    all.push_back({tenant_seq_t(seq), message_of(R"({"type":"t)" + std::to_string(seq) + "\"}")});
  const std::vector<broker::event> some{all[0], all[2]};
  for (std::size_t i = 0; i < subscribers; ++i) {
    const auto& to = port.subscriptions.at(i);
    table->on_events(to.to, to.id, i % 2 == 0 ? all : some);
  }
  const auto& events = table->shared().events;
  EXPECT_EQ(events.made(), 3U);
  for (std::size_t i = 0; i < subscribers; ++i) {
    slot = slots[i];
    const auto heard = hear();
    const auto& expected = i % 2 == 0 ? all : some;
    ASSERT_EQ(heard["items"].size(), expected.size()) << i;
    for (std::size_t n = 0; n < expected.size(); ++n) {
      EXPECT_EQ(heard["items"][n]["seq"], expected[n].seq.value);
      EXPECT_EQ(heard["items"][n]["message"]["type"], expected[n].what->view().type);
    }
  }
  table->end_turn();
  table->on_events(port.subscriptions[0].to, port.subscriptions[0].id, some);
  EXPECT_EQ(events.made(), 5U) << "texts and messages are not kept past their turn";
}

TEST_F(ws_event_items, ManyLargeEventsAreWrittenWhole) {
  settings.bounds.output_bytes_max = std::size_t{64} << 20;
  remake();
  connect();
  say(R"({"op":"subscribe"})");
  const auto wish = port.subscriptions.at(0);
  std::vector<broker::event> items;
  for (std::uint64_t seq = 1; seq <= 10; ++seq)
    items.push_back({tenant_seq_t(seq),
                     message_of(R"({"type":"t","data":")" + std::string(700'000, 'x') + "\"}")});
  table->on_events(wish.to, wish.id, items);
  const auto heard = hear();
  ASSERT_EQ(heard["items"].size(), 10U) << "more than the block of shared texts holds";
  for (std::uint64_t seq = 1; seq <= 10; ++seq) EXPECT_EQ(heard["items"][seq - 1]["seq"], seq);
}

}  // namespace
}  // namespace nip::gateway
