#include "message/cloudevents.hpp"

#include <nlohmann/json.hpp>

#include "unit/message/envelope_fixture.hpp"

namespace nip::message {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class cloudevents : public envelope_fixture {
 protected:
  std::string envelope_of(std::string_view event) {
    auto text = reader_.structured(event);
    EXPECT_TRUE(text) << text.error().detail;
    return text.value_or("");
  }
  std::string refused(std::string_view event, errc code = errc::invalid_argument) {
    const auto text = reader_.structured(event);
    if (text) return "accepted";
    EXPECT_EQ(to_string(text.error().code), to_string(code)) << text.error().detail;
    return text.error().detail;
  }
  std::string written(const message& m) {
    std::string out;
    writer_.append_structured(out, m);
    return out;
  }
  /// Event to envelope to message to event.
  std::string around(std::string_view event) { return written(*make(envelope_of(event))); }

  cloudevents_reader reader_;
  cloudevents_writer writer_;
};

constexpr std::string_view full = R"({
  "specversion": "1.0", "id": "A234-1234-1234", "source": "/mycontext/caf\u00e9",
  "type": "com.example.order",
  "time": "2018-04-05T17:31:00Z", "subject": "order 7", "datacontenttype": "application/json",
  "dataschema": "https://example.com/order.json",
  "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "partitionkey": "customer-9", "correlationid": "c-1", "causationid": "z-1",
  "sampledrate": 5, "isnew": true,
  "comexampleextension1": "value \"quoted\"", "data": {"amount": 12.50, "lines": [1, 2]} })";

TEST_F(cloudevents, AttributesFindTheirPlaceInTheEnvelope) {
  const auto p = parse_good(envelope_of(full));
  EXPECT_EQ(p.view.id, "A234-1234-1234");
  EXPECT_EQ(p.view.source, "/mycontext/caf\u00e9");
  EXPECT_EQ(p.view.type, "com.example.order");
  EXPECT_EQ(p.view.timestamp, "2018-04-05T17:31:00Z");
  EXPECT_EQ(p.view.correlation_id, "c-1");
  EXPECT_EQ(p.view.ordering_key, "customer-9");
  EXPECT_EQ(p.view.causation_id, "z-1");
  EXPECT_EQ(p.view.traceparent, trace);
  EXPECT_EQ(p.view.data, R"({"amount": 12.50, "lines": [1, 2]})");
  const auto metadata = json::parse(p.view.metadata);
  EXPECT_EQ(metadata["ce_subject"], "order 7");
  EXPECT_EQ(metadata["ce_sampledrate"], 5);
  EXPECT_EQ(metadata["ce_isnew"], true);
  EXPECT_EQ(metadata["ce_comexampleextension1"], "value \"quoted\"");
}

TEST_F(cloudevents, AStructuredEventComesBackEqual) {
  EXPECT_EQ(json::parse(around(full)), json::parse(full));
  for (const std::string_view tail :
       {R"("data": "text", "datacontenttype": "text/plain")",
        R"("data_base64": "AAEC/w==", "datacontenttype": "image/png")", R"("data": 0)",
        R"("data": [])", R"("traceparent": "not of the W3C form")", R"("partitionkey": 7)",
        R"("correlationid": "", "causationid": true)"}) {
    const std::string event =
        R"({"specversion":"1.0","id":"1","source":"s","type":"t","time":"2018-04-05T17:31:00Z",)" +
        std::string(tail) + "}";
    EXPECT_EQ(json::parse(around(event)), json::parse(event)) << tail;
  }
}

TEST_F(cloudevents, NullAttributesCountAsAbsent) {
  const auto event = json::parse(
      around(R"({"specversion":"1.0","id":"1","source":"s","type":"t","subject":null,"data":null,)"
             R"("data_base64":"AA=="})"));
  EXPECT_FALSE(event.contains("subject"));
  EXPECT_EQ(event["data_base64"], "AA==");
  EXPECT_THAT(refused(R"({"specversion":"1.0","id":null,"source":"s","type":"t"})"),
              HasSubstr("must not be null"));
}

TEST_F(cloudevents, AMessageComesBackWithAllItsMetadata) {
  const auto m =
      make(R"({"id":"1","type":"t","source":"s","timestamp":"2026-01-01T00:00:00Z",)"
           R"("correlation_id":"c","data":{"a":1},)"
           R"("metadata":{"priority":"high","retry_count":2,"mine":{"deep":[1,{}]},)"
           R"("ordering_key":"k","ce_type":"forged",)"
           R"("ce_Bad":1,"ce_list":[1],"ce_nipmetadata":"x","hops":3,"ce_partitionkey":"other"}})");
  const auto event = json::parse(written(*m));
  EXPECT_EQ(event["type"], "t");
  EXPECT_EQ(event["partitionkey"], "k");
  const auto back = parse_good(envelope_of(event.dump()));
  EXPECT_EQ(back.view.urgency, priority::high);
  EXPECT_EQ(back.view.retry_count, 2U);
  EXPECT_EQ(back.view.hops, 3);
  EXPECT_EQ(back.view.correlation_id, "c");
  EXPECT_EQ(json::parse(back.view.metadata), json::parse(m->view().metadata));
  EXPECT_EQ(json::parse(back.view.data), json::parse(m->view().data));
}

