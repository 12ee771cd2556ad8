#include "gateway/inflater.hpp"

#include "message/message.hpp"
#include "unit/gateway/deflate.hpp"

namespace nip::gateway {
namespace {

using outcome = inflation::outcome;
constexpr std::size_t plenty = std::size_t{1} << 20;

/// Compressible, but not a run: every line differs.
std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += R"({"type":"note","data":)" + std::to_string(i * 7919) + "}\n";
  return text;
}

TEST(inflater, WhatWasPackedComesBack) {
  inflater gzip(inflater::form::gzip);
  inflater message(inflater::form::message);
  for (const std::size_t count : {0, 1, 2, 100, 5000, 3, 20'000}) {
    const auto text = lines(count);
    const auto body = gzip.inflate(gzipped(text), plenty);
    EXPECT_EQ(body.how, outcome::whole) << count << ": " << body.why;
    EXPECT_EQ(body.text, text);
    const auto frame = message.inflate(deflated_message(text), plenty);
    EXPECT_EQ(frame.how, outcome::whole) << count << ": " << frame.why;
    EXPECT_EQ(frame.text, text);
    gzip.rest();
    message.rest();
  }
}

TEST(inflater, TextOfEverySizeAroundItsBuffersComesBack) {
  // The last match of such a text ends where the buffer does, with its input already read.
  inflater gzip(inflater::form::gzip);
  inflater message(inflater::form::message);
  for (const std::size_t step : {4096, 16'384, 65'536})
    for (std::size_t size = step - 300; size < step + 300; size += 7) {
      const std::string text(size, 'a');
      ASSERT_EQ(gzip.inflate(gzipped(text), plenty).text, text) << size;
      ASSERT_EQ(message.inflate(deflated_message(text), plenty).text, text) << size;
    }
}

TEST(inflater, TextIsFollowedByReadablePadding) {
  inflater gzip(inflater::form::gzip);
  for (const std::size_t size : {0, 1, 4096, 70'000}) {
    const auto got = gzip.inflate(gzipped(std::string(size, 'x')), size);
    ASSERT_EQ(got.how, outcome::whole);
    unsigned sum = 0;  // the sanitizer looks on
    for (std::size_t i = 0; i < message::message::padding; ++i)
      sum += static_cast<unsigned char>(got.text.data()[size + i]);
    EXPECT_LE(sum, 255 * message::message::padding);
  }
}

TEST(inflater, BoundIsExact) {
  inflater gzip(inflater::form::gzip);
  inflater message(inflater::form::message);
  for (const std::size_t size : {1, 2, 4095, 4096, 4097, 100'000}) {
    const std::string text(size, 'x');
    EXPECT_EQ(gzip.inflate(gzipped(text), size).how, outcome::whole) << size;
    EXPECT_EQ(gzip.inflate(gzipped(text), size - 1).how, outcome::over) << size;
    EXPECT_EQ(message.inflate(deflated_message(text), size).how, outcome::whole) << size;
    EXPECT_EQ(message.inflate(deflated_message(text), size - 1).how, outcome::over) << size;
  }
}

TEST(inflater, BombIsGivenUpAtTheBound) {
  inflater gzip(inflater::form::gzip);
  const auto bomb = gzipped(std::string(std::size_t{32} << 20, '\0'));
  const auto got = gzip.inflate(bomb, plenty);
  EXPECT_EQ(got.how, outcome::over);
  EXPECT_LT(got.read, bomb.size() / 8);
  const auto members = bomb + bomb;
  EXPECT_EQ(gzip.inflate(members, plenty).how, outcome::over);
}

TEST(inflater, SeveralMembersAreOneText) {
  inflater gzip(inflater::form::gzip);
  const auto got = gzip.inflate(gzipped("one ") + gzipped("") + gzipped("two"), plenty);
  EXPECT_EQ(got.how, outcome::whole);
  EXPECT_EQ(got.text, "one two");
  EXPECT_EQ(gzip.inflate(gzipped("one ") + gzipped("two"), 6).how, outcome::over);
}

TEST(inflater, EveryTruncationIsDamage) {
  inflater gzip(inflater::form::gzip);
  inflater message(inflater::form::message);
  const auto text = lines(3);
  const auto body = gzipped(text);
  for (std::size_t size = 0; size < body.size(); ++size) {
    const auto got = gzip.inflate(std::string_view(body).substr(0, size), plenty);
    EXPECT_EQ(got.how, outcome::damaged) << size;
    EXPECT_FALSE(got.why.empty());
  }
  // A message has no checksum: what is missing may go unnoticed only where a block ends.
  const auto packed = deflated_message(text);
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_NE(message.inflate(std::string_view(packed).substr(0, size), plenty).text, text) << size;
}

TEST(inflater, WrongBytesNeverGiveAnotherText) {
  inflater gzip(inflater::form::gzip);
  const auto text = lines(3);
  const auto good = gzipped(text);
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
      auto bad = good;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      const auto got = gzip.inflate(bad, plenty);
      // Time and system of the header say nothing about the text.
      if (got.how != outcome::whole) continue;
      EXPECT_EQ(got.text, text) << at;
    }
}

TEST(inflater, WhatIsBehindTheLastMemberIsDamage) {
  inflater gzip(inflater::form::gzip);
  for (const auto* tail : {"x", "\x1f", "\x1f\x8b", "\x1f\x8b\x08", "{}"}) {
    const auto got = gzip.inflate(gzipped("{}") + tail, plenty);
    EXPECT_EQ(got.how, outcome::damaged) << tail;
  }
  EXPECT_EQ(gzip.inflate(gzipped("{}") + std::string(4, '\0'), plenty).how, outcome::damaged);
}

TEST(inflater, OtherFormatsAreDamage) {
  inflater gzip(inflater::form::gzip);
  EXPECT_EQ(gzip.inflate("{}", plenty).how, outcome::damaged);
  EXPECT_EQ(gzip.inflate(deflated("{}", 15, Z_FINISH), plenty).how, outcome::damaged);   // zlib
  EXPECT_EQ(gzip.inflate(deflated("{}", -15, Z_FINISH), plenty).how, outcome::damaged);  // raw
  inflater message(inflater::form::message);
  EXPECT_EQ(message.inflate(gzipped("{}"), plenty).how, outcome::damaged);
  EXPECT_EQ(message.inflate("", plenty).how, outcome::damaged);
}

TEST(inflater, MessageMayEndInAFinalBlock) {
  // The example of RFC 7692, 7.2.3.4: a final block and the byte that begins an empty one.
  const std::string_view hello("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);
  inflater message(inflater::form::message);
  EXPECT_EQ(message.inflate(hello, plenty).text, "Hello");
  EXPECT_EQ(message.inflate(std::string_view("\x00", 1), plenty).how, outcome::whole);
}

TEST(inflater, MessageCannotReferToTheOneBefore) {
  inflater message(inflater::form::message);
  ASSERT_EQ(message.inflate(deflated_message("secret-secret-secret"), plenty).how, outcome::whole);
  // "Hello" out of the window of the message before: RFC 7692, 7.2.3.2.
  const std::string_view from_window("\xf2\x00\x11\x00\x00", 5);
  EXPECT_EQ(message.inflate(from_window, plenty).how, outcome::damaged);
}

TEST(inflater, DamageLeavesNothingForTheNext) {
  inflater gzip(inflater::form::gzip);
  EXPECT_EQ(gzip.inflate("nonsense", plenty).how, outcome::damaged);
  EXPECT_EQ(gzip.inflate(gzipped(std::string(9000, 'x')), 5).how, outcome::over);
  EXPECT_EQ(gzip.inflate(gzipped("{}"), plenty).text, "{}");
}

}  // namespace
}  // namespace nip::gateway
