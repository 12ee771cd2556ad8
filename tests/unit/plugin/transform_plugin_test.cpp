#include "unit/plugin/harness.hpp"

namespace nip::plugin::test {

class transform_plugin : public shard_test {
 protected:
  note apply(const nlohmann::json& config, const std::string& envelope) {
    auto plugin = create(spec_of(shipped_plugin("transform"), config));
    const note said = ask(*plugin, make_work_of(envelope));
    stop(plugin);
    return said;
  }
  std::string refusal(const nlohmann::json& config) {
    const auto made = try_create(spec_of(shipped_plugin("transform"), config));
    return made ? std::string() : made.error().detail;
  }
  static std::string message(const std::string& data, const std::string& metadata = "{}") {
    return R"({"id":"m","type":"order","timestamp":"2026-01-02T03:04:05Z","data":)" + data +
           R"(,"metadata":)" + metadata + "}";
  }
};

TEST_F(transform_plugin, ExpressionsBuildTheReply) {
  const auto said = nlohmann::json::parse(
      apply({{"set",
              {{"type", "message.type + '.priced'"},
               {"data.total", "message.data.price * message.data.quantity"},
               {"data.note.deep", "[message.id, 'x']"},
               {"metadata.region", "message.data.country == 'DE' ? 'eu' : 'other'"}}}},
            message(R"({"price":2.5,"quantity":4.0,"country":"DE"})"))
          .reply);
  EXPECT_EQ(said["type"], "order.priced");
  EXPECT_EQ(said["data"]["total"], 10.0);
  EXPECT_EQ(said["data"]["price"], 2.5);
  EXPECT_EQ(said["data"]["note"]["deep"], nlohmann::json::parse(R"(["m","x"])"));
  EXPECT_EQ(said["metadata"]["region"], "eu");
}

TEST_F(transform_plugin, MergePatchAddsReplacesAndRemoves) {
  const auto said = nlohmann::json::parse(
      apply({{"merge", {{"data", {{"secret", nullptr}, {"kept", {{"b", 2}}}}}, {"type", "clean"}}}},
            message(R"({"secret":1,"kept":{"a":1}})"))
          .reply);
  EXPECT_EQ(said["type"], "clean");
  EXPECT_EQ(said["data"], nlohmann::json::parse(R"({"kept":{"a":1,"b":2}})"));
}

TEST_F(transform_plugin, ExpressionsSeeWhatCameInAndWinOverThePatch) {
  const auto said = nlohmann::json::parse(
      apply({{"merge", {{"data", {{"n", 100}}}}}, {"set", {{"data.m", "message.data.n + 1"}}}},
            message(R"({"n":1})"))
          .reply);
  EXPECT_EQ(said["data"], nlohmann::json::parse(R"({"n":100,"m":2})"));
}

TEST_F(transform_plugin, UntouchedDataGoesThroughByteByByte) {
  const std::string odd = R"({"big":12345678901234567890,"exp":1.50e3, "s":"\u00e9"})";
  const std::string reply = apply({{"set", {{"type", "'x'"}}}}, message(odd)).reply;
  EXPECT_NE(reply.find(odd), std::string::npos) << reply;
}

TEST_F(transform_plugin, MetadataOfOneMessageOnlyIsNotInherited) {
  const auto said = nlohmann::json::parse(
      apply({{"to_topic", "out"}, {"publish", false}},
            message("1",
                    R"({"topic":"in","idempotency_key":"k","hops":3,"priority":"high","mine":1})"))
          .reply);
  EXPECT_EQ(said["metadata"],
            nlohmann::json::parse(R"({"topic":"out","priority":"high","mine":1})"));
}

TEST_F(transform_plugin, DroppedIsDoneWithoutAReply) {
  const nlohmann::json config = {{"drop_if", "message.data.test"}, {"publish", true}};
  const note dropped = apply(config, message(R"({"test":true})"));
  EXPECT_EQ(dropped.status, handled::done);
  EXPECT_EQ(dropped.reply, "");
  EXPECT_TRUE(owner_.emissions.empty());
  apply(config, message(R"({"test":false})"));
  EXPECT_EQ(owner_.emissions.size(), 1U);
}

TEST_F(transform_plugin, PublishedResultIsSafeBeforeTheDeliveryIsDone) {
  auto plugin =
      create(spec_of(shipped_plugin("transform"),
                     {{"set", {{"data.n", "1"}}}, {"to_topic", "a.b"}, {"ack", "memory"}}));
  const work one = make_work_of(message("{}"));
  const note said = ask(*plugin, one);
  EXPECT_EQ(owner_.events,
            (std::vector<std::string>{"publish", "complete " + std::to_string(one.token)}));
  EXPECT_EQ(said.status, handled::done);
  EXPECT_EQ(said.reply, owner_.emissions[0]);
  EXPECT_EQ(owner_.causes[0], one.message);
  EXPECT_EQ(nlohmann::json::parse(owner_.emissions[0])["metadata"]["topic"], "a.b");
  stop(plugin);
}

TEST_F(transform_plugin, ExpressionThatFailsOnAMessageFailsItForGoodWithItsPlace) {
  const note failed = apply({{"set", {{"data.x", "message.data.missing + 1"}}}}, message("{}"));
  EXPECT_EQ(failed.status, handled::permanent);
  EXPECT_NE(failed.error.find("set.data.x"), std::string::npos) << failed.error;
  EXPECT_NE(failed.error.find("missing"), std::string::npos) << failed.error;
  EXPECT_EQ(apply({{"drop_if", "message.data.n"}}, message(R"({"n":1})")).status,
            handled::permanent);
  EXPECT_EQ(apply({{"set", {{"type", "''"}}}}, message("{}")).status, handled::permanent);
  const note above = apply({{"set", {{"data.a.b", "1"}}}}, message(R"({"a":5})"));
  EXPECT_NE(above.error.find("there is a number above"), std::string::npos) << above.error;
}

TEST_F(transform_plugin, BadSettingsAreRefusedWithTheirKey) {
  EXPECT_NE(refusal({{"set", {{"data.x", "1 +"}}}}).find("set.data.x"), std::string::npos);
  EXPECT_NE(refusal({{"set", {{"data.x", "massage.id"}}}}).find("did you mean"), std::string::npos);
  EXPECT_NE(refusal({{"set", {{"id", "1"}}}}).find("a path starts with"), std::string::npos);
  EXPECT_NE(refusal({{"set", {{"data..x", "1"}}}}).find("empty step"), std::string::npos);
  EXPECT_NE(refusal({{"merge", {{"id", 1}}}}).find("merge.id"), std::string::npos);
}

}  // namespace nip::plugin::test
