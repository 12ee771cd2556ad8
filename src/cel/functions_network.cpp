// Functions of IP addresses and their ranges.
#include "cel/functions.hpp"
#include "cel/network.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

value invalid(const value& from) {
  return value::failure(eval_errc::invalid_argument, from.as_view());
}

// ip("10.0.0.1"), and the address that a range was written with.
value ip_of(runtime&, arguments a) noexcept {
  if (a[0].is(ip)) return a[0];
  if (a[0].is(cidr)) return value::ip(a[0].as_range().address);
  if (!a[0].is(string)) return no_overload();
  const auto address = parse_address(a[0].as_view());
  return address ? value::ip(*address) : invalid(a[0]);
}

value is_ip(runtime&, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  return value::boolean(parse_address(a[0].as_view()).has_value());
}

value is_canonical(runtime&, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  const auto address = parse_address(a[0].as_view());
  return address ? value::boolean(format_address(*address) == a[0].as_view()) : invalid(a[0]);
}

value family(runtime&, arguments a) noexcept {
  return a[0].is(ip) ? value::integer(is_v4(a[0].as_address()) ? 4 : 6) : no_overload();
}

constexpr ip_address v4(std::uint32_t bits) { return {0, 0xFFFFULL << 32U | bits}; }
constexpr ip_address v6(std::uint64_t high, std::uint64_t low = 0) { return {high, low}; }

struct pair_of_ranges {
  ip_range v4;
  ip_range v6;
};

constexpr pair_of_ranges unspecified = {{v4(0), 128}, {v6(0), 128}};
constexpr pair_of_ranges loopback = {{v4(0x7F000000), 96 + 8}, {v6(0, 1), 128}};
constexpr pair_of_ranges multicast = {{v4(0xE0000000), 96 + 4}, {v6(0xFF00ULL << 48U), 8}};
constexpr pair_of_ranges link_local = {{v4(0xA9FE0000), 96 + 16}, {v6(0xFE80ULL << 48U), 10}};
constexpr pair_of_ranges link_local_group = {{v4(0xE0000000), 96 + 24}, {v6(0xFF02ULL << 48U), 16}};
constexpr ip_address broadcast = v4(0xFFFFFFFF);

bool in(const pair_of_ranges& ranges, const ip_address& a) {
  return contains(is_v4(a) ? ranges.v4 : ranges.v6, a);
}

template <const pair_of_ranges& Ranges>
value is_in(runtime&, arguments a) noexcept {
  return a[0].is(ip) ? value::boolean(in(Ranges, a[0].as_address())) : no_overload();
}

value is_global_unicast(runtime&, arguments a) noexcept {
  if (!a[0].is(ip)) return no_overload();
  const ip_address at = a[0].as_address();
  return value::boolean(!in(unspecified, at) && !in(loopback, at) && !in(multicast, at) &&
                        !in(link_local, at) && at != broadcast);
}

value cidr_of(runtime&, arguments a) noexcept {
  if (a[0].is(cidr)) return a[0];
  if (!a[0].is(string)) return no_overload();
  const auto range = parse_range(a[0].as_view());
  return range ? value::cidr(*range) : invalid(a[0]);
}

value is_cidr(runtime&, arguments a) noexcept {
  if (!a[0].is(string)) return no_overload();
  return value::boolean(parse_range(a[0].as_view()).has_value());
}

// What is asked about may be text.
value contains_ip(runtime& run, arguments a) noexcept {
  if (!a[0].is(cidr) || a[1].is(cidr)) return no_overload();
  const value inner = ip_of(run, a.subspan(1));
  if (inner.is_error()) return inner;
  return value::boolean(contains(a[0].as_range(), inner.as_address()));
}

value contains_cidr(runtime& run, arguments a) noexcept {
  if (!a[0].is(cidr)) return no_overload();
  const value inner = cidr_of(run, a.subspan(1));
  if (inner.is_error()) return inner;
  return value::boolean(contains(a[0].as_range(), inner.as_range()));
}

value masked(runtime&, arguments a) noexcept {
  if (!a[0].is(cidr)) return no_overload();
  return value::cidr({first_of(a[0].as_range()), a[0].as_range().bits});
}

value prefix_length_of(runtime&, arguments a) noexcept {
  return a[0].is(cidr) ? value::integer(prefix_length(a[0].as_range())) : no_overload();
}

constexpr function_spec specs[] = {
    {"ip", "(string) -> ip", ip_of},
    {"ip", "(ip) -> ip", ip_of},
    {"ip", "cidr.() -> ip", ip_of},
    {"isIP", "(string) -> bool", is_ip},
    {"ip.isCanonical", "(string) -> bool", is_canonical},
    {"family", "ip.() -> int", family},
    {"isUnspecified", "ip.() -> bool", is_in<unspecified>},
    {"isLoopback", "ip.() -> bool", is_in<loopback>},
    {"isGlobalUnicast", "ip.() -> bool", is_global_unicast},
    {"isLinkLocalMulticast", "ip.() -> bool", is_in<link_local_group>},
    {"isLinkLocalUnicast", "ip.() -> bool", is_in<link_local>},
    {"cidr", "(string) -> cidr", cidr_of},
    {"cidr", "(cidr) -> cidr", cidr_of},
    {"isCIDR", "(string) -> bool", is_cidr},
    {"containsIP", "cidr.(ip) -> bool", contains_ip},
    {"containsIP", "cidr.(string) -> bool", contains_ip},
    {"containsCIDR", "cidr.(cidr) -> bool", contains_cidr},
    {"containsCIDR", "cidr.(string) -> bool", contains_cidr},
    {"masked", "cidr.() -> cidr", masked},
    {"prefixLength", "cidr.() -> int", prefix_length_of},
};

}  // namespace

std::span<const function_spec> network_functions() { return specs; }

}  // namespace nip::cel
