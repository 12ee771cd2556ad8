#include "cel/typed_json.hpp"

#include <gtest/gtest.h>

#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

// The value of an expression without variables, typed.
std::string typed(std::string_view source) {
  environment env;
  path_table paths;
  json_input in(paths);
  arena memory;
  const auto made = compile(source, env, paths);
  if (!made) return made.error().detail;
  std::string out;
  append_typed_json(out, made->evaluate(in, memory));
  return out;
}

// What a JSON text stands for, as a literal; or the error.
std::string read(std::string_view text) {
  simdjson::dom::parser parser;
  arena memory;
  const auto made = read_typed_json(parser.parse(simdjson::padded_string(text)).value(), memory);
  return made ? to_literal(*made) : "refused: " + made.error().detail;
}

std::string read_type(std::string_view text) {
  simdjson::dom::parser parser;
  std::vector<std::string> parameters;
  const auto made = read_type_json(parser.parse(simdjson::padded_string(text)).value(), parameters);
  return made ? to_text(*made) : "refused: " + made.error().detail;
}

TEST(typed_json, EveryValueNamesItsType) {
  EXPECT_EQ(typed("null"), R"({"nullValue":null})");
  EXPECT_EQ(typed("1 == 1"), R"({"boolValue":true})");
  EXPECT_EQ(typed("-9223372036854775808"), R"({"int64Value":"-9223372036854775808"})");
  EXPECT_EQ(typed("18446744073709551615u"), R"({"uint64Value":"18446744073709551615"})");
  EXPECT_EQ(typed("1.0"), R"({"doubleValue":1.0})");
  EXPECT_EQ(typed("0.0 / 0.0"), R"({"doubleValue":"NaN"})");
  EXPECT_EQ(typed("-1.0 / 0.0"), R"({"doubleValue":"-Infinity"})");
  EXPECT_EQ(typed("'a\\n\"'"), R"({"stringValue":"a\n\""})");
  EXPECT_EQ(typed("b'\\x01'"), R"({"bytesValue":"AQ=="})");
  EXPECT_EQ(typed("type(1u)"), R"({"typeValue":"uint"})");
  const std::string of_google = R"({"objectValue":{"@type":"type.googleapis.com/google.protobuf.)";
  EXPECT_EQ(typed("timestamp('2009-02-13T23:31:30.5Z')"),
            of_google + R"(Timestamp","value":"2009-02-13T23:31:30.5Z"}})");
  EXPECT_EQ(typed("ip('::1')"), R"({"objectValue":{"@type":"net.IP","value":"::1"}})");
  EXPECT_EQ(typed("optional.none()"), R"({"optionalValue":{}})");
  EXPECT_EQ(typed("optional.of(1u)"), R"({"optionalValue":{"value":{"uint64Value":"1"}}})");
  EXPECT_EQ(typed("duration('90s')"), of_google + R"(Duration","value":"90s"}})");
}

TEST(typed_json, AggregatesHoldTypedValues) {
  EXPECT_EQ(typed("[1, [2u], []]"),
            R"({"listValue":{"values":[{"int64Value":"1"},{"listValue":{"values":[)"
            R"({"uint64Value":"2"}]}},{"listValue":{"values":[]}}]}})");
  EXPECT_EQ(typed("{1: 'a'}"),
            R"({"mapValue":{"entries":[{"key":{"int64Value":"1"},"value":{"stringValue":"a"}}]}})");
}

TEST(typed_json, WhatIsWrittenReadsBack) {
  for (const std::string_view source :
       {"null", "true", "-7", "7u", "1.5", "\"Zoë\"", "b\"\\xff\"", "uint", "[1, {\"a\": [2u]}]",
        "{true: 1, 2: 3, \"x\": {}}", "timestamp(\"2009-02-13T23:31:30Z\")", "duration(\"-1.5s\")",
        "ip(\"10.0.0.1\")", "cidr(\"fd00::/8\")"}) {
    EXPECT_EQ(read(typed(source)), source);
  }
}

TEST(typed_json, PlainJsonAndTypedFormsMix) {
  EXPECT_EQ(read("7"), "7");
  EXPECT_EQ(read(R"({"a": [1, 2.5, null], "b": "c"})"), R"({"a": [1, 2.5, null], "b": "c"})");
  EXPECT_EQ(read(R"({"listValue": {"values": [1, {"uint64Value": "2"}]}})"), "[1, 2u]");
  EXPECT_EQ(read(R"({"value": {"uint64Value": 2}})"), "2u");
  EXPECT_EQ(read(R"({"value": 2})"), R"({"value": 2})");
  EXPECT_EQ(read(R"({"listValue": {}})"), "[]");
  EXPECT_EQ(read(R"({"doubleValue": "Infinity"})"), R"(double("Infinity"))");
}

TEST(typed_json, WrongFormsSayWhatTheyTake) {
  EXPECT_EQ(read(R"({"int64Value": "seven"})"),
            R"(refused: int64Value takes a whole number of 64 bits as text, not "seven")");
  EXPECT_EQ(read(R"({"uint64Value": "-1"})"),
            R"(refused: uint64Value takes a whole number from 0, of 64 bits, as text, not "-1")");
  EXPECT_EQ(read(R"({"bytesValue": "AQ"})"),
            R"(refused: bytesValue takes base64 with padding, not "AQ")");
  EXPECT_TRUE(read(R"({"objectValue": {"@type": "x.Y", "value": "1"}})").starts_with("refused: "));
  EXPECT_TRUE(read(R"({"mapValue": {"entries": [{"key": 1}]}})").starts_with("refused: "));
  EXPECT_EQ(read(R"({"mapValue": {"entries": [{"key": 1, "value": 1}, {"key": 1, "value": 2}]}})"),
            "refused: mapValue: unsupported or repeated key in a map");
  EXPECT_TRUE(read(R"({"optionalValue": {}})").starts_with("refused: an optional value cannot"));
}

TEST(typed_json, DepthIsBounded) {
  const auto nested = [](std::size_t levels) {
    std::string text = "1";
    for (std::size_t i = 0; i < levels; ++i) text = R"({"listValue":{"values":[)" + text + "]}}";
    return read(text);
  };
  EXPECT_TRUE(nested(typed_nesting_max).starts_with("[["));
  EXPECT_EQ(nested(typed_nesting_max + 1), "refused: the value nests deeper than 200 levels");
}

TEST(typed_json, TypesAreReadInTheSpecificationsForm) {
  EXPECT_EQ(read_type(R"({"primitive": "INT64"})"), "int");
  EXPECT_EQ(read_type(R"({"wellKnown": "TIMESTAMP"})"), "timestamp");
  EXPECT_EQ(
      read_type(R"({"mapType": {"keyType": {"primitive": "STRING"}, "valueType": {"dyn": {}}}})"),
      "map(string, dyn)");
  EXPECT_EQ(read_type(R"({"listType": {"elemType": {"typeParam": "T"}}})"), "list(A)");
  EXPECT_EQ(read_type(R"({"abstractType": {"name": "pair", "parameterTypes": [{"null": null}]}})"),
            "pair(null)");
  EXPECT_EQ(read_type(R"({"messageType": "google.protobuf.Duration"})"), "duration");
  EXPECT_TRUE(read_type(R"({"messageType": "x.Y"})").starts_with("refused: not a type"));
  EXPECT_TRUE(read_type(R"({"primitive": "FLOAT"})").starts_with("refused: not a type"));
}

}  // namespace
}  // namespace nip::cel
