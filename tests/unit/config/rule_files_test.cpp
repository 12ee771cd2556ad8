// Rules out of nip.yaml and rules.d/, each with its place.
#include "config/rule_files.hpp"

#include "router/rule.hpp"
#include "unit/config/config_test_kit.hpp"

namespace nip::config {
namespace {

using testing::HasSubstr;

class rule_files : public config_folder {
 protected:
  std::vector<std::string> ids(const configuration& read) {
    std::vector<std::string> found;
    for (const auto& rule : read.rules) found.push_back(rule.document.value("id", "?"));
    return found;
  }
};

TEST_F(rule_files, InlineRulesComeFirstThenFilesByName) {
  write("nip.yaml", "rules:\n  - {id: inline, to: [a]}\n");
  write("rules.d/20-b.yaml", "- {id: b1, to: [a]}\n- {id: b2, to: [a]}\n");
  write("rules.d/10-a.yaml", "rules:\n  - id: a1\n    to: [a]\n");
  write("rules.d/30-one.yaml", "id: single\nto: [a]\n");
  write("rules.d/.hidden.yaml", "not: [valid");
  write("rules.d/notes.txt", "no rules");
  write("rules.d/40-empty.yaml", "# nothing yet\n");
  const auto read = load_all();
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_THAT(ids(*read), testing::ElementsAre("inline", "a1", "b1", "b2", "single"));
  EXPECT_EQ(read->rules[0].where, path("nip.yaml") + ":2:5");
  EXPECT_EQ(read->rules[1].where, path("rules.d/10-a.yaml") + ":2:5");
}

TEST_F(rule_files, ValuesKeepTheTypesOfTheCoreSchema) {
  write("nip.yaml", "");
  write(
      "rules.d/a.yaml",
      "- id: x\n  when: message.data.amount > 1000\n  to: [{plugin: b, weight: 10}]\n"
      "  stop: true\n  retry: {attempts: 3, backoff: 1s}\n  note: 'yes'\n  ratio: .5\n  hex: 0x1F\n"
      "  none: ~\n  word: no\n");
  const auto read = load_all();
  ASSERT_TRUE(read);
  const auto& rule = read->rules[0].document;
  EXPECT_EQ(rule["when"], "message.data.amount > 1000");
  EXPECT_EQ(rule["to"][0]["weight"], 10);
  EXPECT_EQ(rule["stop"], true);
  EXPECT_EQ(rule["retry"]["backoff"], "1s");
  EXPECT_EQ(rule["note"], "yes");
  EXPECT_EQ(rule["ratio"], 0.5);
  EXPECT_EQ(rule["hex"], 31);
  EXPECT_TRUE(rule["none"].is_null());
  EXPECT_EQ(rule["word"], "no");
}

TEST_F(rule_files, OneBadRuleAmongTenThousandIsNamedByItsLine) {
  std::string text;
  for (int i = 0; i < 10'000; ++i)
    text += i == 6'789 ? "- 17\n" : "- {id: r" + std::to_string(i) + ", to: [echo]}\n";
  write("nip.yaml", "");
  write("rules.d/many.yaml", text);
  const auto read = load_all();
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, HasSubstr("many.yaml:6790:3: expected a rule"));
  EXPECT_EQ(std::ranges::count(read.error().detail, '\n'), 2) << "only that one is spoken of";
}

TEST_F(rule_files, PlaceLeadsTheMessageOfTheRulesOwnMistake) {
  write("nip.yaml", "");
  write("rules.d/a.yaml", "- id: fine\n  to: [echo]\n- id: bad\n  tu: [echo]\n");
  const auto read = load_all();
  ASSERT_TRUE(read);
  const auto& bad = read->rules[1];
  const auto parsed = router::parse_rule(bad.document, router::origin::file, bad.where);
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().detail, HasSubstr(path("rules.d/a.yaml") + ":3:3"));
  EXPECT_TRUE(
      router::parse_rule(read->rules[0].document, router::origin::file, read->rules[0].where));
}

TEST_F(rule_files, BrokenFileIsNamed) {
  write("nip.yaml", "");
  write("rules.d/a.yaml", "- id: x\n  when: \"open\n");
  EXPECT_THAT(load_all().error().detail, HasSubstr(path("rules.d/a.yaml") + ":"));
}

TEST_F(rule_files, PatternMayBeAFileAnEmptyTextOrMatchNothing) {
  write("nip.yaml", "services: {message_router: {rules: one.yaml}}\n");
  EXPECT_THAT(load_all().error().detail, HasSubstr("no file " + path("one.yaml")));
  write("one.yaml", "- {id: one, to: [a]}\n");
  EXPECT_THAT(ids(*load_all()), testing::ElementsAre("one"));
  write("nip.yaml", "services: {message_router: {rules: \"\"}}\n");
  EXPECT_TRUE(load_all()->rules.empty());
  write("nip.yaml", "services: {message_router: {rules: \"none.d/*.yaml\"}}\n");
  EXPECT_TRUE(load_all()->rules.empty());
}

TEST_F(rule_files, FolderWithWildcardsInItsNameIsNoPattern) {
  write("we[i]rd*/nip.yaml", "");
  write("we[i]rd*/rules.d/a.yaml", "- {id: a, to: [a]}\n");
  const auto read = load(folder_ / "we[i]rd*" / "nip.yaml", variables({}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rules.size(), 1u);
}

TEST_F(rule_files, OtherKeysBesideRulesAreRefused) {
  write("nip.yaml", "");
  write("rules.d/a.yaml", "rules: []\nversion: 1\n");
  EXPECT_THAT(load_all().error().detail, HasSubstr("a.yaml:2:1: unknown key \"version\""));
}

}  // namespace
}  // namespace nip::config
