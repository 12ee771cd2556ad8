#include "gateway/http/request_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>

#include "gateway/http/strict_parser.hpp"
#include "message/message.hpp"

namespace nip::gateway::http {
namespace {

namespace beast_http = boost::beast::http;
using error_code = boost::beast::error_code;

reading refused(unsigned status, std::string detail) {
  return {reading::kind::refused, 0, status, std::move(detail)};
}

/// A well-formed request line of a version that is not spoken, rather than no request line at all.
bool names_other_version(std::span<const char> bytes) {
  std::string_view line(bytes.data(), bytes.size());
  line = line.substr(0, line.find("\r\n"));
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto version = line.substr(line.rfind(' ') + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && digit(version[5]) &&
         version[6] == '.' && digit(version[7]) && version != "HTTP/1.1" && version != "HTTP/1.0";
}

/// Beast's reasons, with the status that HTTP gives them.
reading refused(const error_code& why, strict_parser& parser, const limits& bounds,
                std::span<const char> bytes) {
  if (parser.status() != 0) return refused(parser.status(), std::move(parser.detail()));
  if (why == beast_http::error::body_limit) return refused(413, parser.body_over());
  if (why == beast_http::error::header_limit && !parser.got_request_line())
    return refused(414, fmt::format("the request line is over {} bytes", bounds.header_bytes_max));
  if (why == beast_http::error::header_limit)
    return refused(431, fmt::format("the head is over {} bytes", bounds.header_bytes_max));
  if (why == beast_http::error::bad_version && names_other_version(bytes))
    return refused(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  return refused(400, fmt::format("malformed HTTP request: {}", why.message()));
}

/// An empty line before a request is tolerated (RFC 9112, 2.2): one.
std::size_t empty_line(std::span<const char> bytes) {
  return bytes.size() >= 2 && bytes[0] == '\r' && bytes[1] == '\n' ? 2 : 0;
}

/// Room behind a body that a JSON parser may read.
void pad(std::string& body) { body.reserve(body.size() + message::message::padding); }

}  // namespace

request_reader::request_reader(const limits& bounds) : bounds_(bounds) {}
request_reader::~request_reader() = default;

reading request_reader::read(std::span<const char> bytes, request& into) {
  into.clear();
  const std::size_t skipped = empty_line(bytes);
  bytes = bytes.subspan(skipped);
  if (bytes.empty() || (skipped == 0 && bytes.size() == 1 && bytes[0] == '\r')) return {};
  chunks_.clear();
  strict_parser parser(bounds_, into, chunks_);
  parser.reading_from(bytes);
  error_code why;
  const std::size_t taken = parser.put({bytes.data(), bytes.size()}, why);
  if (why && why != beast_http::error::need_more) return refused(why, parser, bounds_, bytes);
  if (!parser.is_header_done()) return {};

  const char* begin = bytes.data();
  if (parser.is_streamed()) {
    into.head = {begin, taken};
    return {reading::kind::stream, skipped + taken, 0, {}};
  }
  if (parser.chunked()) {
    // The head ends at its first empty line; the parser has seen that there is one.
    const std::string_view text(begin, bytes.size());
    into.head = text.substr(0, text.find("\r\n\r\n") + 4);
    if (!parser.is_done()) return {reading::kind::chunks, skipped + into.head.size(), 0, {}};
    pad(chunks_);
    into.body = chunks_;
    return {reading::kind::whole, skipped + taken, 0, {}};
  }
  const std::size_t length = parser.content_length().value_or(0);
  const std::size_t left = parser.is_done() ? 0 : parser.content_length_remaining().value_or(0);
  const std::size_t head_size = taken - (length - left);
  into.head = {begin, head_size};
  if (!parser.is_done()) return {reading::kind::body, skipped + head_size + length, 0, {}};
  into.body = {begin + head_size, length};
  return {reading::kind::whole, skipped + taken, 0, {}};
}

struct chunk_reader::core {
  core(const limits& limits_of, std::string_view text)
      : bounds(limits_of), head(text), parser(bounds, into, body) {}

  const limits& bounds;
  std::string head;  ///< where the views of `into` point
  request into;
  std::string body;
  strict_parser parser;
};

chunk_reader::chunk_reader(const limits& bounds, std::string_view head, body_taker* taker)
    : core_(std::make_unique<core>(bounds, head)) {
  // The same bytes passed once already, so the head cannot fail now.
  core_->parser.reading_from(core_->head);
  error_code why;
  core_->parser.put({core_->head.data(), core_->head.size()}, why);
  core_->into.head = core_->head;
  core_->parser.hand_chunks_to(taker);
  core_->parser.eager(true);
}

chunk_reader::~chunk_reader() = default;

reading chunk_reader::feed(std::span<const char> bytes) {
  core_->parser.reading_from(bytes);
  error_code why;
  const std::size_t taken = core_->parser.put({bytes.data(), bytes.size()}, why);
  if (why && why != beast_http::error::need_more)
    return refused(why, core_->parser, core_->bounds, bytes);
  if (!core_->parser.is_done()) {
    // What Beast leaves is the line of one chunk, or the trailers: bounded like a head.
    if (!core_->parser.held_back() && bytes.size() - taken > core_->bounds.header_bytes_max)
      return refused(431, fmt::format("a chunk's line or the trailers are over {} bytes",
                                      core_->bounds.header_bytes_max));
    return {reading::kind::body, taken, 0, {}};
  }
  pad(core_->body);
  core_->into.body = core_->body;
  return {reading::kind::whole, taken, 0, {}};
}

request& chunk_reader::whole() { return core_->into; }

}  // namespace nip::gateway::http
