#include "cel/parser.hpp"

#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

std::string tree(std::string_view source) {
  const auto parsed = parse(source);
  return parsed ? to_text(*parsed)
                : parsed.error().detail.substr(0, parsed.error().detail.find('\n'));
}

TEST(cel_parser, OperatorsBindByTheirPrecedence) {
  EXPECT_EQ(tree("1 + 2 * 3 - 4 % 5"), "_-_(_+_(1, _*_(2, 3)), _%_(4, 5))");
  EXPECT_EQ(tree("a || b && c == d"), "_||_(a, _&&_(b, _==_(c, d)))");
  EXPECT_EQ(tree("!a.b || -c < 2"), "_||_(!_(a.b), _<_(-_(c), 2))");
  EXPECT_EQ(tree("x in [1, 2] != false"), "_!=_(@in(x, [1, 2]), false)");
  EXPECT_EQ(tree("a ? b : c ? d : e"), "_?_:_(a, b, _?_:_(c, d, e))");
  EXPECT_EQ(tree("(a || b) && c"), "_&&_(_||_(a, b), c)");
}

TEST(cel_parser, ChainsOfOneLogicalOperatorAreOneCall) {
  EXPECT_EQ(tree("a && b && c && d"), "_&&_(a, b, c, d)");
  EXPECT_EQ(tree("a || b || c && d || e"), "_||_(a, b, _&&_(c, d), e)");
}

TEST(cel_parser, MembersIndexesAndCallsChain) {
  EXPECT_EQ(tree("a.b.c[0]['x'].size()"), "_[_](_[_](a.b.c, 0), \"x\").size()");
  EXPECT_EQ(tree(".a.f(1, 2)"), ".a.f(1, 2)");
  EXPECT_EQ(tree("f()(1)"), "1:4: expected the end of the expression but found \"(\"");
  EXPECT_EQ(tree("a.`x-y/z`"), "a.x-y/z");
  EXPECT_EQ(tree("a.in"), "1:3: expected a field name but found \"in\"");
  EXPECT_EQ(tree("a.for"), "a.for");
}

