#include "signature.hpp"

#include <array>
#include <stdexcept>

#include "late_library.hpp"

namespace http_plugin {

namespace {

constexpr std::string_view secret_prefix = "whsec_";

static_assert(OPENSSL_VERSION_MAJOR == 3, "crypto_api opens libcrypto.so.3");

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

crypto_api::crypto_api() {
  const late_library crypto("libcrypto.so.3", "libssl3");
  crypto.find(hmac, "HMAC");
  crypto.find(sha256, "EVP_sha256");
  crypto.find(encode_base64, "EVP_EncodeBlock");
  crypto.find(decode_base64, "EVP_DecodeBlock");
}

signer::signer(std::string_view secret)
    : key_(secret.starts_with(secret_prefix) ? decode(secret.substr(secret_prefix.size()))
                                             : std::string(secret)) {}

std::string signer::sign(std::string_view id, std::int64_t unix_seconds,
                         std::string_view body) const {
  std::string content(id);
  content.append(".").append(std::to_string(unix_seconds)).append(".").append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  crypto_.hmac(crypto_.sha256(), key_.data(), static_cast<int>(key_.size()), octets(content),
               content.size(), digest.data(), &size);
  return "v1," + to_base64({reinterpret_cast<const char*>(digest.data()), size});
}

std::string signer::decode(std::string_view text) const {
  std::string out(3 * text.size() / 4 + 3, '\0');
  const int size = crypto_.decode_base64(reinterpret_cast<unsigned char*>(out.data()), octets(text),
                                         static_cast<int>(text.size()));
  if (size <= 0 || text.size() % 4 != 0)
    throw std::invalid_argument("secret: what follows whsec_ is not base64");
  // The decoder counts the padding as zero bytes.
  const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

std::string signer::to_base64(std::string_view bytes) const {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = crypto_.encode_base64(reinterpret_cast<unsigned char*>(out.data()),
                                         octets(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace http_plugin
