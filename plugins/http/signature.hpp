// The signature of a webhook, as https://www.standardwebhooks.com describes it: HMAC-SHA256 over
// id, time, body.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace http_plugin {

/// The functions of OpenSSL that signing calls, found in the library when there is a secret.
struct crypto_api {
  /// Opens libcrypto. Throws std::runtime_error with what is missing and what to install.
  crypto_api();

  decltype(&::HMAC) hmac;
  decltype(&::EVP_sha256) sha256;
  decltype(&::EVP_EncodeBlock) encode_base64;
  decltype(&::EVP_DecodeBlock) decode_base64;
};

/// Signs with one secret. Immutable; any thread.
class signer {
 public:
  /// The key is what "whsec_BASE64" says, or any other text as it stands. Throws
  /// std::invalid_argument when what follows the prefix is not base64, std::runtime_error without
  /// libcrypto.
  explicit signer(std::string_view secret);

  /// "v1,BASE64": the value of the header webhook-signature for these webhook-id,
  /// webhook-timestamp and body.
  std::string sign(std::string_view id, std::int64_t unix_seconds, std::string_view body) const;

 private:
  std::string decode(std::string_view text) const;
  std::string to_base64(std::string_view bytes) const;

  crypto_api crypto_;
  std::string key_;
};

}  // namespace http_plugin
