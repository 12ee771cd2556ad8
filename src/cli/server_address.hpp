// The --server URL taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/outcome.hpp"

namespace nip::cli {

struct server_address {
  bool tls = false;
  std::string host = "127.0.0.1";  ///< IPv6 without its brackets
  std::uint16_t port = 8080;

  /// "http://127.0.0.1:8080", IPv6 in brackets, no slash at the end.
  std::string url() const;
  /// "127.0.0.1:8080", as it stands in a Host header.
  std::string authority() const;
};

/// Takes "http://host:port", "https://host", "host:port" or "host". Fails with exit_code::usage
/// when there is a path, a query or no usable host and port.
outcome<server_address> parse_server(std::string_view text);

}  // namespace nip::cli