TEST_F(cloudevents, AMessageWithoutSourceGetsOne) {
  EXPECT_EQ(json::parse(written(*make(R"({"type":"t"})")))["source"], "nip");
}

TEST_F(cloudevents, AForgedBase64MarkerDoesNotMakeABrokenEvent) {
  const auto event = json::parse(
      written(*make(R"({"type":"t","data":"not base64!","metadata":{"ce_data_base64":true}})")));
  EXPECT_EQ(event["data"], "not base64!");
  EXPECT_FALSE(event.contains("data_base64"));
}

TEST_F(cloudevents, BadEventsAreRefusedByAttribute) {
  const auto with = [&](std::string_view more, errc code = errc::invalid_argument) {
    return refused(
        R"({"specversion":"1.0","id":"1","source":"s","type":"t",)" + std::string(more) + "}",
        code);
  };
  EXPECT_THAT(refused(R"({"specversion":"1.0","id":"1","type":"t"})"),
              HasSubstr("\"source\": is missing"));
  EXPECT_THAT(
      refused(R"({"specversion":"0.3","id":"1","source":"s","type":"t"})", errc::unsupported),
      HasSubstr("only \"1.0\""));
  EXPECT_THAT(refused(R"({"specversion":"1.0","id":7,"source":"s","type":"t"})"),
              HasSubstr("\"id\": expected a string"));
  EXPECT_THAT(refused(R"({"specversion":"1.0","id":"","source":"s","type":"t"})"),
              HasSubstr("not empty"));
  EXPECT_THAT(with(R"("id":"2")"), HasSubstr("is there twice"));
  EXPECT_THAT(with(R"("x":1,"x":2)"), HasSubstr("is there twice"));
  EXPECT_THAT(with(R"("fooBar":1)"), HasSubstr("lower-case letters and digits"));
  EXPECT_THAT(with(R"("foo":[1])"), HasSubstr("got an array"));
  EXPECT_THAT(with(R"("data":1,"data_base64":"AA==")"), HasSubstr("one of them"));
  EXPECT_THAT(with(R"("data_base64":"A")"), HasSubstr("expected base64"));
  EXPECT_THAT(with(R"("time":5)"), HasSubstr("RFC 3339"));
  EXPECT_THAT(with(R"("datacontenttype":"a\r\nX-Evil: 1")"),
              HasSubstr("without control characters"));
  EXPECT_THAT(with(R"("nipmetadata":"[1]")"), HasSubstr("a JSON object as a string"));
  EXPECT_THAT(with(R"("nipmetadata":"{} , {}")"), HasSubstr("nipmetadata: byte 3"));
  EXPECT_THAT(with(R"("data":)", errc::parse),
              HasSubstr("cloudevent: byte 61: expected a JSON value"));
  EXPECT_THAT(refused("[]"), HasSubstr("expected a JSON object, got an array"));
}

TEST_F(cloudevents, AttributesAreBounded) {
  std::string event = R"({"specversion":"1.0","id":"1","source":"s","type":"t")";
  for (int i = 0; i < 200; ++i) event += ",\"x" + std::to_string(i) + "\":1";
  EXPECT_THAT(refused(event + "}"), HasSubstr("limit of 128 attributes"));
}

TEST_F(cloudevents, ABatchHasOneOutcomeAnEntry) {
  const auto entries = reader_.batch(
      R"([ {"specversion":"1.0","id":"1","source":"s","type":"t","data":[{"a":"]"}]},)"
      R"( {"id":"2"}, 3,)"
      R"({"specversion":"1.0","id":"4","source":"s","type":"t"} ])");
  ASSERT_TRUE(entries) << entries.error().detail;
  ASSERT_EQ(entries->size(), 4U);
  EXPECT_EQ(parse_good(*(*entries)[0]).view.data, R"([{"a":"]"}])");
  EXPECT_THAT((*entries)[1].error().detail, HasSubstr("is missing"));
  EXPECT_THAT((*entries)[2].error().detail, HasSubstr("expected an object, got number 3"));
  EXPECT_EQ(parse_good(*(*entries)[3]).view.id, "4");
  EXPECT_TRUE(reader_.batch("[]")->empty());
  EXPECT_THAT(reader_.batch("{}").error().detail, HasSubstr("expected a JSON array"));
  std::string many = "[0";
  for (std::size_t i = 0; i < cloudevents_reader::batch_max; ++i) many += ",0";
  EXPECT_EQ(reader_.batch(many + "]").error().code, errc::too_large);
}

