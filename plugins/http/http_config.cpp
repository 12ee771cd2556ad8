#include "http_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/clock.hpp"

namespace http_plugin {

namespace {

std::int64_t milliseconds(const nlohmann::json& config, const char* key, std::int64_t otherwise) {
  if (!config.contains(key)) return otherwise;
  const auto parsed = nip::parse_duration(config[key].get<std::string>());
  if (!parsed) throw std::invalid_argument(std::string(key) + ": " + parsed.error().detail);
  const std::int64_t ms = parsed->count() / 1'000'000;
  if (ms < 1) throw std::invalid_argument(std::string(key) + ": expected at least 1ms");
  return ms;
}

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_line(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\t'; });
}

std::vector<std::string> header_lines(const nlohmann::json& headers) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : headers.items()) {
    const auto text = value.get<std::string>();
    if (!is_token(name) || !is_line(text))
      throw std::invalid_argument("headers." + name +
                                  ": not a header name and a value on one line");
    // To libcurl, "Name:" removes a header and "Name;" is one without a value.
    lines.push_back(text.empty() ? name + ";" : name + ": " + text);
  }
  return lines;
}

body_form form_of(const std::string& name) {
  if (name == "data") return body_form::data;
  return name == "cloudevents" ? body_form::cloudevents : body_form::envelope;
}

}  // namespace

std::string_view http_schema() {
  return R"({
    "type": "object",
    "additionalProperties": false,
    "required": ["url"],
    "properties": {
      "url": {"type": "string", "minLength": 1, "maxLength": 4096},
      "method": {"enum": ["POST", "PUT", "PATCH", "DELETE", "GET"]},
      "headers": {
        "type": "object", "maxProperties": 64, "additionalProperties": {"type": "string"}
      },
      "body": {"enum": ["envelope", "data", "cloudevents"]},
      "reply": {"type": "boolean"},
      "reply_type": {"type": "string", "minLength": 1, "maxLength": 256},
      "timeout": {"type": "string"},
      "connect_timeout": {"type": "string"},
      "response_bytes_max": {"type": "integer", "minimum": 0, "maximum": 8388608},
      "connections_max": {"type": "integer", "minimum": 1, "maximum": 1024},
      "tls": {
        "type": "object",
        "additionalProperties": false,
        "properties": {"verify": {"type": "boolean"}, "ca_file": {"type": "string", "minLength": 1}}
      },
      "proxy": {"type": "string"},
      "secret": {"type": "string", "minLength": 1},
      "idempotency_header": {"type": "string"}
    }
  })";
}

http_config parse_http_config(std::string_view text) {
  const auto json = nlohmann::json::parse(text);
  http_config out;
  out.url = json.at("url").get<std::string>();
  if ((!out.url.starts_with("http://") && !out.url.starts_with("https://")) || !is_line(out.url))
    throw std::invalid_argument("url: expected http:// or https://, got \"" + out.url + "\"");
  out.method = json.value("method", out.method);
  out.headers = header_lines(json.value("headers", nlohmann::json::object()));
  out.body = form_of(json.value("body", "envelope"));
  out.replies = json.value("reply", out.replies);
  out.reply_type = json.value("reply_type", out.reply_type);
  out.timeout_ms = milliseconds(json, "timeout", out.timeout_ms);
  out.connect_timeout_ms = milliseconds(json, "connect_timeout", out.connect_timeout_ms);
  out.response_bytes_max = json.value("response_bytes_max", out.response_bytes_max);
  out.connections_max = json.value("connections_max", out.connections_max);
  const auto tls = json.value("tls", nlohmann::json::object());
  out.verifies = tls.value("verify", out.verifies);
  out.ca_file = tls.value("ca_file", out.ca_file);
  out.proxy = json.value("proxy", out.proxy);
  if (json.contains("secret")) out.signs.emplace(json["secret"].get<std::string>());
  out.idempotency_header = json.value("idempotency_header", out.idempotency_header);
  if (!out.idempotency_header.empty() && !is_token(out.idempotency_header))
    throw std::invalid_argument("idempotency_header: \"" + out.idempotency_header +
                                "\" is no header name");
  return out;
}

}  // namespace http_plugin
