// Content-Encoding of a request: which codings are taken, and taking them off.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/http/request.hpp"
#include "gateway/problem.hpp"

namespace nip::gateway {
struct services;
}

namespace nip::gateway::resources {

enum class coding : std::uint8_t { identity, gzip, unknown };

/// What Accept-Encoding says to who sent another.
inline constexpr std::string_view codings_taken = "gzip";

/// Of a list of codings, each of which may be known: unknown.
coding coding_of(const http::request& request);
/// 415: the request has an unknown coding.
problem coding_problem(const http::request& request);
/// Puts what the gzip body of `request` inflates to in its place; the text lies in
/// services::bodies. 400 for a body that is damaged, 413 for one over api_gateway.limits.body_bytes
/// or compression_ratio; the body is then as it was.
std::optional<problem> decode_body(services& shard, http::request& request);

}  // namespace nip::gateway::resources
