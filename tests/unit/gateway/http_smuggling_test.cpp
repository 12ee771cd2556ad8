// Requests that two servers could read differently: each is answered 4xx or 5xx, nothing of it
// reaches the broker, nothing behind it is read, and the connection ends.
#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

struct bad_request {
  std::string name;
  std::string bytes;
  unsigned status = 400;
};

std::string with(std::string_view fields, std::string_view body = "") {
  return "POST /v4/messages HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

std::string chunked(std::string_view body, std::string_view fields = "") {
  return with("Transfer-Encoding: chunked\r\n" + std::string(fields), body);
}

std::string line(std::string_view request_line) {
  return std::string(request_line) + "\r\nHost: x\r\n\r\n";
}

const std::string overflow_digits(30, '9');

std::vector<bad_request> framing_cases() {
  return {
      // Content-Length and Transfer-Encoding together or twice
      {"LengthThenChunked",
       with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"ChunkedThenLength",
       with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
      {"TwoLengthsThatDiffer", with("Content-Length: 2\r\nContent-Length: 3\r\n", "{}x")},
      {"TwoLengthsThatAgree", with("Content-Length: 2\r\nContent-Length: 2\r\n", "{}")},
      {"LengthList", with("Content-Length: 2, 2\r\n", "{}")},
      {"LengthListThatDiffers", with("Content-Length: 2, 3\r\n", "{}x")},
      {"LengthWithPlus", with("Content-Length: +2\r\n", "{}")},
      {"LengthWithMinus", with("Content-Length: -2\r\n", "{}")},
      {"LengthInHex", with("Content-Length: 0x2\r\n", "{}")},
      {"LengthWithPoint", with("Content-Length: 2.0\r\n", "{}")},
      {"LengthWithSpaceInside", with("Content-Length: 1 2\r\n", "{}")},
      {"LengthWithLetters", with("Content-Length: two\r\n", "{}")},
      {"LengthEmpty", with("Content-Length:\r\n", "{}")},
      {"LengthOverflow", with("Content-Length: " + overflow_digits + "\r\n", "{}")},
      {"LengthQuoted", with("Content-Length: \"2\"\r\n", "{}")},
      // Transfer-Encoding
      {"EncodingIdentity", with("Transfer-Encoding: identity\r\n", "{}")},
      {"EncodingUnknown", with("Transfer-Encoding: cow\r\n", "{}")},
      {"EncodingXChunked", with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")},
      {"EncodingGzipChunked", with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
      {"EncodingChunkedGzip", with("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")},
      {"EncodingChunkedTwice", with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")},
      {"EncodingTwoFields",
       with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"EncodingIdentityAndChunked",
       with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"EncodingWithParameter", with("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n")},
      {"EncodingQuoted", with("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")},
      {"EncodingEmpty", with("Transfer-Encoding:\r\n", "0\r\n\r\n")},
      {"EncodingWithVerticalTab", with("Transfer-Encoding: \x0b"
                                       "chunked\r\n",
                                       "0\r\n\r\n")},
      {"EncodingInHttp10",
       "POST /v4/messages HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
  };
}

std::vector<bad_request> field_cases() {
  return {
      {"SpaceBeforeColon", with("Content-Length : 2\r\n", "{}")},
      {"TabBeforeColon", with("Content-Length\t: 2\r\n", "{}")},
      {"SpaceInName", with("Content Length: 2\r\n", "{}")},
      {"NameEmpty", with(": 2\r\n", "{}")},
      {"NoColon", with("Content-Length 2\r\n", "{}")},
      {"NulInName", with(std::string("Content\0Length: 2\r\n", 19), "{}")},
      {"NulInValue", with(std::string("X: a\0b\r\n", 8))},
      {"HighByteInName", with("Conten\xf4-Length: 2\r\n", "{}")},
      {"FirstFieldIndented", "POST /v4/messages HTTP/1.1\r\n Host: x\r\n\r\n"},
      {"Folded", with("X: a\r\n b\r\n")},
      {"FoldedByTab", with("X: a\r\n\tb\r\n")},
      {"FoldedAfterNothing", with("X:\r\n b\r\n")},
      {"FoldedIntoNothing", with("X:\r\n \r\n")},
      {"FoldedLength", with("Content-Length:\r\n 2\r\n", "{}")},
      {"FoldedEncoding", with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
      // Line ends
      {"BareLineFeeds", "POST /v4/messages HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}\r\n\r\n"},
      {"BareLineFeedInFields",
       "POST /v4/messages HTTP/1.1\r\nHost: x\nContent-Length: 2\r\n\r\n{}"},
      {"BareLineFeedAfterRequestLine", "POST /v4/messages HTTP/1.1\nHost: x\r\n\r\n"},
      {"BareCarriageReturnInValue", with("X: a\rb\r\n")},
      {"CarriageReturnTwice", with("X: a\r\r\n")},
      {"BareLineFeedAtTheEnd",
       "POST /v4/messages HTTP/1.1\r\nHost: x\r\n\nContent-Length: 2\r\n\r\n{}"},
      // Host
      {"NoHost", "POST /v4/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"},
      {"TwoHosts", with("Host: y\r\nContent-Length: 2\r\n", "{}")},
      {"TwoEqualHosts", with("Host: x\r\nContent-Length: 2\r\n", "{}")},
      {"HostWithPath", "POST /v4/messages HTTP/1.1\r\nHost: x/y\r\nContent-Length: 2\r\n\r\n{}"},
      {"HostWithSpace", "POST /v4/messages HTTP/1.1\r\nHost: x y\r\nContent-Length: 2\r\n\r\n{}"},
      {"HostList", "POST /v4/messages HTTP/1.1\r\nHost: x,y@z\r\nContent-Length: 2\r\n\r\n{}"},
  };
}

std::vector<bad_request> request_line_cases() {
  return {
      {"AbsoluteFormOfAnotherHost",
       "POST http://y/v4/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"},
      {"AuthorityForm", line("CONNECT x:80 HTTP/1.1")},
      {"AsteriskForPost", line("POST * HTTP/1.1")},
      {"RelativeTarget", line("POST v4/messages HTTP/1.1")},
      {"FragmentInTarget", line("GET /health#x HTTP/1.1")},
      {"SpaceInTarget", line("GET /health /x HTTP/1.1")},
      {"NulInTarget", line(std::string("GET /hea\0lth HTTP/1.1", 21))},
      {"TabAfterMethod", line("GET\t/health HTTP/1.1")},
      {"TwoSpaces", line("GET  /health HTTP/1.1")},
      {"SpaceFirst", line(" GET /health HTTP/1.1")},
      {"MethodWithBraces", line("G{T /health HTTP/1.1")},
      {"NoVersion", line("GET /health")},
      {"VersionTwo", line("GET /health HTTP/2.0"), 505},
      {"VersionNine", line("GET /health HTTP/0.9"), 505},
      {"VersionLong", line("GET /health HTTP/1.11")},
      {"VersionLowerCase", line("GET /health http/1.1")},
      {"SpaceAfterVersion", line("GET /health HTTP/1.1 ")},
      {"PrefaceOfHttp2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)},
  };
}

std::vector<bad_request> chunk_cases() {
  return {
      {"ChunkSizeWithPrefix", chunked("0x2\r\n{}\r\n0\r\n\r\n")},
      {"ChunkSizeNegative", chunked("-1\r\n{}\r\n0\r\n\r\n")},
      {"ChunkSizeWithPlus", chunked("+2\r\n{}\r\n0\r\n\r\n")},
      {"ChunkSizeEmpty", chunked("\r\n{}\r\n0\r\n\r\n")},
      {"ChunkSizeWithSpaceFirst", chunked(" 2\r\n{}\r\n0\r\n\r\n")},
      {"ChunkSizeOverflow", chunked("ffffffffffffffff1\r\n{}\r\n0\r\n\r\n")},
      {"ChunkSizeHuge", chunked("ffffffffffffffff\r\n{}\r\n0\r\n\r\n"), 413},
      {"ChunkTooLong", chunked("2\r\n{}x\r\n0\r\n\r\n")},
      {"ChunkTooShort", chunked("3\r\n{}\r\n0\r\n\r\n")},
      {"ChunkByLineFeed", chunked("2\n{}\r\n0\r\n\r\n")},
      {"ChunkDataByLineFeed", chunked("2\r\n{}\n0\r\n\r\n")},
      {"ChunkExtensionByLineFeed", chunked("2;a=b\nX\r\n{}\r\n0\r\n\r\n")},
      {"ChunkExtensionBroken", chunked("2;=;\r\n{}\r\n0\r\n\r\n")},
      {"ChunkExtensionLong", chunked("2;a=" + std::string(300, 'b') + "\r\n{}\r\n0\r\n\r\n")},
      {"TrailerLength", chunked("2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n")},
      {"TrailerEncoding", chunked("2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n")},
      {"TrailerFolded", chunked("2\r\n{}\r\n0\r\nX: a\r\n b\r\n\r\n")},
      {"TrailerWithSpaceBeforeColon", chunked("2\r\n{}\r\n0\r\nX : a\r\n\r\n")},
      // Other fields that must stand once
      {"TwoContentTypes",
       with("Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n",
            "{}")},
      {"TwoIdempotencyKeys",
       with("Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 2\r\n", "{}")},
      {"TwoTraceparents", with("traceparent: a\r\ntraceparent: b\r\nContent-Length: 2\r\n", "{}")},
      {"OtherExpectation", with("Expect: 200-ok\r\nContent-Length: 2\r\n", "{}"), 417},
  };
}

std::vector<bad_request> table_of_smuggling() {
  std::vector<bad_request> all;
  for (auto part : {framing_cases(), field_cases(), request_line_cases(), chunk_cases()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

class http_smuggling : public table_test, public ::testing::WithParamInterface<bad_request> {
 protected:
  void check(const std::string& received) {
    const auto answer = answer_in(received);
    EXPECT_EQ(answer.status, GetParam().status) << answer.body;
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
    EXPECT_TRUE(peer().finished());
    EXPECT_TRUE(peer().should_linger());
    EXPECT_EQ(port.count, 0U);
    EXPECT_TRUE(admin.asked.empty());
  }
};

TEST_P(http_smuggling, IsRefusedWholeAndTheConnectionEnds) {
  // A good request behind it must not be taken: that is the one that would be smuggled.
  check(exchange(GetParam().bytes + post(R"({"type":"smuggled"})")));
}

TEST_P(http_smuggling, IsRefusedByteByByteToo) {
  for (const char byte : GetParam().bytes + post(R"({"type":"smuggled"})")) send({&byte, 1});
  check(take());
}

INSTANTIATE_TEST_SUITE_P(table, http_smuggling, ::testing::ValuesIn(table_of_smuggling()),
                         [](const auto& of) { return of.param.name; });

TEST(http_smuggling_table, HasAtLeastSixtyCases) { EXPECT_GE(table_of_smuggling().size(), 60U); }

}  // namespace
}  // namespace nip::gateway
