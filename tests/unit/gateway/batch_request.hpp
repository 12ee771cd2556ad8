// Requests to /v4/messages:batch, and a broker that accepts their entries.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "unit/gateway/deflate.hpp"
#include "unit/gateway/peer.hpp"

namespace nip::gateway {

inline constexpr std::string_view ndjson = "application/x-ndjson";

/// The head of a batch; `framing` is its last field.
inline std::string head_of(std::string_view framing, std::string_view type = "application/json",
                           std::string_view more = "") {
  return fmt::format(
      "POST /v4/messages:batch HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\n{}{}\r\n\r\n", type, more,
      framing);
}

inline std::string batch_of(std::string_view body, std::string_view type = "application/json",
                            std::string_view more = "") {
  return head_of("Content-Length: " + std::to_string(body.size()), type, more) + std::string(body);
}

inline std::string chunk(std::string_view text) {
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}

inline std::string chunked(std::string_view body, std::size_t step, std::string_view type,
                           std::string_view more = "") {
  std::string made = head_of("Transfer-Encoding: chunked", type, more);
  for (std::size_t at = 0; at < body.size(); at += step) made += chunk(body.substr(at, step));
  return made + "0\r\n\r\n";
}

inline std::string numbered(std::size_t from, std::size_t to) {
  std::string made;
  for (std::size_t n = from; n < to; ++n)
    made += fmt::format("{{\"type\":\"t\",\"data\":{}}}\n", n);
  return made;
}

class http_batch_test : public table_test {
 protected:
  void SetUp() override {
    table_test::SetUp();
    settings.bounds.header_timeout = settings.bounds.body_timeout = std::chrono::seconds(30);
  }

  /// Accepts all that is open, some turns long, until an answer comes or nothing is open.
  std::string settle() {
    std::string text = take();
    while (text.empty() && !port.open.empty()) {
      while (!port.open.empty()) accept(++seq);
      text = take();
    }
    return text + take();  // a batch that went on behind the turn may have come to its end
  }
  void pass(std::chrono::seconds span) {
    clock.advance(span);
    table->begin_turn();
  }

  std::uint64_t seq = 0;
};

}  // namespace nip::gateway
