#include "cli/server_address.hpp"

#include <gtest/gtest.h>

namespace nip::cli {
namespace {

std::string url_of(const char* text) {
  const auto parsed = parse_server(text);
  return parsed ? parsed->url() : "usage: " + parsed.error().text;
}

TEST(server_address, FillsInSchemeAndPort) {
  EXPECT_EQ(url_of("localhost"), "http://localhost:8080");
  EXPECT_EQ(url_of("10.0.0.1:9000"), "http://10.0.0.1:9000");
  EXPECT_EQ(url_of("http://broker.example/"), "http://broker.example:8080");
  EXPECT_EQ(url_of("https://broker.example"), "https://broker.example:443");
}

TEST(server_address, KeepsIpv6InBrackets) {
  EXPECT_EQ(url_of("[::1]:81"), "http://[::1]:81");
  EXPECT_EQ(parse_server("http://[::1]")->host, "::1");
  EXPECT_EQ(parse_server("http://[::1]")->port, 8080);
}

TEST(server_address, RefusesWhatIsNoServerAndSaysHowToWriteIt) {
  for (const char* wrong : {"", "http://", "ftp://x", "http://x:0", "http://x:99999", "http://x:8a",
                            "[::1", "http://x/path", "http://u@x", "x:", "[::1]x"}) {
    const auto parsed = parse_server(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code, exit_code::usage);
    EXPECT_NE(parsed.error().text.find("http://127.0.0.1:8080"), std::string::npos)
        << parsed.error().text;
  }
}

}  // namespace
}  // namespace nip::cli
