#include "message/codec.hpp"

#include "unit/message/envelope_fixture.hpp"

namespace nip::message {
namespace {

using testing::HasSubstr;
using envelope_codec = envelope_fixture;

TEST_F(envelope_codec, EveryKeyOfTheEnvelopeIsRead) {
  const auto p =
      parse_good(R"( {"id":"a-1","type":"order.created","timestamp":"2026-11-22T02:10:07Z",)"
                 R"("correlation_id":"c","source":"api","data": {"amount": [1, 2.5]} ,)"
                 R"("metadata":{"priority":"high"}} )");
  EXPECT_EQ(p.view.id, "a-1");
  EXPECT_TRUE(p.view.client_id);
  EXPECT_EQ(p.view.type, "order.created");
  EXPECT_EQ(p.view.timestamp, "2026-11-22T02:10:07Z");
  EXPECT_EQ(p.view.correlation_id, "c");
  EXPECT_EQ(p.view.source, "api");
  EXPECT_EQ(p.view.data, R"({"amount": [1, 2.5]})");
  EXPECT_EQ(p.view.metadata, R"({"priority":"high"})");
  EXPECT_EQ(p.view.urgency, priority::high);
  EXPECT_FALSE(p.has_decoded);
  EXPECT_EQ(p.text.front(), '{');
  EXPECT_EQ(p.text.back(), '}');
}

TEST_F(envelope_codec, EveryKnownMetadataKeyIsRead) {
  const auto p = parse_good(
      R"({"type":"t","metadata":{"priority":"critical","retry_count":7,"deadline":"30s",)"
      R"("tenant":"acme","ordering_key":"k",)"
      R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
      R"("idempotency_key":"i","topic":"orders.big","reply_to":"answers","causation_id":"z",)"
      R"("hops":65535,"mandatory":true,"mine":{"type":[]}}})");
  EXPECT_EQ(p.view.urgency, priority::critical);
  EXPECT_EQ(p.view.retry_count, 7U);
  EXPECT_EQ(p.view.deadline, "30s");
  EXPECT_EQ(p.view.tenant, "acme");
  EXPECT_EQ(p.view.ordering_key, "k");
  EXPECT_EQ(p.view.traceparent, trace);
  EXPECT_EQ(p.view.idempotency_key, "i");
  EXPECT_EQ(p.view.topic, "orders.big");
  EXPECT_EQ(p.view.reply_to, "answers");
  EXPECT_EQ(p.view.causation_id, "z");
  EXPECT_EQ(p.view.hops, 65535);
  EXPECT_TRUE(p.view.mandatory);
  EXPECT_FALSE(p.view.client_id);
}

TEST_F(envelope_codec, TheOldEnvelopeOfThreeKeysIsOne) {
  const auto p = parse_good(R"({"id":"42","type":"greeting","data":"hello"})");
  EXPECT_EQ(p.view.id, "42");
  EXPECT_EQ(p.view.data, R"("hello")");
  EXPECT_EQ(p.view.urgency, priority::normal);
}

TEST_F(envelope_codec, DataMayBeAnyJsonValueAndStaysAsItCame) {
  for (const std::string value : {"1", "-0.5e3", "true", "\"a\\u0041\"", "[ 1 ,\t2 ]", "{}", "[]",
                                  "{\"a\":1,\"a\":2}", "\"}]\""})
    EXPECT_EQ(parse_good(R"({"type":"t","data": )" + value + " \n}").view.data, value);
}

TEST_F(envelope_codec, NullCountsAsAbsent) {
  const auto p = parse_good(
      R"({"id":null,"type":"t","timestamp":null,"source":null,"data":null,"correlation_id":null,)"
      R"("metadata":null})");
  EXPECT_TRUE(p.view.id.empty());
  EXPECT_FALSE(p.view.client_id);
  EXPECT_TRUE(p.view.data.empty());
  EXPECT_TRUE(p.view.metadata.empty());
  EXPECT_EQ(p.text.substr(p.null_at.id, 4), "null");
  EXPECT_EQ(p.text.substr(p.null_at.metadata, 4), "null");
  const auto inner = parse_good(
      R"({"type":"t","metadata":{"priority":null,"retry_count":null,"hops":null,"mandatory":null,)"
      R"("topic":null,"deadline":null,"traceparent":null,"tenant":null}})");
  EXPECT_EQ(inner.view.urgency, priority::normal);
  EXPECT_TRUE(inner.view.topic.empty());
}

TEST_F(envelope_codec, EscapedStringsAreDecoded) {
  const auto p = parse_good(
      R"({"type":"a\/b","\u0069d":"caf\u00e9 \ud83d\ude00","metadata":{"ten\u0061nt":"x\"y"}})");
  EXPECT_EQ(p.view.type, "a/b");
  EXPECT_EQ(p.view.id, "caf\u00e9 \U0001F600");
  EXPECT_EQ(p.view.tenant, "x\"y");
  EXPECT_TRUE(p.has_decoded);
}

