// The audit trail's chain: what is changed, taken out or put in shows.
#include "security/audit_chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nip::security {
namespace {

using testing::HasSubstr;

constexpr wall_time start{1'700'000'000'000'000'000};

std::vector<std::string> trail(std::size_t entries, audit_chain chain = audit_chain()) {
  std::vector<std::string> made;
  for (std::size_t n = 0; n < entries; ++n)
    made.push_back(chain.add({start, "127.0.0.1", "rule.put", "r\"" + std::to_string(n), "done"}));
  return made;
}

audit_check checked(const std::vector<std::string>& entries) {
  audit_check check;
  for (const auto& each : entries) check.see(each);
  return check;
}

TEST(audit_chain, EntrySaysWhatWasDoneAndNamesTheOneBefore) {
  const auto made = trail(2);
  const auto first = nlohmann::json::parse(made[0]);
  const auto second = nlohmann::json::parse(made[1]);
  EXPECT_EQ(first["seq"], 1);
  EXPECT_EQ(first["at"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(first["object"], "r\"0");
  EXPECT_EQ(first["prev"], std::string(64, '0'));
  EXPECT_EQ(second["prev"], first["hash"]);
}

TEST(audit_chain, HashIsSha256OfTheBytesBeforeIt) {
  audit_chain chain;
  const auto entry = chain.add({start, "a", "b", "c", "d"});
  EXPECT_THAT(entry, HasSubstr(chain.head().hash));
  EXPECT_EQ(chain.head().hash, "a3ce568773b719d324845ab21d91d6d1c51a4d95cae52ae0333305cc466048dc");
}

TEST(audit_chain, GoesOnFromAHeadThatWasKept) {
  audit_chain chain;
  auto entries = std::vector{chain.add({start, "a", "b", "c", "d"})};
  audit_chain later(chain.head());
  entries.push_back(later.add({start, "a", "b", "c", "d"}));
  EXPECT_FALSE(checked(entries).broken());
}

TEST(audit_chain, WholeTrailFits) {
  const auto check = checked(trail(20));
  EXPECT_FALSE(check.broken());
  EXPECT_EQ(check.entries(), 20u);
}

TEST(audit_chain, TrailMayBeginWhereRetentionLeftIt) {
  auto entries = trail(5);
  entries.erase(entries.begin(), entries.begin() + 2);
  EXPECT_TRUE(checked(entries).broken()) << "nothing was said to be gone";
  audit_check check;
  check.allow_gap();
  for (const auto& each : entries) check.see(each);
  EXPECT_FALSE(check.broken());
}

TEST(audit_chain, AnyChangedBitBreaksIt) {
  const auto entries = trail(2);
  for (std::size_t i = 0; i < entries[1].size(); ++i) {
    auto changed = entries;
    changed[1][i] = static_cast<char>(changed[1][i] ^ 1);
    EXPECT_TRUE(checked(changed).broken()) << i;
  }
}

TEST(audit_chain, EntryTakenOutIsNamed) {
  auto entries = trail(5);
  entries.erase(entries.begin() + 2);
  const auto check = checked(entries);
  ASSERT_TRUE(check.broken());
  EXPECT_THAT(*check.broken(), HasSubstr("behind number 2 has number 4"));
}

TEST(audit_chain, GapIsAllowedOnlyOnceAndOnlyWhereSaid) {
  const auto entries = trail(7);
  audit_check check;
  check.see(entries[0]);
  check.allow_gap();
  check.see(entries[3]);
  EXPECT_FALSE(check.broken());
  check.see(entries[5]);
  EXPECT_TRUE(check.broken());
}

TEST(audit_chain, GapDoesNotExcuseANeighbourThatDoesNotFit) {
  auto entries = trail(3);
  audit_chain forger(audit_head{1, std::string(64, '7')});
  audit_check check;
  check.see(entries[0]);
  check.allow_gap();
  check.see(forger.add({start, "somebody", "rule.put", "r", "done"}));
  EXPECT_TRUE(check.broken());
}

TEST(audit_chain, EntryWrittenAnewWithItsOwnHashDoesNotFit) {
  auto entries = trail(3);
  audit_chain forger(audit_head{1, std::string(64, '7')});
  entries[1] = forger.add({start, "somebody", "rule.put", "r", "done"});
  EXPECT_THAT(checked(entries).broken().value_or(""), HasSubstr("behind number 1"));
}

TEST(audit_chain, TrailThatBeginsAnewIsBroken) {
  auto entries = trail(2);
  const auto anew = trail(2);
  entries.insert(entries.end(), anew.begin(), anew.end());
  EXPECT_TRUE(checked(entries).broken());
}

TEST(audit_chain, LongTextsAreCutBetweenCharacters) {
  audit_chain chain;
  std::string text(audit_text_bytes_max - 1, 'x');
  const std::string longer = text + "äö";
  const auto entry = nlohmann::json::parse(chain.add({start, longer, "b", "c", "d"}));
  EXPECT_EQ(entry["who"], text);
}

}  // namespace
}  // namespace nip::security
