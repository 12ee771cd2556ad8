// The configuration in force, as it is shown.
#include "config/print.hpp"

#include "config/keys.hpp"
#include "config/redact.hpp"
#include "unit/config/config_test_kit.hpp"

namespace nip::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(print, WhatIsPrintedLoadsToTheSame) {
  const configuration read = loaded(R"(
api_gateway:
  address: [":1", "[::1]:2"]
  server_name: "yes"
  timeouts: { idle: 90s }
  limits: { body_bytes: 3Mi }
services:
  message_router: { replicas: 4, resources: { cpu: 250m, memory: 64Mi }, unrouted: refuse }
plugins:
  a:
    { use: http, enabled: false, execution: inline, config: { "odd key: #":
      [1, { x: [] }, "${A:-}$${B}", ~, true, "true", 1.5, "- x", "\"q\"\n"] } }
  b:
)");
  const std::string text = print(read);
  const configuration again = loaded(text);
  EXPECT_EQ(to_json(again), to_json(read)) << text;
  EXPECT_EQ(again.plugins[0].config, read.plugins[0].config);
  EXPECT_FALSE(again.plugins[0].enabled);
  EXPECT_EQ(again.plugins[0].runs, plugin::execution::inline_);
  EXPECT_EQ(again.plugins[1].runs, std::nullopt);
}

TEST(print, DefaultsLoadToTheSame) {
  const std::string text = print(configuration{});
  EXPECT_EQ(to_json(loaded(text)), to_json(configuration{})) << text;
}

TEST(print, EveryKeyIsPrintedWithItsDefault) {
  const auto shown = to_json(configuration{});
  for (const auto& each : configuration_keys()) {
    std::string pointer = "/" + each.path;
    std::ranges::replace(pointer, '.', '/');
    EXPECT_TRUE(shown.contains(nlohmann::ordered_json::json_pointer(pointer))) << each.path;
  }
  EXPECT_EQ(shown["services"]["message_router"]["replicas"], "auto");
  EXPECT_EQ(shown["services"]["message_router"]["resources"]["memory"], "256Mi");
  EXPECT_EQ(shown["api_gateway"]["timeouts"]["idle"], "1m");
}

TEST(print, SecretsAreNotShown) {
  const std::string text = print(loaded(R"(
plugins:
  http:
    config:
      url: "https://user:hunter2@example.org/a@b"
      signing_secret: "whsec_1"
      headers: { Authorization: "Bearer abc", X-Api-Key: "k1", Accept: "text/plain" }
      list: [ { password: p1 } ]
      token_bytes: 1717
      use_token: true
)"));
  for (const char* secret : {"hunter2", "whsec_1", "abc", "k1", "p1", "1717"})
    EXPECT_THAT(text, Not(HasSubstr(secret))) << secret;
  EXPECT_THAT(text, HasSubstr("https://user:***@example.org/a@b"));
  EXPECT_THAT(text, HasSubstr("text/plain"));
  EXPECT_THAT(text, HasSubstr("use_token: true"));
}

TEST(redact, LeavesUrlsWithoutPasswordAlone) {
  for (const char* text : {"https://example.org/x:y@z", "http://u@h/", "no url: a@b", "a://b"})
    EXPECT_EQ(redact(text), text);
}

TEST(keys, EachIsDescribedOnceByASentence) {
  std::set<std::string> seen;
  for (const auto& each : configuration_keys()) {
    EXPECT_TRUE(seen.insert(each.path).second) << each.path;
    EXPECT_TRUE(each.doc.ends_with('.')) << each.path;
  }
  for (const auto& path : seen)
    for (const auto& other : seen)
      EXPECT_FALSE(other.starts_with(path + ".")) << path << " is a key and a section of " << other;
}

TEST(json_schema, DescribesEveryKeyWithItsDefault) {
  const auto schema = json_schema();
  EXPECT_EQ(schema["additionalProperties"], false);
  const auto& router =
      schema["properties"]["services"]["properties"]["message_router"]["properties"];
  EXPECT_EQ(router["unrouted"]["enum"], nlohmann::json({"accept", "refuse", "dead-letter"}));
  EXPECT_EQ(router["unrouted"]["default"], "accept");
  EXPECT_EQ(router["resources"]["properties"]["memory"]["default"], "256Mi");
  EXPECT_TRUE(router["replicas"].contains("oneOf"));
  const auto& plugin = schema["properties"]["plugins"]["additionalProperties"];
  EXPECT_EQ(plugin["properties"]["isolation"]["enum"][2], "wasm");
}

TEST(size, IsReadAndWritten) {
  EXPECT_EQ(parse_size("256Mi").value(), std::uint64_t{256} << 20);
  EXPECT_EQ(parse_size("1.5Ki").value(), 1536u);
  EXPECT_EQ(parse_size("10MB").value(), 10'000'000u);
  EXPECT_EQ(parse_size("0").value(), 0u);
  for (const char* text :
       {"", "Mi", "-1", "1.5", "1Xi", "1 Mi", "1MiBB", "1e9", ".5Ki", "9999999Ti", "1m"})
    EXPECT_FALSE(parse_size(text)) << text;
  for (const std::uint64_t bytes :
       {0ull, 1ull, 1023ull, 1024ull, 1536ull, 1ull << 30, (1ull << 40) + 1024})
    EXPECT_EQ(parse_size(format_size(bytes)).value(), bytes);
}

}  // namespace
}  // namespace nip::config
