#include "gateway/http/strict_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "gateway/resources/route_table.hpp"
#include "gateway/text.hpp"

namespace nip::gateway::http {
namespace {

namespace beast_http = boost::beast::http;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

method method_of(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
      return method::get;
    case beast_http::verb::head:
      return method::head;
    case beast_http::verb::post:
      return method::post;
    case beast_http::verb::put:
      return method::put;
    case beast_http::verb::delete_:
      return method::del;
    case beast_http::verb::options:
      return method::options;
    default:
      return method::other;
  }
}

bool is_authority(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~:[]!$&'()*+;=%").find(c) != std::string_view::npos;
  });
}

}  // namespace

strict_parser::strict_parser(const limits& bounds, request& into, std::string& chunks)
    : bounds_(bounds), into_(into), chunks_(chunks) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(bounds.header_bytes_max));
  body_limit(boost::none);  // bound_body() does, once it knows for which route
}

void strict_parser::refuse(unsigned status, std::string detail, beast_error& ec) {
  status_ = status;
  detail_ = std::move(detail);
  ec = beast_http::error::bad_value;  // any error ends the parser; status() says which
}

void strict_parser::on_request_impl(beast_http::verb verb, beast_view verb_text, beast_view target,
                                    int version, beast_error& ec) {
  into_.verb = method_of(verb);
  into_.verb_text = view(verb_text);
  into_.target = view(target);
  version_ = version;
  if (target.size() > bounds_.target_bytes_max)
    refuse(414,
           fmt::format("the request target has {} bytes; at most {} are allowed", target.size(),
                       bounds_.target_bytes_max),
           ec);
}

/// Beast joins a folded value in a buffer of its own, which lies outside of the input; but when the
/// first line is empty it takes the value as it stands, behind a line end.
bool strict_parser::is_folded(beast_view name, beast_view value) const {
  const std::less<> before;  // defined for pointers into different arrays, which is the point here
  const char* end = bytes_.data() + bytes_.size();
  if (before(value.data(), bytes_.data()) || before(end, value.data() + value.size())) return true;
  return std::find(name.data() + name.size(), value.data(), '\n') != value.data();
}

void strict_parser::on_field_impl(beast_http::field known, beast_view name, beast_view value,
                                  beast_error& ec) {
  if (is_folded(name, value))
    return refuse(400, fmt::format("field \"{}\" is folded over lines; send it on one", view(name)),
                  ec);
  // Behind the last chunk come trailers; none has a meaning here and framing ones failed before.
  if (header_over_) return;
  if (into_.header_count == std::min(bounds_.headers_max, request::headers_capacity))
    return refuse(431, fmt::format("more than {} header fields", into_.header_count), ec);
  into_.header_table[into_.header_count++] = {view(name), view(value)};
  note_field(known, view(name), view(value), ec);
}

void strict_parser::note_once(std::string_view& slot, std::string_view name, std::string_view value,
                              beast_error& ec) {
  if (slot.data() != nullptr)
    return refuse(400, fmt::format("field \"{}\" stands twice; send it once", name), ec);
  slot = value;
}

void strict_parser::note_field(beast_http::field known, std::string_view name,
                               std::string_view value, beast_error& ec) {
  using beast_http::field;
  switch (known) {
    case field::host:
      host_seen_ = true;
      return note_once(into_.host, name, value, ec);
    case field::content_length:
      return note_once(content_length_, name, value, ec);
    case field::transfer_encoding:
      return note_once(transfer_encoding_, name, value, ec);
    case field::content_type:
      return note_once(into_.content_type, name, value, ec);
    case field::content_encoding:
      return note_once(into_.content_encoding, name, value, ec);
    case field::expect:
      return note_once(expect_, name, value, ec);
    case field::accept:
      into_.accept = value;
      return;
    case field::sec_websocket_key:
      return note_once(websocket_key_, name, value, ec);
    case field::sec_websocket_protocol:
      into_.websocket_protocol = value;
      return;
    case field::upgrade:
      into_.upgrade_websocket = equals_ignoring_case(value, "websocket");
      return;
    default:
      break;
  }
  switch (name.size()) {
    case 6:
      if (!equals_ignoring_case(name, "prefer")) return;
      into_.prefer_again = into_.prefer.data() != nullptr;
      into_.prefer = value;
      return;
    case 11:
      if (equals_ignoring_case(name, "traceparent"))
        return note_once(into_.traceparent, name, value, ec);
      return;
    case 12:
      if (equals_ignoring_case(name, "x-request-id")) into_.request_id = value;
      return;
    case 14:
      if (equals_ignoring_case(name, "ce-specversion")) into_.cloud_event = true;
      return;
    case 15:
      if (equals_ignoring_case(name, "idempotency-key"))
        return note_once(into_.idempotency_key, name, value, ec);
      return;
    default:
      return;
  }
}

