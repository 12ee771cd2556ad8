#include "base/uuid.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace nip {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::uint32_t counter_max = 0xfff;

/// Two hexadecimal digits for each byte.
constexpr std::array<char, 512> make_hex() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 512> table{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    table[2 * byte] = digits[byte >> 4];
    table[2 * byte + 1] = digits[byte & 15];
  }
  return table;
}
constexpr std::array<char, 512> hex = make_hex();

constexpr bool dash_before(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Big endian.
void store(std::uint8_t* out, std::uint64_t value) noexcept {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
  std::memcpy(out, &value, sizeof value);
}

}  // namespace

char* uuid::write(char* out) const noexcept {
  // Where each byte's two digits stand; unrolled this takes a fifth of a loop that looks for
  // dashes.
  constexpr std::uint8_t places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
  const auto write_byte = [&](std::size_t at) {
    std::memcpy(out + places[at], &hex[std::size_t{bytes[at]} * 2], 2);
  };
  [&]<std::size_t... at>(std::index_sequence<at...>) {
    (write_byte(at), ...);
  }(std::make_index_sequence<16>());
  for (const std::size_t dash : {8, 13, 18, 23}) out[dash] = '-';
  return out + text_bytes;
}

std::array<char, uuid::text_bytes> uuid::text() const noexcept {
  std::array<char, text_bytes> out;
  write(out.data());
  return out;
}

wall_time uuid::time() const noexcept {
  std::int64_t milliseconds = 0;
  for (std::size_t at = 0; at < 6; ++at) milliseconds = milliseconds << 8 | bytes[at];
  return {milliseconds * ns_per_ms};
}

std::optional<uuid> parse_uuid(std::string_view text) noexcept {
  if (text.size() != uuid::text_bytes) return std::nullopt;
  uuid id;
  std::size_t from = 0;
  for (std::size_t at = 0; at < id.bytes.size(); ++at) {
    if (dash_before(at) && text[from++] != '-') return std::nullopt;
    const int high = digit(text[from++]);
    const int low = digit(text[from++]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[at] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return id;
}

uuid uuid_generator::next(wall_time now) noexcept {
  const auto milliseconds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(now.ns, 0) / ns_per_ms);
  const std::uint64_t noise = random_.next();
  if (milliseconds > milliseconds_ || ++counter_ > counter_max) {
    milliseconds_ = std::max(milliseconds, milliseconds_ + 1);
    // The lower half leaves room for 2048 ids at least in this millisecond.
    counter_ = static_cast<std::uint32_t>(random_.next() & (counter_max >> 1));
  }
  constexpr std::uint64_t version = 0x7000;
  constexpr std::uint64_t variant = std::uint64_t{2} << 62;
  uuid id;
  store(id.bytes.data(), milliseconds_ << 16 | version | counter_);
  store(id.bytes.data() + 8, variant | noise >> 2);
  return id;
}

}  // namespace nip
