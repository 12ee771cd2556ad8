#include "gateway/http/request.hpp"

#include "gateway/text.hpp"

namespace nip::gateway::http {

std::string_view to_string(method verb) {
  switch (verb) {
    case method::get:
      return "GET";
    case method::head:
      return "HEAD";
    case method::post:
      return "POST";
    case method::put:
      return "PUT";
    case method::del:
      return "DELETE";
    case method::options:
      return "OPTIONS";
    case method::other:
      break;
  }
  return "other";
}

std::string_view request::find(std::string_view name) const {
  for (const header& field : headers())
    if (equals_ignoring_case(field.name, name)) return field.value;
  return {};
}

void request::clear() {
  verb = method::other;
  verb_text = target = path = query = head = body = {};
  host = content_type = content_encoding = accept = prefer = {};
  idempotency_key = traceparent = request_id = websocket_protocol = {};
  content_length = 0;
  keep_alive = true;
  chunked = upgrade_websocket = expects_continue = prefer_again = cloud_event = false;
  header_count = 0;
}

}  // namespace nip::gateway::http
