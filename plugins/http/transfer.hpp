// One exchange on libcurl's multi interface.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "curl_api.hpp"
#include "http_config.hpp"
#include "request.hpp"

namespace http_plugin {

/// A request on its way, with everything that libcurl points into. The client's thread only; `curl`
/// and the config outlive it.
class transfer {
 public:
  transfer(const curl_api& curl, const http_config& config, request what, std::uint64_t token,
           std::int64_t timeout_ms);
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  CURL* handle() const { return easy_.get(); }
  std::uint64_t token() const { return token_; }
  /// The transfer that an easy handle belongs to.
  static transfer& of(const curl_api& curl, CURL* easy);

  long status() const;
  std::string header(const char* name) const;
  std::string_view body() const { return body_; }
  bool too_large() const { return too_large_; }
  /// libcurl's own words for what went wrong.
  std::string why(CURLcode code) const;

 private:
  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self);
  void set_up(const http_config& config, std::int64_t timeout_ms);
  void set_up_tls(const http_config& config);

  const curl_api& curl_;
  request what_;
  std::uint64_t token_;
  std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)> headers_;
  std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> easy_;
  std::string body_;
  std::size_t body_bytes_max_;
  bool too_large_ = false;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace http_plugin
