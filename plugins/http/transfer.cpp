#include "transfer.hpp"

#include <algorithm>
#include <new>

namespace http_plugin {

transfer::transfer(const curl_api& curl, const http_config& config, request what,
                   std::uint64_t token, std::int64_t timeout_ms)
    : curl_(curl),
      what_(std::move(what)),
      token_(token),
      headers_(nullptr, curl.slist_free_all),
      easy_(curl.easy_init(), curl.easy_cleanup),
      body_bytes_max_(config.response_bytes_max) {
  if (easy_ == nullptr) throw std::bad_alloc();
  for (const std::string& line : what_.headers) {
    curl_slist* longer = curl_.slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers_.release();
    headers_.reset(longer);
  }
  set_up(config, timeout_ms);
  set_up_tls(config);
}

void transfer::set_up(const http_config& config, std::int64_t timeout_ms) {
  CURL* const easy = easy_.get();
  curl_.easy_setopt(easy, CURLOPT_URL, config.url.c_str());
  curl_.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, config.method.c_str());
  curl_.easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  if (config.method != "GET") {
    curl_.easy_setopt(easy, CURLOPT_POSTFIELDS, what_.body.data());
    curl_.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                      static_cast<curl_off_t>(what_.body.size()));
  }
  curl_.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);  // a redirect is an answer, not an order
  curl_.easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  curl_.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                    static_cast<long>(std::min(config.connect_timeout_ms, timeout_ms)));
  curl_.easy_setopt(easy, CURLOPT_PROXY, config.proxy.c_str());
  curl_.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_.easy_setopt(easy, CURLOPT_PIPEWAIT,
                    1L);  // rather wait for an HTTP/2 stream than open more
  curl_.easy_setopt(easy, CURLOPT_WRITEFUNCTION, &transfer::take_body);
  curl_.easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_.easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_.easy_setopt(easy, CURLOPT_ERRORBUFFER, error_);
}

void transfer::set_up_tls(const http_config& config) {
  CURL* const easy = easy_.get();
  curl_.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, config.verifies ? 1L : 0L);
  curl_.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, config.verifies ? 2L : 0L);
  curl_.easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!config.ca_file.empty()) curl_.easy_setopt(easy, CURLOPT_CAINFO, config.ca_file.c_str());
}

transfer& transfer::of(const curl_api& curl, CURL* easy) {
  char* self = nullptr;
  curl.easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *reinterpret_cast<transfer*>(self);
}

long transfer::status() const {
  long code = 0;
  curl_.easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &code);
  return code;
}

std::string transfer::header(const char* name) const {
  curl_header* found = nullptr;
  const auto code = curl_.easy_header(easy_.get(), name, 0, CURLH_HEADER, -1, &found);
  return code == CURLHE_OK ? found->value : "";
}

std::string transfer::why(CURLcode code) const {
  return error_[0] != '\0' ? error_ : curl_.easy_strerror(code);
}

std::size_t transfer::take_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& it = *static_cast<transfer*>(self);
  const std::size_t more = size * count;
  it.too_large_ = it.too_large_ || more > it.body_bytes_max_ - it.body_.size();
  if (it.too_large_) return 0;  // ends the transfer
  try {
    it.body_.append(bytes, more);
    return more;
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

}  // namespace http_plugin
