#include "cli/bench/http_reader.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace nip::cli::bench {
namespace {

/// The number behind "Content-Length:" in a head, whatever its case; 0 when there is none.
std::optional<std::size_t> content_length(std::string_view head) {
  constexpr std::string_view name = "content-length:";
  for (auto line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line + 2)) {
    auto at = head.substr(line + 2);
    if (at.size() < name.size()) continue;
    bool same = true;
    for (std::size_t i = 0; same && i < name.size(); ++i) same = (at[i] | 0x20) == (name[i] | 0x20);
    if (!same) continue;
    at.remove_prefix(name.size());
    at.remove_prefix(std::min(at.find_first_not_of(' '), at.size()));
    std::size_t size = 0;
    if (std::from_chars(at.data(), at.data() + at.size(), size).ec != std::errc{})
      return std::nullopt;
    return size;
  }
  return 0;
}

std::unexpected<failure> garbage(std::string_view bytes) {
  return stop(
      exit_code::failed,
      fmt::format("the server's answer is no HTTP/1.1 that bench reads: {}", bytes.substr(0, 200)));
}

}  // namespace

outcome<std::size_t> http_reader::take(std::string_view bytes, const listener& told) {
  std::size_t taken = 0;
  for (;;) {
    const auto rest = bytes.substr(taken);
    const auto end = rest.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (rest.size() > head_bytes_max) return garbage(rest);
      return taken;
    }
    const auto head = rest.substr(0, end);
    const auto length = content_length(head);
    if (!head.starts_with("HTTP/1.1 ") || head.size() < 12 || !length || *length > body_bytes_max)
      return garbage(head);
    const std::size_t whole = end + 4 + *length;
    if (rest.size() < whole) return taken;
    ++answered_;
    told({.from = answered_,
          .to = answered_,
          .accepted = head[9] == '2',
          .text = rest.substr(end + 4, *length)});
    taken += whole;
  }
}

}  // namespace nip::cli::bench
