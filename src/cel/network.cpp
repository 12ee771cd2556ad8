#include "cel/network.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace nip::cel {

namespace {

// The longest text of an address is IPv6 with a dotted end.
constexpr std::size_t address_text_max = INET6_ADDRSTRLEN;
constexpr std::uint64_t v4_mark = 0xFFFFULL << 32U;

std::uint64_t word_of(const std::uint8_t* octets) {
  std::uint64_t word = 0;
  for (int i = 0; i < 8; ++i) word = word << 8U | octets[i];
  return word;
}

std::array<std::uint16_t, 8> groups_of(const ip_address& a) {
  std::array<std::uint16_t, 8> groups{};
  for (unsigned i = 0; i < 4; ++i) {
    groups[i] = static_cast<std::uint16_t>(a.high >> (48 - 16 * i));
    groups[4 + i] = static_cast<std::uint16_t>(a.low >> (48 - 16 * i));
  }
  return groups;
}

struct row {
  std::size_t first = 0;
  std::size_t size = 0;
};

// The first longest row of at least two zeros.
row zeros_of(const std::array<std::uint16_t, 8>& groups) {
  row longest{.first = groups.size(), .size = 1};
  for (std::size_t at = 0; at < groups.size();) {
    std::size_t end = at;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - at > longest.size) longest = {at, end - at};
    at = end + 1;
  }
  return longest;
}

// The bits of one word that the first `bits` of an address cover, where the word begins at `from`.
std::uint64_t mask_of(std::uint32_t bits, std::uint32_t from) {
  if (bits <= from) return 0;
  return bits - from >= 64 ? UINT64_MAX : ~(UINT64_MAX >> (bits - from));
}

}  // namespace

std::optional<ip_address> parse_address(std::string_view text) noexcept {
  std::array<char, address_text_max> buffer{};
  if (text.size() >= buffer.size()) return std::nullopt;
  std::ranges::copy(text, buffer.begin());
  if (std::string_view(buffer.data()).size() != text.size()) return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(AF_INET, buffer.data(), octets.data()) == 1) {
    return ip_address{0, v4_mark | word_of(octets.data()) >> 32U};
  }
  const bool dotted = text.find('.') != std::string_view::npos;
  if (dotted || inet_pton(AF_INET6, buffer.data(), octets.data()) != 1) return std::nullopt;
  return ip_address{word_of(octets.data()), word_of(octets.data() + 8)};
}

std::string format_address(const ip_address& a) {
  if (is_v4(a)) {
    const auto octet = [&](unsigned shift) { return a.low >> shift & 0xFFU; };
    return fmt::format("{}.{}.{}.{}", octet(24), octet(16), octet(8), octet(0));
  }
  const auto groups = groups_of(a);
  const row zeros = zeros_of(groups);
  std::string out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == zeros.first) {
      out += "::";
      i += zeros.size - 1;
      continue;
    }
    if (!out.empty() && !out.ends_with(':')) out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

std::optional<ip_range> parse_range(std::string_view text) noexcept {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  const bool plain = !digits.empty() && (digits.size() == 1 || digits[0] != '0');
  std::uint32_t bits = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (!address || !plain || failed != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  const bool mapped = is_v4(*address) && text.find(':') != std::string_view::npos;
  const std::uint32_t before = is_v4(*address) ? address_bits_before_v4 : 0;
  if (mapped || bits > address_bits - before) return std::nullopt;
  return ip_range{*address, before + bits};
}

std::string format_range(const ip_range& r) {
  return fmt::format("{}/{}", format_address(r.address), prefix_length(r));
}

ip_address first_of(const ip_range& r) noexcept {
  return {r.address.high & mask_of(r.bits, 0), r.address.low & mask_of(r.bits, 64)};
}

bool contains(const ip_range& r, const ip_address& a) noexcept {
  return is_v4(r.address) == is_v4(a) && first_of({a, r.bits}) == first_of(r);
}

bool contains(const ip_range& outer, const ip_range& inner) noexcept {
  return inner.bits >= outer.bits && contains(outer, inner.address);
}

std::uint32_t prefix_length(const ip_range& r) noexcept {
  return r.bits - (is_v4(r.address) ? address_bits_before_v4 : 0);
}

}  // namespace nip::cel
