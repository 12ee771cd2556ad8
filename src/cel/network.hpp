// IP addresses and ranges of them (CIDR): read, written and asked about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cel/value.hpp"

namespace nip::cel {

/// Bits of an address; those of IPv4 are its last 32.
constexpr std::uint32_t address_bits = 128;
constexpr std::uint32_t address_bits_before_v4 = 96;

constexpr bool is_v4(const ip_address& a) { return a.high == 0 && a.low >> 32U == 0xFFFF; }

/// "192.168.0.1", "2001:db8::68". Nothing when malformed, with a zone ("%eth0"), or IPv4 in the
/// dotted end of IPv6 ("::ffff:1.2.3.4").
std::optional<ip_address> parse_address(std::string_view text) noexcept;
/// The canonical form: lower case, the longest row of zeros left away (RFC 5952).
std::string format_address(const ip_address& a);

/// "192.168.0.0/24"; bits beyond the prefix may be set. Nothing when malformed.
std::optional<ip_range> parse_range(std::string_view text) noexcept;
std::string format_range(const ip_range& r);
/// The range's first address.
ip_address first_of(const ip_range& r) noexcept;
/// An address of the other family is in no range.
bool contains(const ip_range& r, const ip_address& a) noexcept;
bool contains(const ip_range& outer, const ip_range& inner) noexcept;
/// As it is written: 0 to 32 for IPv4, to 128 for IPv6.
std::uint32_t prefix_length(const ip_range& r) noexcept;

}  // namespace nip::cel
