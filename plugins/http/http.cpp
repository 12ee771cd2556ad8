// A webhook: sends each message to a URL and reports what the server says.
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <nip/plugin.hpp>
#include <optional>
#include <stdexcept>

#include "client.hpp"
#include "curl_api.hpp"

class webhook : public nip::plugin {
 public:
  static inline const std::string_view config_schema = http_plugin::http_schema();
  static constexpr std::uint32_t in_flight_max = 1024;

  void configure(std::string_view config) override {
    config_ = http_plugin::parse_http_config(config);
  }

  void start() override {
    curl_.emplace();
    if (curl_->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
      throw std::runtime_error("libcurl does not start");
    client_ = std::make_unique<http_plugin::client>(
        *curl_, config_, [this](const http_plugin::exchange& one) { report(one); },
        [this] { return unix_seconds(); });
  }

  void handle(const nip::message& in, nip::result& out) override {
    const std::int64_t timeout_ms = time_left_ms(in);
    if (timeout_ms <= 0) return out.retry("its deadline has passed");
    http_plugin::outgoing message{.json = in.json(),
                                  .id = in.id(),
                                  .type = in.type(),
                                  .source = in.source(),
                                  .timestamp = in.timestamp(),
                                  .data = in.data(),
                                  .correlation_id = in.correlation_id(),
                                  .traceparent = in.traceparent(),
                                  .delivery_id = in.delivery_id(),
                                  .unix_seconds = unix_seconds()};
    out.pending();
    client_->submit(http_plugin::make_request(config_, message), in.token(), timeout_ms);
  }

  void cancel(std::uint64_t token) noexcept override {
    try {
      client_->cancel(token);
    } catch (...) {  // no memory: the exchange runs into its own timeout instead
    }
  }

  nip::health health() override {
    const auto row = failures_in_a_row_.load();
    if (row == 0) return {};
    const std::lock_guard lock(mutex_);
    return {row < failures_unhealthy ? NIP_DEGRADED : NIP_UNHEALTHY,
            std::to_string(row) + " failures in a row, the last one: " + last_failure_};
  }

  void stop() override { client_.reset(); }

 private:
  static constexpr std::uint32_t failures_unhealthy = 5;

  std::int64_t unix_seconds() const { return broker().wall() / 1'000'000'000; }
  std::int64_t time_left_ms(const nip::message& in) const {
    if (in.deadline_ns() == NIP_NO_DEADLINE) return config_.timeout_ms;
    return std::min(config_.timeout_ms, (in.deadline_ns() - broker().now()) / 1'000'000);
  }

  /// On the client's thread.
  void report(const http_plugin::exchange& one) {
    note(one);
    switch (one.said.what) {
      case http_plugin::verdict::transient:
        broker().retry(one.token, one.said.why, one.said.retry_after_ns);
        return;
      case http_plugin::verdict::permanent:
        broker().fail(one.token, one.said.why);
        return;
      case http_plugin::verdict::done:
        broker().done(one.token, config_.replies
                                     ? http_plugin::make_reply(config_.reply_type, one.status,
                                                               one.content_type, one.body)
                                     : std::string());
        return;
    }
  }
  void note(const http_plugin::exchange& one) {
    broker().count("responses", 1, "status", one.status == 0 ? "none" : std::to_string(one.status));
    if (one.said.what == http_plugin::verdict::done) {
      failures_in_a_row_.store(0);
      return;
    }
    const std::lock_guard lock(mutex_);
    last_failure_ = one.said.why;
    failures_in_a_row_.fetch_add(1);
  }

  http_plugin::http_config config_;
  std::optional<http_plugin::curl_api> curl_;
  std::unique_ptr<http_plugin::client> client_;
  std::atomic<std::uint32_t> failures_in_a_row_{0};
  std::mutex mutex_;  // guards last_failure_
  std::string last_failure_;
};

NIP_PLUGIN(webhook, "http", "1.0.0",
           "Sends each message to a URL and maps the response to an outcome")
