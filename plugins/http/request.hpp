// One webhook request: what goes over the wire for one message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http_config.hpp"

namespace http_plugin {

/// The fields of a message that a request is made of; views.
struct outgoing {
  std::string_view json;
  std::string_view id;
  std::string_view type;
  std::string_view source;
  std::string_view timestamp;
  std::string_view data;  ///< raw JSON, may be empty
  std::string_view correlation_id;
  std::string_view traceparent;
  std::string delivery_id;
  std::int64_t unix_seconds = 0;
};

struct request {
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
};

/// The request of `config` for a message: body form, content type, CloudEvents headers (binary
/// mode, values percent-encoded as its HTTP binding says), idempotency key, trace context and
/// signature. A header of the config replaces one of ours with the same name.
request make_request(const http_config& config, const outgoing& message);

}  // namespace http_plugin
