#include "base/uuid.hpp"

#include <algorithm>

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

void store(std::uint8_t* out, std::uint64_t value, int bytes) noexcept {
  for (int at = bytes - 1; at >= 0; --at, value >>= 8) out[at] = static_cast<std::uint8_t>(value);
}

}  // namespace

char* uuid::write(char* out) const noexcept {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (dash_before(at)) *out++ = '-';
    *out++ = hex[std::size_t{bytes[at]} * 2];
    *out++ = hex[std::size_t{bytes[at]} * 2 + 1];
  }
  return out;
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
  store(id.bytes.data(), milliseconds_, 6);
  store(id.bytes.data() + 6, version | counter_, 2);
  store(id.bytes.data() + 8, variant | noise >> 2, 8);
  return id;
}

}  // namespace nip
