// The settings of the http plugin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signature.hpp"

namespace http_plugin {

enum class body_form : std::uint8_t { envelope, data, cloudevents };

struct http_config {
  std::string url;
  std::string method = "POST";
  std::vector<std::string> headers;  ///< "Name: value"
  body_form body = body_form::envelope;
  bool replies = false;  ///< the response body is the reply's data
  std::string reply_type = "http.response";
  std::int64_t timeout_ms = 10'000;  ///< of the whole exchange; never beyond the message's deadline
  std::int64_t connect_timeout_ms = 3'000;
  std::size_t response_bytes_max = std::size_t{1} << 20;
  std::uint32_t connections_max = 32;  ///< of one instance
  bool verifies = true;                ///< the server's certificate and name
  std::string ca_file;                 ///< empty: the system's
  std::string proxy;                   ///< URL; empty: none, whatever the environment says
  std::optional<signer> signs;         ///< with the secret; none: unsigned
  std::string idempotency_header = "Idempotency-Key";  ///< empty: none
};

/// The JSON Schema of the config.
std::string_view http_schema();
/// Reads a config that is valid against the schema. Throws std::invalid_argument with the key and
/// what was expected: a URL without http(s), a header with a line break, a duration that is none.
http_config parse_http_config(std::string_view text);

}  // namespace http_plugin
