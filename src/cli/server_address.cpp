#include "cli/server_address.hpp"

#include <fmt/format.h>

#include <charconv>

namespace nip::cli {
namespace {

constexpr std::uint16_t port_of_nipd = 8080;
constexpr std::uint16_t port_of_https = 443;

std::unexpected<failure> unusable(std::string_view text, std::string_view why) {
  return stop(exit_code::usage,
              fmt::format("server \"{}\": {}; write it like http://127.0.0.1:8080", text, why));
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const char* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, port);
  return code == std::errc{} && at == end && port != 0;
}

}  // namespace

std::string server_address::authority() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", bracketed ? "[" : "", host, bracketed ? "]" : "", port);
}

std::string server_address::url() const {
  return fmt::format("{}://{}", tls ? "https" : "http", authority());
}

outcome<server_address> parse_server(std::string_view text) {
  server_address parsed{.tls = false, .host = {}, .port = port_of_nipd};
  std::string_view rest = text;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    const auto name = rest.substr(0, scheme);
    if (name != "http" && name != "https")
      return unusable(text, "the scheme is neither http nor https");
    parsed.tls = name == "https";
    if (parsed.tls) parsed.port = port_of_https;
    rest.remove_prefix(scheme + 3);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos)
    return unusable(text, "only scheme, host and port are expected");

  std::string_view after_host;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos) return unusable(text, "\"[\" without \"]\"");
    parsed.host = rest.substr(1, close - 1);
    after_host = rest.substr(close + 1);
  } else {
    const auto colon = rest.find(':');
    parsed.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) after_host = rest.substr(colon);
  }
  if (parsed.host.empty()) return unusable(text, "the host is missing");
  if (after_host.empty()) return parsed;
  if (!after_host.starts_with(':') || !parse_port(after_host.substr(1), parsed.port))
    return unusable(text, "the port is not a number from 1 to 65535");
  return parsed;
}

}  // namespace nip::cli
