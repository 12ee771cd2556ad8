// The signature of a webhook, as https://www.standardwebhooks.com describes it: HMAC-SHA256 over
// id, time, body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace http_plugin {

/// The bytes of "whsec_BASE64", or of any other text as it stands. Throws std::invalid_argument
/// when what follows the prefix is not base64.
std::string decode_secret(std::string_view text);

/// "v1,BASE64": the value of the header webhook-signature for these webhook-id, webhook-timestamp
/// and body.
std::string sign(std::string_view secret, std::string_view id, std::int64_t unix_seconds,
                 std::string_view body);

}  // namespace http_plugin