void strict_parser::split_target(beast_error& ec) {
  std::string_view target = into_.target;
  if (target.starts_with("http://") || target.starts_with("https://")) {
    target.remove_prefix(target.find("//") + 2);
    const auto authority = target.substr(0, target.find_first_of("/?"));
    if (!equals_ignoring_case(authority, into_.host))
      return refuse(400,
                    fmt::format("the target names \"{}\", Host says \"{}\"; they must be equal",
                                authority, into_.host),
                    ec);
    target.remove_prefix(authority.size());
  } else if (!target.starts_with('/') && !(target == "*" && into_.verb == method::options)) {
    return refuse(
        400, fmt::format("request target \"{}\"; expected a path that begins with /", target), ec);
  }
  if (target.find('#') != std::string_view::npos)
    return refuse(400, "the request target has a fragment (#); leave it out", ec);
  const auto question = target.find('?');
  into_.path = target.empty() ? std::string_view("/") : target.substr(0, question);
  if (into_.path.empty()) into_.path = "/";
  into_.query =
      question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
}

void strict_parser::on_header_impl(beast_error& ec) {
  header_over_ = true;
  const auto not_a_digit = [](char c) { return c < '0' || c > '9'; };
  if (std::ranges::any_of(content_length_, not_a_digit))
    return refuse(
        400, fmt::format("Content-Length \"{}\"; expected one decimal number", content_length_),
        ec);
  if (transfer_encoding_.data() != nullptr && version_ < 11)
    return refuse(400, "Transfer-Encoding in an HTTP/1.0 request; use HTTP/1.1", ec);
  if (transfer_encoding_.data() != nullptr && !equals_ignoring_case(transfer_encoding_, "chunked"))
    return refuse(
        400,
        fmt::format("Transfer-Encoding \"{}\"; only \"chunked\" is spoken", transfer_encoding_),
        ec);
  if (version_ >= 11 && !host_seen_) return refuse(400, "field Host is missing", ec);
  if (!is_authority(into_.host))
    return refuse(400, fmt::format("Host \"{}\" is not a host with an optional port", into_.host),
                  ec);
  if (expect_.data() != nullptr) {
    if (!equals_ignoring_case(expect_, "100-continue"))
      return refuse(417, fmt::format("Expect \"{}\"; only \"100-continue\" is met", expect_), ec);
    into_.expects_continue = version_ >= 11;
  }
  into_.keep_alive = version_ >= 11 && keep_alive();
  into_.upgrade_websocket = into_.upgrade_websocket && upgrade();
  split_target(ec);
  if (!ec) bound_body(ec);
}

void strict_parser::bound_body(beast_error& ec) {
  streamed_ = resources::takes_body_as_it_comes(into_.verb, into_.path);
  into_.chunked = chunked();
  into_.content_length = content_length().value_or(0);
  const std::size_t bytes_max = streamed_ ? bounds_.batch_bytes_max : bounds_.body_bytes_max;
  if (into_.content_length > bytes_max) return refuse(413, body_over(bytes_max), ec);
  if (into_.chunked) body_limit(bytes_max);
  if (streamed_) eager(false);
}

std::string strict_parser::body_over(std::size_t bytes_max) const {
  return fmt::format("the body is over {} bytes (api_gateway.limits.{})", bytes_max,
                     streamed_ ? "batch_bytes" : "body_bytes");
}

void strict_parser::on_chunk_header_impl(std::uint64_t, beast_view extensions, beast_error& ec) {
  if (extensions.size() > chunk_extension_bytes_max)
    refuse(400,
           fmt::format("a chunk extension has {} bytes; at most {} are allowed", extensions.size(),
                       chunk_extension_bytes_max),
           ec);
}

std::size_t strict_parser::on_chunk_body_impl(std::uint64_t, beast_view body, beast_error& ec) {
  if (taker_ == nullptr) {
    chunks_.append(body.data(), body.size());
    return body.size();
  }
  const std::size_t taken = taker_->take({body.data(), body.size()});
  held_back_ = taken < body.size();
  if (held_back_) ec = beast_http::error::need_more;
  return taken;
}

}  // namespace nip::gateway::http
