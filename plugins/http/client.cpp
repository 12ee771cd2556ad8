#include "client.hpp"

#include <new>

namespace http_plugin {

namespace {

constexpr int idle_wait_ms = 1000;  // libcurl's own timers cut it short; submit() wakes it

}  // namespace

client::client(const curl_api& curl, const http_config& config, ended_t ended,
               std::function<std::int64_t()> unix_seconds)
    : curl_(curl),
      config_(config),
      ended_(std::move(ended)),
      unix_seconds_(std::move(unix_seconds)),
      multi_(curl.multi_init()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  const auto connections = static_cast<long>(config.connections_max);
  curl_.multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
  curl_.multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
  curl_.multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections);
  thread_ = std::thread([this] { serve(); });
}

client::~client() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  curl_.multi_wakeup(multi_);
  thread_.join();
  for (auto& [token, it] : open_) curl_.multi_remove_handle(multi_, it->handle());
  open_.clear();
  curl_.multi_cleanup(multi_);
}

void client::submit(request what, std::uint64_t token, std::int64_t timeout_ms) {
  const std::lock_guard lock(mutex_);
  orders_.push_back({std::move(what), token, timeout_ms, false});
  if (orders_.size() == 1) curl_.multi_wakeup(multi_);
}

void client::cancel(std::uint64_t token) {
  const std::lock_guard lock(mutex_);
  orders_.push_back({{}, token, 0, true});
  if (orders_.size() == 1) curl_.multi_wakeup(multi_);
}

void client::serve() {
  int running = 0;
  while (true) {
    take_orders();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    curl_.multi_perform(multi_, &running);
    report_ended();
    curl_.multi_poll(multi_, nullptr, 0, idle_wait_ms, nullptr);
  }
}

void client::take_orders() {
  std::vector<order> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(orders_);
  }
  for (order& one : now) {
    if (one.cancels) {
      drop(one.token);
    } else {
      begin(one);
    }
  }
}

void client::begin(order& one) {
  try {
    auto made =
        std::make_unique<transfer>(curl_, config_, std::move(one.what), one.token, one.timeout_ms);
    if (curl_.multi_add_handle(multi_, made->handle()) != CURLM_OK) throw std::bad_alloc();
    open_[one.token] = std::move(made);
  } catch (const std::bad_alloc&) {
    ended_({one.token, {verdict::transient, 0, "no memory for the request"}, 0, {}, {}});
  }
}

void client::drop(std::uint64_t token) {
  const auto it = open_.find(token);
  if (it == open_.end()) return;
  curl_.multi_remove_handle(multi_, it->second->handle());
  open_.erase(it);
}

void client::report_ended() {
  int left = 0;
  while (const CURLMsg* news = curl_.multi_info_read(multi_, &left)) {
    if (news->msg != CURLMSG_DONE) continue;
    transfer& it = transfer::of(curl_, news->easy_handle);
    report(it, news->data.result);
    drop(it.token());
  }
}

void client::report(transfer& it, CURLcode code) {
  exchange out;
  out.token = it.token();
  if (it.too_large()) {
    out.said = {verdict::permanent, 0,
                "the response is larger than " + std::to_string(config_.response_bytes_max) +
                    " bytes (response_bytes_max)"};
  } else if (code != CURLE_OK) {
    out.said = {verdict::transient, 0, it.why(code)};
  } else {
    out.status = it.status();
    out.body = it.body();
    out.content_type = it.header("content-type");
    out.said = judge_status(curl_, out.status, it.header("retry-after"), out.body, unix_seconds_());
  }
  ended_(out);
}

}  // namespace http_plugin
