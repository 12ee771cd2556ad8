#include "gateway/gzip_stream.hpp"

#include <gtest/gtest.h>

#include "unit/gateway/deflate.hpp"

namespace nip::gateway {
namespace {

using verdict = gzip_stream::outcome;

struct inflated {
  verdict how = verdict::fine;
  std::string text;
  std::string why;
  bool operator==(const inflated&) const = default;
};

inflated in_steps(const std::string& packed, std::size_t step, gzip_stream::bounds allowed) {
  gzip_stream stream(allowed);
  inflated made;
  for (std::size_t at = 0; at < packed.size(); at += step) {
    std::string_view part = std::string_view(packed).substr(at, step);
    while (made.how == verdict::fine && (!part.empty() || stream.has_more())) {
      made.how = stream.run(part);
      made.text += stream.text();
      stream.use(stream.text().size());
    }
  }
  made.why = stream.why();
  return made;
}

inflated inflate_all(const std::string& packed, gzip_stream::bounds allowed = {1 << 20, 10'000}) {
  const inflated made = in_steps(packed, SIZE_MAX / 2, allowed);
  for (const std::size_t step : {1, 2, 5, 100})
    EXPECT_EQ(in_steps(packed, step, allowed), made) << step;
  return made;
}

TEST(gzip_stream, TextComesBackHoweverTheBytesCome) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i * 7919) + ",";
  EXPECT_EQ(inflate_all(gzipped(text)), (inflated{verdict::fine, text, ""}));
  EXPECT_EQ(inflate_all(gzipped("a") + gzipped("") + gzipped(text)).text, "a" + text);
  const std::string even(gzip_stream::piece_bytes * 2, 'x');
  EXPECT_EQ(inflate_all(gzipped(even)).text, even);
}

TEST(gzip_stream, EndAndDamageAreSaid) {
  EXPECT_EQ(gzip_stream({1, 1}).why(), "is empty");
  const auto packed = gzipped("some text, some text");
  EXPECT_EQ(inflate_all(packed.substr(0, packed.size() - 1)).why, "ends inside of a gzip member");
  EXPECT_EQ(inflate_all(packed + "x"), (inflated{verdict::damaged, "some text, some text",
                                                 "has bytes behind its last gzip member"}));
  EXPECT_EQ(inflate_all("no gzip").why, "is no gzip data, or damaged");
  auto wrong = packed;
  wrong[packed.size() - 6] ^= 1;  // the checksum
  EXPECT_EQ(inflate_all(wrong),
            (inflated{verdict::damaged, "some text, some text", "is no gzip data, or damaged"}));
}

TEST(gzip_stream, BoundsHoldAtTheSameByteHoweverTheBytesCome) {
  const auto bomb = gzipped(std::string(1'000'000, ' '));
  const auto over = inflate_all(bomb, {100'000, 10'000});
  EXPECT_EQ(over.how, verdict::over_bytes);
  EXPECT_EQ(over.text.size(), 100'000U);
  EXPECT_EQ(inflate_all(gzipped(std::string(100'000, ' ')), {100'000, 10'000}).how, verdict::fine);
  const auto dense = inflate_all(bomb, {1 << 20, 100});
  EXPECT_EQ(dense.how, verdict::over_ratio);
  EXPECT_EQ(dense.text.size(), gzip_stream::piece_bytes);
}

}  // namespace
}  // namespace nip::gateway
