#include "broker/compose.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nip::broker {
namespace {

using json = nlohmann::json;

json composed(std::string_view text, const replacement& with) {
  std::string padded(text);
  padded.append(message::message::padding, '\0');
  message::codec codec;
  const auto in = codec.parse(std::string_view(padded).substr(0, text.size()));
  EXPECT_TRUE(in) << in.error().detail;
  std::string out = "kept in front";
  const auto view = compose(out, *in, with);
  EXPECT_TRUE(codec.parse(view)) << view;
  return json::parse(view);
}

TEST(composed_envelope, IsTheSameWhenNothingIsReplaced) {
  const auto text =
      R"({"id":"a","type":"t","timestamp":"2026-11-22T02:10:07Z","correlation_id":"c",)"
      R"("source":"s",)"
      R"("data":{"x":[1,"\u00fc"]},"metadata":{"mine":{"a":1},"priority":"high"}})";
  EXPECT_EQ(composed(text, {}), json::parse(text));
  EXPECT_EQ(composed(R"({"type":"t"})", {}), json::parse(R"({"type":"t"})"));
}

TEST(composed_envelope, TakesWhatIsReplaced) {
  const auto made = composed(R"({"id":"a","type":"t","source":"s","metadata":{"hops":3,"mine":1}})",
                             {.type = "u \"x\"",
                              .source = "p",
                              .correlation_id = "c",
                              .metadata = {{"hops", "4"}, {"topic", "\"q\""}}});
  EXPECT_EQ(made, json::parse(R"({"id":"a","type":"u \"x\"","source":"p","correlation_id":"c",
    "metadata":{"hops":4,"topic":"q","mine":1}})"));
}

TEST(composed_envelope, ANewIdentityHasNoIdAndNoTimestamp) {
  const auto made = composed(R"({"id":"a","type":"t","timestamp":"2026-11-22T02:10:07Z"})",
                             {.new_identity = true});
  EXPECT_EQ(made, json::parse(R"({"type":"t"})"));
}

TEST(composed_envelope, EscapedTextStaysTheSame) {
  const auto text = R"({"id":"a\"b\"","type":"\u0041/\\","data":"x\n"})";
  EXPECT_EQ(composed(text, {}), json::parse(text));
  EXPECT_EQ(quoted("a\"\n"), R"("a\"\n")");
}

}  // namespace
}  // namespace nip::broker
