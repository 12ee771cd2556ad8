// Compressed bytes as clients make them.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <string_view>

namespace nip::gateway {

/// By zlib with this window (negative: raw, over 15: gzip), ended as `flush` says.
inline std::string deflated(std::string_view text, int window, int flush) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string made(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(made.data());
  stream.avail_out = static_cast<uInt>(made.size());
  deflate(&stream, flush);
  made.resize(stream.total_out);
  deflateEnd(&stream);
  return made;
}

inline std::string gzipped(std::string_view text) { return deflated(text, 15 + 16, Z_FINISH); }

/// The payload of one compressed WebSocket message: RFC 7692, 7.2.1.
inline std::string deflated_message(std::string_view text) {
  auto made = deflated(text, -15, Z_SYNC_FLUSH);
  EXPECT_TRUE(made.ends_with(std::string_view("\0\0\xff\xff", 4)));
  made.resize(made.size() - 4);
  return made;
}

}  // namespace nip::gateway