class binary_cloudevents : public cloudevents {
 protected:
  result<std::string> read(std::vector<header> more, std::string_view content_type,
                           std::string_view body) {
    std::vector<header> headers{{"Ce-SpecVersion", "1.0"},
                                {"ce-id", "1"},
                                {"CE-Source", "s"},
                                {"ce-type", "t"},
                                {"Accept", "*/*"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return reader_.binary(headers, content_type, body);
  }
  binary_event around(std::vector<header> more, std::string_view content_type,
                      std::string_view body) {
    const auto envelope = read(std::move(more), content_type, body);
    EXPECT_TRUE(envelope) << envelope.error().detail;
    return writer_.binary(*make(envelope.value_or("")));
  }
  static std::string value_of(const binary_event& event, std::string_view name) {
    for (const auto& [key, value] : event.headers)
      if (key == name) return value;
    return "(absent)";
  }
};

TEST_F(binary_cloudevents, HeadersAreAttributes) {
  const auto text =
      read({{"ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80"}, {"ce-quoted", R"("a \"b\"")"}},
           "application/json", R"({"a":1})");
  ASSERT_TRUE(text) << text.error().detail;
  const auto p = parse_good(*text);
  EXPECT_EQ(p.view.id, "1");
  EXPECT_EQ(p.view.data, R"({"a":1})");
  EXPECT_EQ(json::parse(p.view.metadata)["ce_subject"], "Euro \u20ac \U0001F600");
  EXPECT_EQ(json::parse(p.view.metadata)["ce_quoted"], "a \"b\"");
}

TEST_F(binary_cloudevents, ComesBackAsItWas) {
  const std::string bytes("\x00\xff\x10 bytes", 9);
  const std::pair<std::string, std::string> bodies[] = {
      {"application/json", R"({"a":[1,2]})"},
      {"application/vnd.x+json; charset=utf-8", "\"text\""},
      {"text/plain", "caf\u00e9 \"quoted\"\n"},
      {"application/octet-stream", bytes},
      {"", ""}};
  for (const auto& [type, body] : bodies) {
    const binary_event event = around(
        {{"ce-subject", "100%25%20%22sure%22"}, {"ce-time", "2018-04-05T17:31:00Z"}}, type, body);
    EXPECT_EQ(event.body, body) << type;
    EXPECT_EQ(event.content_type, type);
    EXPECT_EQ(value_of(event, "ce-subject"), "100%25%20%22sure%22");
    EXPECT_EQ(value_of(event, "ce-time"), "2018-04-05T17:31:00Z");
    EXPECT_EQ(value_of(event, "ce-specversion"), "1.0");
    EXPECT_EQ(value_of(event, "ce-nipmetadata"), "(absent)");
  }
}

TEST_F(binary_cloudevents, BytesWithoutATypeAreOctets) {
  const auto m = make(R"({"type":"t","data":"AAEC","metadata":{"ce_data_base64":true}})");
  const binary_event event = writer_.binary(*m);
  EXPECT_EQ(event.content_type, "application/octet-stream");
  EXPECT_EQ(event.body, std::string("\0\1\2", 3));
}

TEST_F(binary_cloudevents, ATypeWithoutABodyStaysAHeader) {
  const binary_event event = around({}, "application/xml", "");
  EXPECT_EQ(event.content_type, "");
  EXPECT_EQ(value_of(event, "ce-datacontenttype"), "application/xml");
}

TEST_F(binary_cloudevents, TheBodyCannotReachTheEnvelope) {
  EXPECT_EQ(read({}, "application/json", R"(1,"type":"other")").error().code, errc::parse);
  EXPECT_EQ(read({}, "application/json", "{").error().code, errc::parse);
  EXPECT_EQ(read({}, "application/octet-stream", std::string((1 << 20) + 1, 'x')).error().code,
            errc::too_large);
}

TEST_F(binary_cloudevents, AForgedContentTypeCannotSplitTheHeaders) {
  const auto m =
      make(R"({"type":"t","data":1,"metadata":{"ce_datacontenttype":"a\r\nX-Evil: 1"}})");
  EXPECT_EQ(writer_.binary(*m).content_type, "application/json");
  EXPECT_THAT(read({}, "text/\xff", "x").error().detail, HasSubstr("datacontenttype"));
}

TEST_F(binary_cloudevents, BrokenHeadersAreRefusedByName) {
  for (const char* value : {"%", "%2", "%zz", "\"open", "%ff", "\"a\"b"})
    EXPECT_THAT(read({{"ce-subject", value}}, "", "").error().detail,
                HasSubstr("header ce-subject"))
        << value;
  EXPECT_THAT(read({{"ce-id", "2"}}, "", "").error().detail, HasSubstr("is there twice"));
  EXPECT_THAT(reader_.binary({}, "", "").error().detail, HasSubstr("\"specversion\": is missing"));
}

TEST(cloudevents_form_of, FollowsContentTypeThenHeader) {
  EXPECT_EQ(form_of("application/cloudevents+json; charset=utf-8", false),
            cloudevents_form::structured);
  EXPECT_EQ(form_of("Application/CloudEvents-Batch+JSON", true), cloudevents_form::batch);
  EXPECT_EQ(form_of("application/json", true), cloudevents_form::binary);
  EXPECT_EQ(form_of("", false), cloudevents_form::none);
  EXPECT_EQ(form_of("application/json", false), cloudevents_form::none);
}

}  // namespace
}  // namespace nip::message
