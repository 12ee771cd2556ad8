// Any bytes as a gzip body or a deflated message: never more than the bound, never the remains of
// another call, and what was packed comes back.
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/inflater.hpp"
#include "message/message.hpp"

namespace {

using nip::gateway::inflater;
using outcome = nip::gateway::inflation::outcome;
constexpr std::size_t bytes_max = 4096;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string packed(std::string_view text) {
  z_stream stream{};
  require(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string made(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(made.data());
  stream.avail_out = static_cast<uInt>(made.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  made.resize(stream.total_out);
  deflateEnd(&stream);
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static inflater used[] = {inflater(inflater::form::gzip), inflater(inflater::form::message)};
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool is_message = (data[0] & 1) != 0;
  const auto got = used[is_message ? 1 : 0].inflate(input, bytes_max);
  require(got.read <= input.size());
  require((got.how == outcome::damaged) == !got.why.empty());
  if (got.how == outcome::whole) {
    require(got.text.size() <= bytes_max);
    volatile char last = got.text.data()[got.text.size() + nip::message::message::padding - 1];
    static_cast<void>(last);
  }
  inflater fresh(is_message ? inflater::form::message : inflater::form::gzip);
  const auto again = fresh.inflate(input, bytes_max);
  require(again.how == got.how && again.text == got.text && again.read == got.read);
  const auto more = fresh.inflate(input, bytes_max * 2);
  require(got.how != outcome::whole ||
          more.text == used[is_message ? 1 : 0].inflate(input, bytes_max).text);
  require(got.how != outcome::damaged || more.how == outcome::damaged);
  const auto back = used[0].inflate(packed(input), input.size());
  require(back.how == outcome::whole && back.text == input);
  return 0;
}