TEST_F(envelope_codec, DataAndMetadataAreHandedOnAsParsedElements) {
  const auto p = parse_good(R"({"data":{"n":5},"type":"t","metadata":{"k":"v"}})");
  EXPECT_EQ(std::int64_t(p.data["n"]), 5);
  EXPECT_EQ(std::string_view(p.metadata["k"]), "v");
}

TEST_F(envelope_codec, WrongTypeNamesKeyPlaceAndBothTypes) {
  EXPECT_EQ(refusal(R"({"id":"a",  "type":5})"),
            R"(envelope: key "type" at byte 12: expected a string, got number 5)");
  EXPECT_EQ(refusal(R"({"type":"t","id":[1]})"),
            R"(envelope: key "id" at byte 12: expected a string, got an array)");
  EXPECT_EQ(refusal(R"({"type":"t","metadata":"x"})"),
            R"(envelope: key "metadata" at byte 12: expected an object, got string "x")");
  EXPECT_EQ(refusal(R"({"type":"t","source":{}})"),
            R"(envelope: key "source" at byte 12: expected a string, got an object)");
  EXPECT_EQ(refusal(R"({"type":"t","correlation_id":false})"),
            R"(envelope: key "correlation_id" at byte 12: expected a string, got boolean false)");
}

TEST_F(envelope_codec, WrongMetadataNamesItsKey) {
  const auto refused = [&](std::string member) {
    return refusal(R"({"type":"t","metadata":{)" + member + "}}");
  };
  EXPECT_EQ(
      refused(R"("priority":"urgent")"),
      R"(envelope: key "metadata.priority" at byte 24: expected one of "low", "normal", "high", )"
      R"("critical", got string "urgent")");
  EXPECT_THAT(refused(R"("priority":1)"), HasSubstr("got number 1"));
  EXPECT_THAT(refused(R"("retry_count":-1)"),
              HasSubstr("a whole number from 0 to 4294967295, got number -1"));
  EXPECT_THAT(refused(R"("retry_count":1.0)"), HasSubstr("got number 1.0"));
  EXPECT_THAT(refused(R"("hops":65536)"), HasSubstr("from 0 to 65535, got number 65536"));
  EXPECT_THAT(refused(R"("hops":"3")"), HasSubstr(R"(got string "3")"));
  EXPECT_THAT(refused(R"("mandatory":"yes")"), HasSubstr("expected true or false"));
  EXPECT_THAT(refused(R"("deadline":"soon")"), HasSubstr("a duration such as"));
  EXPECT_THAT(refused(R"("traceparent":"00-0-0-0")"), HasSubstr("the W3C form"));
  EXPECT_THAT(refused(R"("topic":"a..b")"), HasSubstr("a topic"));
  EXPECT_THAT(refused(R"("reply_to":"a.*")"), HasSubstr("a topic"));
  EXPECT_THAT(refused(R"("tenant":3)"), HasSubstr("expected a string"));
  EXPECT_THAT(refused(R"("tenant":"a","tenant":"b")"), HasSubstr("is there twice"));
  EXPECT_EQ(refused(R"("mine":1,"mine":2)"), "accepted");
}

TEST_F(envelope_codec, DuplicateKeyIsRefusedEvenWhenEscapedDifferently) {
  EXPECT_EQ(refusal(R"({"type":"a","type":"a"})"),
            R"(envelope: key "type" at byte 12: is there twice; keep one of them)");
  EXPECT_THAT(refusal(R"({"data":1,"type":"a","d\u0061ta":null})"), HasSubstr("is there twice"));
}

TEST_F(envelope_codec, UnknownKeyIsRefusedWithAdvice) {
  EXPECT_EQ(refusal(R"({"typ":"a"})"),
            R"(envelope: unknown key "typ" at byte 1; did you mean "type"? )"
            R"(Keys of your own go under "metadata")");
  EXPECT_EQ(
      refusal(R"({"type":"a","customer":"b"})"),
      R"(envelope: unknown key "customer" at byte 12; put keys of your own under "metadata")");
  EXPECT_EQ(refusal(R"({"type":"a","priority":"low"})"),
            R"(envelope: unknown key "priority" at byte 12; it belongs under "metadata")");
}

TEST_F(envelope_codec, TypeIsRequired) {
  EXPECT_THAT(refusal(R"({"id":"a"})"), HasSubstr(R"(key "type" is missing)"));
  EXPECT_THAT(refusal("{}"), HasSubstr(R"(key "type" is missing)"));
  EXPECT_THAT(refusal(R"({"type":null})"), HasSubstr("a string that is not empty, got null"));
  EXPECT_THAT(refusal(R"({"type":""})"), HasSubstr("a string that is not empty"));
}

TEST_F(envelope_codec, IdAndTimestampAreChecked) {
  EXPECT_THAT(refusal(R"({"type":"t","id":""})"), HasSubstr("is empty; leave it out"));
  EXPECT_THAT(refusal(R"({"type":"t","id":"a\u0000b"})"), HasSubstr("a control character"));
  EXPECT_THAT(refusal(R"({"type":"t","timestamp":"yesterday"})"), HasSubstr("expected RFC 3339"));
  EXPECT_THAT(refusal(R"({"type":"t","timestamp":""})"), HasSubstr("expected RFC 3339"));
}

