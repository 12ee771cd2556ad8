#include "cel/network.hpp"

#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

TEST(cel_network, AddressesAreReadAndWrittenInTheirShortestForm) {
  expect_all({{"string(ip('10.1.2.3'))", "\"10.1.2.3\""},
              {"ip('2001:DB8:0:0:1:0:0:1')", "ip(\"2001:db8::1:0:0:1\")"},
              {"string(ip('0:0:0:0:0:0:0:0'))", "\"::\""},
              {"string(ip('fe80:0:0:0:0:0:0:1'))", "\"fe80::1\""},
              {"string(ip('1:0:2:3:4:5:6:7'))", "\"1:0:2:3:4:5:6:7\""},
              {"string(ip('1:2:3:4:5:6:0:0'))", "\"1:2:3:4:5:6::\""},
              {"ip(ip('10.0.0.1'))", "ip(\"10.0.0.1\")"},
              {"type(ip('::1')) == net.IP", "true"}});
}

TEST(cel_network, WhatIsNoAddressIsAnError) {
  for (const std::string_view wrong :
       {"", "10.1.2", "10.1.2.3.4", "10.1.2.256", "010.1.2.3", "::1%lo", "1:::2", ":1", "1:2",
        "g::", "::ffff:10.0.0.1", "10.0.0.1/8", " 10.0.0.1",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"}) {
    EXPECT_FALSE(parse_address(wrong)) << wrong;
  }
  EXPECT_FALSE(parse_address(std::string_view("10.0.0.1\0", 9)));
  expect_all({{"ip('10.0.0')", "error: invalid argument: 10.0.0"},
              {"isIP('10.0.0')", "false"},
              {"isIP('10.0.0.1')", "true"},
              {"ip.isCanonical('2001:db8::1')", "true"},
              {"ip.isCanonical('2001:DB8::1')", "false"},
              {"ip.isCanonical('x')", "error: invalid argument: x"}});
}

TEST(cel_network, AddressesCompareAcrossTheirSpellings) {
  expect_all({{"ip('2001:db8::1') == ip('2001:0DB8:0::1')", "true"},
              {"ip('::ffff:a00:1') == ip('10.0.0.1')", "true"},
              {"ip('10.0.0.1') != ip('10.0.0.2')", "true"},
              {"dyn(ip('10.0.0.1')) == dyn('10.0.0.1')", "false"},
              {"dyn(ip('10.0.0.1')) < dyn(ip('10.0.0.2'))", "error: no such overload"},
              {"ip('10.0.0.1') in [ip('10.0.0.1')]", "true"}});
}

TEST(cel_network, AddressesSayWhatTheyAreFor) {
  expect_all({{"ip('10.0.0.1').family()", "4"},
              {"ip('fd00::1').family()", "6"},
              {"ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified()", "true"},
              {"ip('127.255.0.1').isLoopback() && ip('::1').isLoopback()", "true"},
              {"ip('128.0.0.1').isLoopback() || ip('::2').isLoopback()", "false"},
              {"ip('224.0.0.251').isLinkLocalMulticast()", "true"},
              {"ip('224.0.1.1').isLinkLocalMulticast()", "false"},
              {"ip('ff02::fb').isLinkLocalMulticast()", "true"},
              {"ip('169.254.1.1').isLinkLocalUnicast()", "true"},
              {"ip('febf::1').isLinkLocalUnicast()", "true"},
              {"ip('fec0::1').isLinkLocalUnicast()", "false"},
              {"ip('10.0.0.1').isGlobalUnicast()", "true"},
              {"ip('255.255.255.255').isGlobalUnicast()", "false"},
              {"ip('239.1.2.3').isGlobalUnicast()", "false"},
              {"ip('ff05::1').isGlobalUnicast()", "false"},
              {"ip('169.254.1.1').isGlobalUnicast()", "false"}});
}

TEST(cel_network, RangesAreReadAndMasked) {
  expect_all({{"string(cidr('10.1.2.3/8'))", "\"10.1.2.3/8\""},
              {"cidr('10.1.2.3/8').masked()", "cidr(\"10.0.0.0/8\")"},
              {"cidr('2001:db8:1::/33').masked()", "cidr(\"2001:db8::/33\")"},
              {"cidr('10.1.2.3/8').ip()", "ip(\"10.1.2.3\")"},
              {"cidr('10.1.2.3/0').prefixLength()", "0"},
              {"cidr('::/128').prefixLength()", "128"},
              {"cidr(cidr('::/0')) == cidr('::/0')", "true"},
              {"cidr('10.0.0.1/8') == cidr('10.0.0.0/8')", "false"},
              {"type(cidr('::/0')) == net.CIDR", "true"},
              {"isCIDR('10.0.0.0/33')", "false"},
              {"cidr('10.0.0.0/')", "error: invalid argument: 10.0.0.0/"}});
  for (const std::string_view wrong : {"10.0.0.0", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8 ",
                                       "::/129", "/8", "::ffff:a00:1/104", "fe80::1%lo/64"}) {
    EXPECT_FALSE(parse_range(wrong)) << wrong;
  }
}

TEST(cel_network, RangesContainAddressesAndRangesOfTheirFamily) {
  expect_all({{"cidr('10.1.0.0/16').containsIP('10.1.255.255')", "true"},
              {"cidr('10.1.0.0/16').containsIP(ip('10.2.0.0'))", "false"},
              {"cidr('10.1.0.0/16').containsIP('2001:db8::1')", "false"},
              {"cidr('::/0').containsIP('10.1.0.0')", "false"},
              {"cidr('0.0.0.0/0').containsIP('10.1.0.0')", "true"},
              {"cidr('2001:db8::/32').containsIP('2001:db8:ffff::')", "true"},
              {"cidr('2001:db8::/65').containsIP('2001:db8::8000:0:0:0')", "false"},
              {"cidr('10.1.0.0/16').containsCIDR('10.1.2.0/24')", "true"},
              {"cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))", "false"},
              {"cidr('10.1.0.0/16').containsCIDR('10.1.0.0/16')", "true"},
              {"cidr('10.1.0.0/16').containsIP('10.1')", "error: invalid argument: 10.1"},
              {"cidr('10.1.0.0/16').containsIP(dyn(1))", "error: no such overload"}});
}

TEST(cel_network, TypesAreChecked) {
  expression e;
  EXPECT_EQ(e.refusal("isIP(cidr('10.0.0.0/8'))"),
            "1:1: isIP() does not take (net.CIDR); it takes (string) -> bool");
  EXPECT_EQ(e.refusal("ip('10.0.0.1') == '10.0.0.1'").substr(0, 42),
            "1:16: no such operation: net.IP == string;");
}

}  // namespace
}  // namespace nip::cel
