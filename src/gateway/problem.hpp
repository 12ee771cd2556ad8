// RFC 9457 problem details: the one form in which the gateway says that something went wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace nip::gateway {

/// A refusal on its way to a client. `type` is stable and becomes "urn:nip:problem:<type>".
struct problem {
  unsigned status = 500;
  std::string_view type = "internal";                ///< outlives the problem: a literal
  std::string_view title = "Internal Server Error";  ///< the same
  std::string detail;
  std::uint32_t retry_after_s = 0;  ///< 0: no Retry-After
  std::string extra;  ///< more members as JSON text without braces: `"limit":1048576`; may be empty
};

/// The one mapping from a failure to what a client sees.
problem make_problem(const error& why);
problem make_problem(errc code, std::string detail);
/// A refusal that only HTTP knows; its type follows from the status ("method-not-allowed").
problem http_problem(unsigned status, std::string detail);

/// The HTTP status of a failure.
unsigned status_of(errc code);
/// Reason phrase of RFC 9110; "Unknown" for a number that this server never sends.
std::string_view reason_of(unsigned status);

/// Appends the JSON object. `request_id` may be empty.
void append_json(std::string& out, const problem& what, std::string_view request_id = {});
/// The same straight from an error, without a problem in between: WebSocket frames.
void append_json(std::string& out, const error& why);

}  // namespace nip::gateway
