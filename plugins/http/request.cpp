#include "request.hpp"

#include <strings.h>

#include <algorithm>

namespace http_plugin {

namespace {

/// Space, double quote, percent and everything outside of printable ASCII, as %XX.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code > 0x20 && code < 0x7f && c != '"' && c != '%') {
      out += c;
    } else {
      out.append({'%', hex[code >> 4], hex[code & 15]});
    }
  }
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto size = a.find_first_of(":;");
  return size == b.find_first_of(":;") && ::strncasecmp(a.data(), b.data(), size) == 0;
}

/// Our headers, unless the config says otherwise.
class header_list {
 public:
  explicit header_list(const std::vector<std::string>& configured) : lines_(configured) {}

  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    std::string line(name);
    line.append(": ").append(value);
    const bool taken = std::any_of(lines_.begin(), lines_.end(), [&](const std::string& there) {
      return same_name(there, line);
    });
    if (!taken) lines_.push_back(std::move(line));
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

void add_cloudevent(header_list& headers, const outgoing& message) {
  headers.add("ce-specversion", "1.0");
  headers.add("ce-id", percent_encoded(message.id));
  headers.add("ce-type", percent_encoded(message.type));
  headers.add("ce-source", message.source.empty() ? "nip" : percent_encoded(message.source));
  headers.add("ce-time", percent_encoded(message.timestamp));
  headers.add("ce-correlationid", percent_encoded(message.correlation_id));
}

}  // namespace

request make_request(const http_config& config, const outgoing& message) {
  request out;
  header_list headers(config.headers);
  const bool has_body = config.method != "GET";
  if (has_body) {
    out.body = config.body == body_form::envelope ? message.json : message.data;
    headers.add("Content-Type", "application/json");
  }
  if (config.body == body_form::cloudevents) add_cloudevent(headers, message);
  if (!config.idempotency_header.empty())
    headers.add(config.idempotency_header, message.delivery_id);
  headers.add("traceparent", percent_encoded(message.traceparent));
  headers.add("User-Agent", "nip");
  if (config.signs) {
    const std::string id = percent_encoded(message.id);
    headers.add("webhook-id", id);
    headers.add("webhook-timestamp", std::to_string(message.unix_seconds));
    headers.add("webhook-signature", config.signs->sign(id, message.unix_seconds, out.body));
  }
  // libcurl would otherwise ask before sending bodies over 1 MiB, and wait a second for an answer.
  out.headers = headers.take();
  out.headers.push_back("Expect:");
  return out;
}

}  // namespace http_plugin
