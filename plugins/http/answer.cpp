#include "answer.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace http_plugin {

namespace {

constexpr std::size_t quoted_bytes_max = 200;
constexpr std::int64_t retry_after_seconds_max = 3600;

bool worth_a_retry(long status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status <= 599);
}

std::string quoted(std::string_view body) {
  if (body.empty()) return {};
  std::string text = ": " + std::string(body.substr(0, quoted_bytes_max));
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text + (body.size() > quoted_bytes_max ? "…" : "");
}

}  // namespace

answer judge_status(const curl_api& curl, long status, std::string_view retry_after,
                    std::string_view body, std::int64_t now) {
  if (status >= 200 && status <= 299) return {};
  answer out;
  out.what = worth_a_retry(status) ? verdict::transient : verdict::permanent;
  if (out.what == verdict::transient)
    out.retry_after_ns = parse_retry_after(curl, retry_after, now);
  out.why = "HTTP " + std::to_string(status) + quoted(body);
  return out;
}

std::int64_t parse_retry_after(const curl_api& curl, std::string_view text, std::int64_t now) {
  std::int64_t seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc() || end != text.data() + text.size()) {
    const auto date = static_cast<std::int64_t>(curl.getdate(std::string(text).c_str(), nullptr));
    if (date < 0) return 0;
    seconds = date - now;
  }
  return std::clamp<std::int64_t>(seconds, 0, retry_after_seconds_max) * 1'000'000'000;
}

std::string make_reply(std::string_view type, long status, std::string_view content_type,
                       std::string_view body) {
  // The broker's parser has the last word: what only looks like JSON goes as text.
  const bool is_json = !body.empty() && nlohmann::json::accept(body);
  nlohmann::json out = {
      {"type", type}, {"metadata", {{"http_status", status}, {"http_content_type", content_type}}}};
  if (!is_json) {
    out["data"] = body;
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  std::string text = out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.pop_back();
  return text.append(R"(,"data":)").append(body).append("}");
}

}  // namespace http_plugin