TEST(cel_parser, LiteralsOfEveryKind) {
  EXPECT_EQ(tree("[1, -2, 0x1F, 3u, 0xFFu, 1.5, .5, 2e3, -1e-2]"),
            "[1, -2, 31, 3u, 255u, 1.5, 0.5, 2000.0, -0.01]");
  EXPECT_EQ(tree("[true, false, null]"), "[true, false, null]");
  EXPECT_EQ(tree("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(tree("{'a': 1, 2: [], true: {},}"), "{\"a\": 1, 2: [], true: {}}");
  EXPECT_EQ(tree("google.type.Money{units: 3, currency: 'EUR'}"),
            "google.type.Money{units: 3, currency: \"EUR\"}");
}

TEST(cel_parser, StringsResolveTheirEscapes) {
  EXPECT_EQ(tree(R"('a\n\t\\\'\x41\u00e9\U0001F431\101')"), "\"a\\n\\t\\\\'A\u00e9\U0001F431A\"");
  EXPECT_EQ(tree(R"(r'a\n' + R"b\")"), "_+_(\"a\\\\n\", \"b\\\\\")");
  EXPECT_EQ(tree("'''it's\n\"fine\"'''"), "\"it's\\n\\\"fine\\\"\"");
  EXPECT_EQ(tree(R"("""a"b""")"), "\"a\\\"b\"");
  EXPECT_EQ(tree(R"(b'\x00\377a')"), "b\"\\x00\\xffa\"");
  EXPECT_EQ(tree(R"(rb'\x')"), "b\"\\\\x\"");
  EXPECT_EQ(tree("b'\u00ff'"), "b\"\\xc3\\xbf\"");
}

TEST(cel_parser, MacrosBecomeComprehensions) {
  EXPECT_EQ(tree("a.all(x, x > 1)"), "a.all(x, _>_(x, 1))");
  EXPECT_EQ(tree("a.map(x, x > 1, x * 2)"), "a.map(x, _>_(x, 1), _*_(x, 2))");
  EXPECT_EQ(tree("has(a.b.c)"), "a.b.c~test-only~");
  EXPECT_EQ(tree("a.exists(x.y, true)"),
            "1:12: exists() needs a simple name for its variable here");
  EXPECT_EQ(tree("has(a)"), "1:5: has() asks for a field: has(message.data.amount)");
  EXPECT_EQ(tree("a.all(x, x, true)"), "1:10: all() needs two different variables");
}

TEST(cel_parser, CommentsAndLineEndsSeparate) {
  EXPECT_EQ(tree("a // the first\n && // and\r\n b"), "_&&_(a, b)");
}

TEST(cel_parser, ErrorsNameThePlace) {
  EXPECT_EQ(tree(""), "1:1: expected a value but the expression ends here");
  EXPECT_EQ(tree("a &&"), "1:5: expected a value but the expression ends here");
  EXPECT_EQ(tree("a &\n b"), "1:3: CEL has no operator &; did you mean \"&&\"?");
  EXPECT_EQ(tree("a = 1"), "1:3: CEL has no assignment; did you mean \"==\"?");
  EXPECT_EQ(tree("a and b"), "1:3: CEL has no \"and\"; did you mean \"&&\"?");
  EXPECT_EQ(tree("not a"), "1:1: CEL has no \"not\"; did you mean \"!\"?");
  EXPECT_EQ(tree("(a"), "1:3: expected \")\" but the expression ends here");
  EXPECT_EQ(tree("f(a,)"), "1:5: expected another argument but found \")\"");
  EXPECT_EQ(tree("while"), "1:1: \"while\" is a reserved word");
  EXPECT_EQ(tree("\n\n  a b"), "3:5: expected the end of the expression but found \"b\"");
  EXPECT_EQ(tree("a # b"), "1:3: unexpected character #");
  EXPECT_EQ(tree("12abc"),
            "1:3: a number ends here, but a name follows; put a space or an operator "
            "between");
}

TEST(cel_parser, BadLiteralsNameThePlaceInside) {
  EXPECT_EQ(tree("'abc"), "1:1: this string has no closing '");
  EXPECT_EQ(tree("'a\nb'"), "1:1: this string has no closing '");
  EXPECT_EQ(
      tree(R"(x == 'ab\qc')"),
      "1:9: unknown escape \\q; a backslash itself is \\\\, and r'...' takes everything as it "
      "stands");
  EXPECT_EQ(tree(R"('\u12')"), "1:2: this escape needs 4 hexadecimal digits");
  EXPECT_EQ(tree(R"('\ud800')"), "1:2: this escape is not a Unicode character");
  EXPECT_EQ(tree(R"(b'\u0041')"), "1:3: bytes take no \\u escapes; write the octets with \\x");
  EXPECT_TRUE(tree("9223372036854775808").starts_with("1:1: this number does not fit int"));
  EXPECT_EQ(tree("18446744073709551616u"), "1:1: this number does not fit 64 bits");
}

TEST(cel_parser, TextThatIsNotUtf8IsRefused) {
  EXPECT_EQ(tree("'\x8b\x8b'"), "the expression is not valid UTF-8");
}

TEST(cel_parser, ColumnsCountCodePoints) {
  EXPECT_EQ(tree("'\u00e9\U0001F431' +"), "1:7: expected a value but the expression ends here");
}

TEST(cel_parser, LimitsAreKept) {
  const syntax_limits small{.source_bytes_max = 100, .nesting_max = 10};
  EXPECT_EQ(parse(std::string(101, ' '), small).error().code, errc::too_large);
  const auto nested = [](int levels) {
    return std::string(static_cast<std::size_t>(levels), '(') + "1" +
           std::string(static_cast<std::size_t>(levels), ')');
  };
  EXPECT_TRUE(parse(nested(4), small));
  EXPECT_EQ(parse(nested(40), small).error().code, errc::too_large);
  std::string sum = "1";
  for (int i = 0; i < 20; ++i) sum += "+1";
  EXPECT_EQ(parse(sum, small).error().code, errc::too_large);
  std::string either = "a";
  for (int i = 0; i < 20; ++i) either += "||a";
  EXPECT_TRUE(parse(either, small));
}

TEST(cel_parser, TheDefaultNestingFitsTheStackInEveryForm) {
  const std::size_t far = 30'000;
  EXPECT_FALSE(parse(std::string(far, '(')));
  EXPECT_FALSE(parse(std::string(far, '[')));
  EXPECT_FALSE(parse(std::string(far, '!') + "a"));
  EXPECT_FALSE(parse(std::string(far, '-') + "a"));
  std::string selects = "a";
  for (std::size_t i = 0; i < far; ++i) selects += ".a";
  EXPECT_FALSE(parse(selects));
}

}  // namespace
}  // namespace nip::cel