TEST_F(envelope_codec, LongStringsAreRefusedByName) {
  const std::string limit(256, 'x');
  EXPECT_EQ(parse_good(R"({"type":")" + limit + "\"}").view.type, limit);
  EXPECT_EQ(refusal(R"({"type":")" + limit + "y\"}"),
            R"(envelope: key "type" at byte 1: has 257 bytes, over the limit of 256)");
}

TEST_F(envelope_codec, WhatIsNotAnObjectIsRefused) {
  EXPECT_THAT(refusal("", errc::parse), HasSubstr("the body is empty"));
  EXPECT_THAT(refusal(" \r\n", errc::parse), HasSubstr("the body is empty"));
  EXPECT_EQ(refusal(" [1]"), "envelope: byte 1: expected a JSON object, got an array");
  EXPECT_EQ(refusal("17"), "envelope: byte 0: expected a JSON object, got number 17");
  EXPECT_EQ(refusal("null"), "envelope: byte 0: expected a JSON object, got null");
}

TEST_F(envelope_codec, OversizedTextIsRefused) {
  codec small(codec_limits{.bytes_max = 10});
  const std::string text = R"({"type":"t"})" + std::string(64, ' ');
  const auto refused = small.parse(std::string_view(text).substr(0, 12));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::too_large);
  EXPECT_EQ(refused.error().detail, "envelope: 12 bytes, over the limit of 10");
}

TEST_F(envelope_codec, NestingIsBounded) {
  const auto nested = [](std::size_t depth, std::string inner) {
    return R"({"type":"t","data":)" + std::string(depth, '[') + inner + std::string(depth, ']') +
           "}";
  };
  EXPECT_EQ(refusal(nested(63, "1")), "accepted");
  EXPECT_EQ(refusal(nested(63, "")), "accepted");
  for (const std::size_t depth : {64U, 65U, 66U, 500U}) {
    for (const char* inner : {"", "1"}) {
      EXPECT_THAT(refusal(nested(depth, inner)), HasSubstr("byte 82: nested deeper than 64 levels"))
          << depth << inner;
    }
  }
}

TEST_F(envelope_codec, MalformedTextSaysWhere) {
  const std::pair<std::string, const char*> cases[] = {
      {R"({"type":"t")", "byte 11: expected ',' or '}' after a member, got the end of the text"},
      {R"({"type":"t"}x)", "byte 12: expected nothing after the end of the JSON value, got 'x'"},
      {R"({"type":"t"}{"type":"t"})", "byte 12: expected nothing after the end"},
      {R"({"type":"t","data":[1 2]})", "byte 22: expected ',' or ']' after an element, got '2'"},
      {R"({"type":"t","data":[1,]})", "byte 22: expected a JSON value, got ']'"},
      {R"({"type":"t","data":01})", "byte 19: a number has one digit at least and no leading zero"},
      {R"({"type":"t","data":1.})", "byte 21: expected a digit after the decimal point, got '}'"},
      {R"({"type":"t","data":tru})", "byte 19: expected a JSON value"},
      {R"({"type":"t",})", "byte 12: expected a key in double quotes, got '}'"},
      {R"({"type" "t"})", "byte 8: expected ':' after a key"},
      {R"({"type":"t)", "byte 8: a string is opened here and never closed"},
      {R"({"type":"\x"})", "byte 9: an escape that JSON does not have"},
      {R"({"type":"\u12g4"})", "byte 9: expected four hexadecimal digits"},
      {R"({"type":"\ud800"})", "byte 9: a lone surrogate"},
      {R"({"type":"\udc00\ud800"})", "byte 9: a lone surrogate"},
      {R"({"type":"t","data":18446744073709551616})", "byte 19: an integer of more than 64 bits"},
      {R"({"type":"t","data":1e999})", "byte 19: a number beyond the range of a double"},
      {"{\"type\":\"\xff\"}", "byte 9: not valid UTF-8"},
      {"{\"type\":\"\xed\xa0\x80\"}", "byte 9: not valid UTF-8"},
      {"\xEF\xBB\xBF{\"type\":\"t\"}", "byte 0: a UTF-8 byte order mark"},
      {"{\"type\":\"a\nb\"}", "byte 10: a control character in a string"},
      {std::string("{\"type\":\"a\0b\"}", 14), "byte 10: a NUL byte in a string"},
      {std::string("{\"type\":\0\"b\"}", 13), "byte 8: expected a JSON value, got a NUL byte"},
      {std::string("{\"type\":\"b\"}\0", 13),
       "byte 12: expected nothing after the end of the JSON value, got a NUL byte"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_THAT(refusal(text, errc::parse), HasSubstr(std::string("envelope: ") + expected))
        << text;
}

TEST_F(envelope_codec, OneParserTakesEnvelopesOfAllSizesInAnyOrder) {
  for (const std::size_t size : {10U, 100'000U, 20U, 1'000'000U, 5U}) {
    const std::string value = "\"" + std::string(size, 'v') + "\"";
    EXPECT_EQ(parse_good(R"({"type":"t","data":)" + value + "}").view.data, value);
  }
}

}  // namespace
}  // namespace nip::message
