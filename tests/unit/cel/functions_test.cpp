#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

TEST(cel_functions, StringSearch) {
  expect_all({{"'hello'.contains('ell')", "true"},
              {"'hello'.startsWith('he') && 'hello'.endsWith('lo')", "true"},
              {"'h\u00e9llo'.indexOf('l')", "2"},
              {"'h\u00e9llo'.indexOf('l', 3)", "3"},
              {"'hello'.indexOf('z')", "-1"},
              {"'hello'.indexOf('l', 9)", "error: index out of range"},
              {"'hello'.lastIndexOf('l')", "3"},
              {"'hello'.lastIndexOf('l', 2)", "2"},
              {"'abc'.matches('^a.c$')", "true"},
              {"matches('abc', 'b')", "true"},
              {"'abc'.matches('a' + 'b$')", "false"}});
}

TEST(cel_functions, PatternsFromTheInputAreCompiledAtRunTime) {
  expect_all({{"'abc'.matches(p)", "true"}, {"'abc'.matches(bad)", "error: invalid argument: ("}},
             R"({"p": "^ab", "bad": "("})");
}

TEST(cel_functions, StringsAreRebuilt) {
  expect_all({{"'TaCo\u00c9'.lowerAscii()", "\"taco\u00c9\""},
              {"'taco\u00e9'.upperAscii()", "\"TACO\u00e9\""},
              {"'  a b\\t\\n'.trim()", "\"a b\""},
              {"'\\u3000x\\u2003'.trim()", "\"x\""},
              {"'t\u00e4co'.substring(1, 3)", "\"\u00e4c\""},
              {"'t\u00e4co'.substring(4)", "\"\""},
              {"'taco'.substring(3, 2)", "error: index out of range"},
              {"'taco'.substring(5)", "error: index out of range"},
              {"'t\u00e4co'.charAt(1) + 'a'.charAt(1)", "\"\u00e4\""},
              {"'t\u00e4co'.reverse()", "\"oc\u00e4t\""},
              {"'a.b.c'.replace('.', '-')", "\"a-b-c\""},
              {"'a.b.c'.replace('.', '-', 1)", "\"a-b.c\""},
              {"'ab'.replace('', '_')", "\"_a_b_\""},
              {"'ab'.replace('', '_', 2)", "\"_a_b\""}});
}

TEST(cel_functions, SplitAndJoin) {
  expect_all({{"'a,b,,c'.split(',')", "[\"a\", \"b\", \"\", \"c\"]"},
              {"'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"},
              {"'a,b'.split(',', 0)", "[]"},
              {"'a\u00e9'.split('')", "[\"a\", \"\u00e9\"]"},
              {"''.split(',')", "[\"\"]"},
              {"['a', 'b'].join('-')", "\"a-b\""},
              {"['a', 'b'].join()", "\"ab\""},
              {"[].join('-')", "\"\""},
              {"dyn([1]).join()", "error: no such overload"}});
}

TEST(cel_functions, TimestampsAreReadAndWritten) {
  expect_all(
      {{"timestamp('2009-02-13T23:31:30Z')", "timestamp(\"2009-02-13T23:31:30Z\")"},
       {"timestamp('2009-02-13T23:31:30.120+02:00')", "timestamp(\"2009-02-13T21:31:30.12Z\")"},
       {"timestamp('2009-02-30T00:00:00Z')", "error: invalid argument: 2009-02-30T00:00:00Z"},
       {"timestamp('2009-02-13T23:31:30')", "error: invalid argument: 2009-02-13T23:31:30"},
       {"int(timestamp('2009-02-13T23:31:30Z'))", "1234567890"},
       {"timestamp(1234567890) + duration('1h30m')", "timestamp(\"2009-02-14T01:01:30Z\")"},
       {"timestamp(10) - timestamp(4)", "duration(\"6s\")"},
       {"timestamp('9999-12-31T23:59:59Z') + duration('1s')",
        "error: overflow: the result is out of range"},
       {"timestamp('0001-01-01T00:00:00Z') - duration('1ns')",
        "error: overflow: the result is out of range"},
       {"timestamp(0) < timestamp(1)", "true"}});
}

TEST(cel_functions, DurationsAreReadAndWritten) {
  expect_all({{"duration('-1.5s')", "duration(\"-1.5s\")"},
              {"duration('1h1m1s1ms1us1ns')", "duration(\"3661.001001001s\")"},
              {"duration('0')", "duration(\"0s\")"},
              {"duration('5')", "error: invalid argument: 5"},
              {"duration('1x')", "error: invalid argument: 1x"},
              {"duration('')", "error: invalid argument"},
              {"string(duration('90m'))", "\"5400s\""},
              {"duration('3730s').getMinutes() + duration('3730s').getHours()", "63"},
              {"duration('1.234s').getMilliseconds()", "234"},
              {"duration('300000h') + duration('3000000h')", "error: invalid argument: 3000000h"}});
}

TEST(cel_functions, AccessorsKnowTimeZones) {
  expect_all(
      {{"timestamp('2009-02-13T23:31:30Z').getFullYear()", "2009"},
       {"timestamp('2009-02-13T23:31:30Z').getMonth()", "1"},
       {"timestamp('2009-02-13T23:31:30Z').getDate()", "13"},
       {"timestamp('2009-02-13T23:31:30Z').getDayOfMonth()", "12"},
       {"timestamp('2009-02-13T23:31:30Z').getDayOfWeek()", "5"},
       {"timestamp('2009-02-13T23:31:30Z').getDayOfYear()", "43"},
       {"timestamp('2009-02-13T23:31:30.5Z').getMilliseconds()", "500"},
       {"timestamp('2009-02-13T23:31:30Z').getHours('+02:00')", "1"},
       {"timestamp('2009-02-13T02:00:00Z').getDayOfMonth('-02:30')", "11"},
       {"timestamp('2009-02-13T23:31:30Z').getHours('Europe/Berlin')", "0"},
       {"timestamp('2009-07-13T23:31:30Z').getHours('Europe/Berlin')", "1"},
       {"timestamp('2040-07-13T12:00:00Z').getHours('America/New_York')", "8"},
       {"timestamp('2040-12-13T12:00:00Z').getHours('America/New_York')", "7"},
       {"timestamp('2040-01-13T12:00:00Z').getHours('Australia/Sydney')", "23"},
       {"timestamp('2040-07-13T12:00:00Z').getHours('Australia/Sydney')", "22"},
       {"timestamp(0).getHours('Nowhere/Else')", "error: invalid argument: Nowhere/Else"},
       {"timestamp(0).getHours('../../etc/passwd')", "error: invalid argument: ../../etc/passwd"}});
}

TEST(cel_functions, MathGoesAcrossNumbers) {
  expect_all({{"math.greatest(1, 2.5, 2u)", "2.5"},
              {"math.least([3, -1, 2])", "-1"},
              {"math.greatest([])", "error: invalid argument"},
              {"math.greatest(dyn('a'), 1)", "error: no such overload"},
              {"math.round(2.5) + math.floor(-1.5) + math.trunc(1.9) + math.ceil(0.1)", "3.0"},
              {"math.abs(-3) + math.sign(-7)", "2"},
              {"math.abs(-9223372036854775808)", "error: overflow: the result is out of range"},
              {"math.bitShiftRight(-1, 63)", "1"},
              {"math.bitShiftLeft(1, 64)", "0"},
              {"math.bitShiftLeft(1, -1)", "error: invalid argument"},
              {"math.bitAnd(6, 3) + math.bitOr(4, 1) + math.bitXor(7, 2) + math.bitNot(0)", "11"},
              {"math.isNaN(0.0 / 0.0) && math.isInf(1.0 / 0.0) && math.isFinite(1.0)", "true"},
              {"math.sqrt(81)", "9.0"}});
}

TEST(cel_functions, TextIsEncodedAndQuoted) {
  expect_all({{"base64.encode(b'hello')", "\"aGVsbG8=\""},
              {"base64.decode('aGVsbG8')", "b\"hello\""},
              {"base64.decode('a?')", "error: invalid argument: a?"},
              {"strings.quote('a\"b\\n')", "\"\\\"a\\\\\\\"b\\\\n\\\"\""}});
}

TEST(cel_functions, FormatFillsItsClauses) {
  expect_all({{"'%s has %d (%.1f%%)'.format(['x', 3, 12.34])", "\"x has 3 (12.3%)\""},
              {"'%x %X %o %b'.format([255, 'hi', 8, -5])", "\"ff 6869 10 -101\""},
              {"'%s'.format([[1, 'a', {'k': null}, 1.5]])", "\"[1, a, {k: null}, 1.5]\""},
              {"'%e'.format([1052.0])", "\"1.052000e+03\""},
              {"'%d'.format(['a'])", "error: invalid argument: %d"},
              {"'%d %d'.format([1])", "error: index out of range: %d %d"},
              {"'%y'.format([1])", "error: invalid argument: %y"},
              {"'%.9999f'.format([1.0])", "error: invalid argument: %.9999f"}});
}

}  // namespace
}  // namespace nip::cel
