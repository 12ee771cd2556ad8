#include "plugin/schema.hpp"

#include <gtest/gtest.h>

namespace nip::plugin {

namespace {

const nlohmann::json schema = nlohmann::json::parse(R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["url"],
  "properties": {
    "url": {"type": "string", "minLength": 1},
    "retry": {"type": "object", "properties": {"attempts": {"type": "integer", "minimum": 1}}},
    "hosts": {"type": "array", "items": {"type": "string"}}
  }
})");

std::string refusal(const char* config) {
  const status checked = check_config(nlohmann::json::parse(config), schema);
  return checked ? "" : checked.error().detail;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST(schema, AcceptsWhatItAllows) {
  EXPECT_EQ(refusal(R"({"url": "x", "retry": {"attempts": 3}, "hosts": ["a"]})"), "");
  EXPECT_TRUE(check_config({{"anything", 1}}, nlohmann::json::object()));
}

TEST(schema, NamesThePlaceAndWhatWasFound) {
  const std::string deep = refusal(R"({"url": "x", "retry": {"attempts": 0}})");
  EXPECT_TRUE(contains(deep, "config.retry.attempts: ")) << deep;
  EXPECT_TRUE(contains(deep, "(found 0)")) << deep;
  EXPECT_TRUE(contains(refusal(R"({"url": "x", "hosts": ["a", 5]})"), "config.hosts[1]: "));
  EXPECT_TRUE(contains(refusal("{}"), "url"));
  EXPECT_TRUE(contains(refusal(R"({"url": "x", "ulr": 1})"), "ulr"));
}

TEST(schema, ShowsAtMostFiveViolationsAndCutsValues) {
  std::string hosts;
  for (int i = 0; i < 50; ++i) hosts += (i > 0 ? "," : "") + std::to_string(i);
  EXPECT_LT(refusal((R"({"url": "x", "hosts": [)" + hosts + "]}").c_str()).size(), 1000U);
  const std::string big =
      refusal((R"({"url": "x", "retry": ")" + std::string(5000, 'y') + "\"}").c_str());
  EXPECT_LT(big.size(), 500U);
}

TEST(schema, UnusableSchemasAreRefusedWhenTheLibraryIsLoaded) {
  EXPECT_FALSE(check_schema(nlohmann::json::parse("[]")));
  EXPECT_FALSE(check_schema(nlohmann::json::parse(R"({"type": "strnig"})")));
  EXPECT_FALSE(check_schema(nlohmann::json::parse(R"({"$ref": "http://elsewhere/schema"})")));
  EXPECT_TRUE(check_schema(schema));
}

}  // namespace nip::plugin
