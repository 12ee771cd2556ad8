// The thread that carries requests: many at once on pooled connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "answer.hpp"
#include "curl_api.hpp"
#include "http_config.hpp"
#include "transfer.hpp"

namespace http_plugin {

/// How one exchange ended.
struct exchange {
  std::uint64_t token = 0;
  answer said;
  long status = 0;  ///< 0 when no response came
  std::string content_type;
  std::string_view body;  ///< valid until the callback returns
};

/// Owns a thread and libcurl's multi handle, with its connection pool. submit() and cancel() may be
/// called by any thread; `ended` is called on the client's own.
class client {
 public:
  using ended_t = std::function<void(const exchange&)>;

  /// `curl` and `config` outlive the client.
  client(const curl_api& curl, const http_config& config, ended_t ended,
         std::function<std::int64_t()> unix_seconds);
  /// Gives up what is on its way without a word: the broker retries it.
  ~client();

  /// Sends it as soon as a connection is free; the time for that counts too.
  void submit(request what, std::uint64_t token, std::int64_t timeout_ms);
  /// Gives up one exchange; `ended` is not called for it unless it has ended just now.
  void cancel(std::uint64_t token);

 private:
  struct order {
    request what;
    std::uint64_t token;
    std::int64_t timeout_ms;
    bool cancels;
  };

  void serve();
  void take_orders();
  void begin(order& one);
  void drop(std::uint64_t token);
  void report_ended();
  void report(transfer& it, CURLcode code);

  const curl_api& curl_;
  const http_config& config_;
  ended_t ended_;
  std::function<std::int64_t()> unix_seconds_;
  CURLM* multi_;
  std::unordered_map<std::uint64_t, std::unique_ptr<transfer>> open_;  // the thread's

  std::mutex mutex_;  // guards what follows
  std::vector<order> orders_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace http_plugin
