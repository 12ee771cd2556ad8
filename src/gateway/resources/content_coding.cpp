#include "gateway/resources/content_coding.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/services.hpp"
#include "gateway/text.hpp"

namespace nip::gateway::resources {
namespace {

/// Of the two bounds, the one that the body of `size` bytes came to first.
problem over_problem(const limits& bounds, std::size_t size, std::size_t allowed,
                     std::size_t read) {
  if (allowed == bounds.body_bytes_max)
    return make_problem(
        errc::too_large,
        fmt::format("the gzip body inflates to more than {} bytes (api_gateway.limits.body_bytes) "
                    "after {} of its {} bytes; send less in one request",
                    allowed, read, size));
  return make_problem(
      errc::too_large,
      fmt::format("the gzip body may inflate to {} times its {} bytes "
                  "(api_gateway.limits.compression_ratio); it came to more than {} bytes after {} "
                  "of them; send it without Content-Encoding",
                  bounds.compression_ratio_max, size, allowed, read));
}

}  // namespace

coding coding_of(const http::request& request) {
  const std::string_view named = request.content_encoding;
  if (named.empty() || equals_ignoring_case(named, "identity")) return coding::identity;
  // RFC 9110, 8.4.1.3: x-gzip is the same.
  if (equals_ignoring_case(named, "gzip") || equals_ignoring_case(named, "x-gzip"))
    return coding::gzip;
  return coding::unknown;
}

problem coding_problem(const http::request& request) {
  return http_problem(
      415, fmt::format("Content-Encoding \"{}\"; taken are gzip, once, and none (identity)",
                       request.content_encoding));
}

std::optional<problem> decode_body(services& shard, http::request& request) {
  const limits& bounds = shard.settings.bounds;
  const std::string_view packed = request.body;
  const std::size_t allowed =
      std::min(bounds.body_bytes_max, packed.size() * bounds.compression_ratio_max);
  shard.counts.inflated.add();
  const inflation got = shard.bodies.inflate(packed, allowed);
  if (got.how == inflation::outcome::whole) {
    request.body = got.text;
    return std::nullopt;
  }
  shard.counts.inflate_refused.add();
  shard.bodies.rest();
  if (got.how == inflation::outcome::over)
    return over_problem(bounds, packed.size(), allowed, got.read);
  return make_problem(errc::parse,
                      fmt::format("the body {} (at byte {} of {}); send gzip as of RFC "
                                  "1952, or leave Content-Encoding out",
                                  got.why, got.read, packed.size()));
}

}  // namespace nip::gateway::resources
