// What an operator reads when nip.yaml is wrong.
#include "unit/config/config_test_kit.hpp"

namespace nip::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(mistakes, UnknownKeyNamesPlaceNearestKeyAndShowsACaret) {
  EXPECT_EQ(refusal_of("api_gateway:\n  adress: \":8080\"\n"),
            "nip.yaml:2:3: unknown key \"adress\" in api_gateway; did you mean \"address\"?\n"
            "    2 |   adress: \":8080\"\n"
            "      |   ^");
}

TEST(mistakes, UnknownKeyNearNothingListsWhatIsKnown) {
  EXPECT_THAT(refusal_of("services:\n  event_bus: { zzzzzz: 1 }\n"),
              HasSubstr("known: backend, path, ack, segment_bytes"));
  EXPECT_THAT(refusal_of("plugin: {}\n"),
              HasSubstr("unknown key \"plugin\"; did you mean \"plugins\"?"));
}

TEST(mistakes, WrongTypesSayWhatWasExpectedAndWhatCame) {
  const auto says = [](const char* text, const char* message) {
    EXPECT_THAT(refusal_of(text), HasSubstr(message)) << text;
  };
  says("services: {observability: {metrics: yes}}", "expected true or false, got the text \"yes\"");
  says("services: {observability: {metrics: 1}}", "expected true or false, got the number 1");
  says("services: {observability: {log: {level: inof}}}",
       "got the text \"inof\"; did you mean \"info\"?");
  says("services: {observability: {log: debug}}",
       "expected a map with level, format, repeats_per_second, got a value");
  says("services: {message_router: {replicas: many}}",
       "expected a whole number from 1 to 1024, or auto");
  says("services: {message_router: {replicas: 0}}", "or auto, got the number 0");
  says("services: {message_router: {replicas: -1}}", "or auto, got the number -1");
  says("services: {message_router: {resources: {memory: big}}}", "expected a size such as 256Mi");
  says("services: {message_router: {resources: {memory: 1Ki}}}",
       "expected a size from 1Mi to 1024Ti");
  says("services: {message_router: {resources: {cpu: 5x}}}",
       "expected cores such as 2, 1.5 or 500m");
  says("services: {event_bus: {lazy_sync: 5}}", "expected a duration such as 250ms");
  says("services: {event_bus: {path: [a]}}", "expected a path, got a list");
  says("api_gateway: {limits: {headers: 65}}",
       "expected a whole number from 1 to 64, got the number 65");
  says("api_gateway: {limits: {headers: 1.5}}", "got the number 1.5");
  says("api_gateway: [1]", "api_gateway: expected a map with address, tls");
  says("environment: prod", "expected one of development, production");
  says("plugins: [a]", "plugins: expected a map of names, got a list");
  says("plugins: {a: 1}", "plugins.a: expected a map, got a value");
  says("plugins: {a: {config: 1}}", "config: expected a map, got the number 1");
  says("plugins: {\"a/b\": {}}", "\"a/b\" is not a plugin name");
  says("plugins: {a: {enable: true}}", "did you mean \"enabled\"?");
  says("rules: 3", "rules: expected a list of rules, got a value");
  says("rules: [3]", "expected a rule (a map with when and to), got a value");
  says("- a\n", "expected a map of settings, got a list");
  says("just text\n", "expected a map of settings, got a value");
}

TEST(mistakes, AddressesAreCheckedByForm) {
  for (const char* address :
       {"8080", "host", "host:", "host:http", "host:65536", "host:-1", "::1:80", "[::1:80", ""})
    EXPECT_THAT(refusal_of(std::string("api_gateway: {address: \"") + address + "\"}"),
                HasSubstr("expected host:port"))
        << address;
  EXPECT_THAT(refusal_of("api_gateway: {address: []}"), HasSubstr("at least one address"));
}

TEST(mistakes, EveryMistakeIsShownAtOnceUpToABound) {
  const std::string two = refusal_of("a1: 1\nservices: {x1: 1}\n");
  EXPECT_THAT(two, HasSubstr("\"a1\""));
  EXPECT_THAT(two, HasSubstr("\"x1\""));
  std::string many;
  for (int i = 0; i < 30; ++i) many += "zz" + std::to_string(i) + ": 1\n";
  const std::string shown = refusal_of(many);
  EXPECT_THAT(shown, HasSubstr("zz19"));
  EXPECT_THAT(shown, Not(HasSubstr("\"zz20\"")));
  EXPECT_THAT(shown, HasSubstr("and 10 more"));
}

TEST(mistakes, DuplicateKeysAreRefusedAtEveryDepth) {
  EXPECT_THAT(refusal_of("a: 1\nb: 2\na: 3\n"),
              HasSubstr("nip.yaml:3:1: duplicate key \"a\"; it stands in line 1 already"));
  EXPECT_THAT(refusal_of("plugins: {p: {config: {x: 1, x: 2}}}\n"),
              HasSubstr("duplicate key \"x\""));
}

TEST(mistakes, BrokenYamlNamesThePlace) {
  EXPECT_THAT(refusal_of("a: b: c\n"),
              HasSubstr("nip.yaml:1:5: not valid YAML: illegal map value"));
  EXPECT_THAT(refusal_of("a: 'x"), HasSubstr("a quote is not closed"));
  EXPECT_THAT(refusal_of("a: \"x\nb: 1\n"), HasSubstr("a quote is not closed"));
  EXPECT_THAT(refusal_of("a: b\n c: \"\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(refusal_of("a: [1\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(refusal_of("a: *b\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(refusal_of("? [a]\n: 1\n"), HasSubstr("a key must be a word"));
  EXPECT_THAT(refusal_of("a: !!binary xx\n"), HasSubstr("tag"));
  EXPECT_THAT(refusal_of("a: 1\n---\nb: 1\n"), HasSubstr("several documents"));
}

TEST(mistakes, WhatIsNoTextIsRefused) {
  EXPECT_THAT(refusal_of("a: \x04 1\n"), HasSubstr("nip.yaml:1:4: control character 0x04"));
  EXPECT_THAT(refusal_of(std::string("a: \0b", 5)), HasSubstr("control character 0x00"));
  EXPECT_THAT(refusal_of("a: \xff\n"), HasSubstr("not UTF-8"));
}

TEST(mistakes, BombsAreRefused) {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep = "[" + deep + "]";
  EXPECT_THAT(refusal_of("a: " + deep), HasSubstr("nested deeper than 64 levels"));
  std::string laughs = "plugins:\n  a: {config: {v0: &v0 [1,1,1,1,1,1,1,1,1,1]";
  for (int i = 1; i < 9; ++i) {
    laughs += ", v" + std::to_string(i) + ": &v" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) laughs += (k ? ",*v" : "*v") + std::to_string(i - 1);
    laughs += "]";
  }
  EXPECT_THAT(refusal_of(laughs + "}}\n"), HasSubstr("aliases add more than"));
  EXPECT_THAT(refusal_of("plugins: {a: {config: {x: &x [*x]}}}\n"),
              HasSubstr("an alias to what contains it"));
}

TEST(mistakes, AliasesWithinBoundsAreResolved) {
  const configuration read = loaded("plugins:\n  a: &shared {version: \"1\"}\n  b: *shared\n");
  EXPECT_EQ(read.plugins.at(1).version, "1");
}

}  // namespace
}  // namespace nip::config
