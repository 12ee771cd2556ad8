// Counts what the heap is asked for: after warm-up a message that is routed costs nothing.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "router/index/pattern_bank.hpp"
#include "unit/allocations.hpp"
#include "unit/router/router_fixture.hpp"

namespace nip::router {
namespace {

class routing_allocations : public router_fixture {
 protected:
  /// Allocations of a hundred rounds over messages that were seen before.
  static std::size_t warm(matcher& by, const std::vector<message::parsed>& messages) {
    const auto round = [&] {
      for (const auto& each : messages) by.route(each, filled);
    };
    for (int i = 0; i < 3; ++i) round();
    const auto before = allocations;
    for (int i = 0; i < 100; ++i) round();
    return allocations - before;
  }
};

TEST_F(routing_allocations, WarmRoutingAllocatesNothing) {
  json rules = json::array();
  const auto add = [&](const std::string& when) {
    rules.push_back({{"id", std::to_string(rules.size())}, {"to", "p"}, {"when", when}});
  };
  for (int i = 0; i < 100; ++i) {
    const auto id = std::to_string(i);
    add("message.type == 't" + id + "' && message.data.n > " + id);
    add("message.data.f" + id + " == " + id + " || message.data.text.startsWith('a" + id + "')");
    add("message.data.n in [" + id + ", 3] && !has(message.data.gone)");
    if (i < static_cast<int>(pattern_bank::alone_first))
      add("message.data.text.matches('^a" + id + "$')");
    add("'" + id + "' in message.data.tags");
    add("size(message.data.text) == " + id);
  }
  use(rules);
  std::vector<message::codec> codecs(3);
  std::vector<message::parsed> messages;
  std::deque<std::string> texts = {
      R"({"type":"t1","data":{"n":3,"text":"a12"}})",
      R"({"type":"t2","data":{"n":50,"f1":1,"f2":2,"text":"b","tags":["7","x","8"]}})",
      R"({"type":"other"})"};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i].reserve(texts[i].size() + message::message::padding);
    messages.push_back(codecs[i].parse(texts[i]).value());
  }
  EXPECT_EQ(warm(matcher_, messages), 0U);
  ASSERT_NE(indexed_.rules().index(), nullptr);
  EXPECT_EQ(warm(indexed_, messages), 0U);
}

TEST_F(routing_allocations, ASetOfPatternsAllocatesForItsSearchAndNotForEachPattern) {
  json rules = json::array();
  for (int i = 0; i < 200; ++i)
    rules.push_back({{"id", std::to_string(i)},
                     {"to", "p"},
                     {"when", fmt::format("message.data.text.matches('^a{}$')", i)}});
  use(rules);
  std::vector<message::codec> codecs(1);
  std::string text = R"({"type":"t","data":{"text":"a12"}})";
  text.reserve(text.size() + message::message::padding);
  const std::vector<message::parsed> messages = {codecs[0].parse(text).value()};
  // What RE2 takes for one search of a set.
  EXPECT_LE(warm(indexed_, messages), 100 * 4U);
  EXPECT_THAT(indexed_.fired(), testing::ElementsAre(12U));
}

}  // namespace
}  // namespace nip::router
