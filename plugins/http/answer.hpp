// What a response, or its absence, means for the delivery.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "curl_api.hpp"

namespace http_plugin {

enum class verdict : std::uint8_t { done, transient, permanent };

struct answer {
  verdict what = verdict::done;
  std::int64_t retry_after_ns = 0;
  std::string why;  ///< empty when done
};

/// 2xx is done; 408, 425, 429 and 5xx are worth a retry, after what Retry-After says; the rest,
/// redirects too, is for good. `body` is quoted in the reason, cut short. `now` is the wall clock
/// in seconds.
answer judge_status(const curl_api& curl, long status, std::string_view retry_after,
                    std::string_view body, std::int64_t now);

/// Seconds, or an HTTP date (RFC 9110, 10.2.3), as nanoseconds from `now`; 0 when it is neither or
/// past. At most an hour: a retry that is further away is the broker's to plan.
std::int64_t parse_retry_after(const curl_api& curl, std::string_view text, std::int64_t now);

/// The envelope of a reply with `body` as its data: as it is when it is JSON, else as a string.
std::string make_reply(std::string_view type, long status, std::string_view content_type,
                       std::string_view body);

}  // namespace http_plugin
