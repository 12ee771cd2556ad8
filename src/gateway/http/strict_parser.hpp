// Beast's request parser that keeps views and refuses what two servers could read differently.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <span>
#include <string>
#include <string_view>

#include "gateway/http/body_taker.hpp"
#include "gateway/http/request.hpp"
#include "gateway/options.hpp"

namespace nip::gateway::http {

/// For one request. `into` and `chunks` outlive it; views point into the bytes given to put().
class strict_parser final : public boost::beast::http::basic_parser<true> {
 public:
  using beast_error = boost::beast::error_code;
  using beast_view = boost::beast::string_view;

  static constexpr std::size_t chunk_extension_bytes_max = 256;

  strict_parser(const limits& bounds, request& into, std::string& chunks);

  /// The bytes that the next put() gets: folded fields are told by not lying in them.
  void reading_from(std::span<const char> bytes) { bytes_ = bytes; }
  /// Chunks go to `taker`, as much as it takes, and no longer into the string.
  void hand_chunks_to(body_taker* taker) { taker_ = taker; }
  /// The taker has left some bytes: put() stopped in front of them.
  bool held_back() const { return held_back_; }
  /// The body is one that is handled as it comes: the parser stops behind the head.
  bool is_streamed() const { return streamed_; }
  /// A refusal of our own; status 0 when Beast's error says it all.
  unsigned status() const { return status_; }
  std::string& detail() { return detail_; }
  /// What a body over its bound is told.
  std::string body_over() const {
    return body_over(streamed_ ? bounds_.batch_bytes_max : bounds_.body_bytes_max);
  }
  bool got_request_line() const { return !into_.target.empty(); }

 private:
  void on_request_impl(boost::beast::http::verb verb, beast_view verb_text, beast_view target,
                       int version, beast_error& ec) override;
  void on_response_impl(int, beast_view, int, beast_error&) override {}
  void on_field_impl(boost::beast::http::field known, beast_view name, beast_view value,
                     beast_error& ec) override;
  void on_header_impl(beast_error& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast_error&) override {}
  std::size_t on_body_impl(beast_view body, beast_error&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, beast_view extensions, beast_error& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t, beast_view body, beast_error&) override;
  void on_finish_impl(beast_error&) override {}

  bool is_folded(beast_view name, beast_view value) const;
  void note_field(boost::beast::http::field known, std::string_view name, std::string_view value,
                  beast_error& ec);
  void note_once(std::string_view& slot, std::string_view name, std::string_view value,
                 beast_error& ec);
  void split_target(beast_error& ec);
  void bound_body(beast_error& ec);
  std::string body_over(std::size_t bytes_max) const;
  void refuse(unsigned status, std::string detail, beast_error& ec);

  const limits& bounds_;
  request& into_;
  std::string& chunks_;
  std::span<const char> bytes_;
  std::string_view content_length_;
  std::string_view transfer_encoding_;
  std::string_view expect_;
  std::string_view websocket_key_;
  int version_ = 11;
  bool header_over_ = false;
  bool host_seen_ = false;
  bool streamed_ = false;
  bool held_back_ = false;
  body_taker* taker_ = nullptr;
  unsigned status_ = 0;
  std::string detail_;
};

}  // namespace nip::gateway::http
