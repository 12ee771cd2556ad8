#include "security/audit_chain.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/json_write.hpp"

namespace nip::security {
namespace {

constexpr std::string_view hash_key = ",\"hash\":\"";
constexpr std::string_view entry_end = "\"}";
constexpr std::size_t hash_digits = 64;
constexpr std::size_t tail_bytes = hash_key.size() + hash_digits + entry_end.size();

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned bytes = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &bytes, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < bytes; ++i) fmt::format_to(std::back_inserter(hex), "{:02x}", digest[i]);
  return hex;
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  std::size_t bytes = std::min(text.size(), audit_text_bytes_max);
  while (bytes > 0 && bytes < text.size() &&
         (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U)
    --bytes;  // a character stays whole
  out += ',';
  append_json_key(out, key);
  append_json_string(out, text.substr(0, bytes));
}

result<audit_link> read_as_it_says(std::string_view entry) {
  if (entry.size() < tail_bytes || !entry.ends_with(entry_end) ||
      !entry.substr(entry.size() - tail_bytes).starts_with(hash_key))
    return fail(errc::corrupt, "it does not end with a hash");
  const auto tree = nlohmann::json::parse(entry, nullptr, false);
  if (!tree.is_object() || !tree.contains("seq") || !tree["seq"].is_number_unsigned() ||
      !tree.contains("prev") || !tree["prev"].is_string())
    return fail(errc::corrupt, "it is no JSON object with \"seq\" and \"prev\"");
  const auto said = entry.substr(entry.size() - entry_end.size() - hash_digits, hash_digits);
  return audit_link{{tree["seq"].get<std::uint64_t>(), std::string(said)},
                    tree["prev"].get<std::string>()};
}

}  // namespace

/// The hash is that of all bytes before it, so nobody has to write the JSON again to check it.
std::string audit_chain::add(const audit_event& event) {
  std::string entry = "{\"seq\":";
  append_json_integer(entry, head_.seq + 1);
  append_text(entry, "at", format_rfc3339(event.at));
  append_text(entry, "who", event.who);
  append_text(entry, "what", event.what);
  append_text(entry, "object", event.object);
  append_text(entry, "outcome", event.outcome);
  append_text(entry, "prev", head_.hash);
  head_ = {head_.seq + 1, sha256(entry)};
  entry += hash_key;
  entry += head_.hash;
  entry += entry_end;
  return entry;
}

result<audit_link> read_audit_link(std::string_view entry) {
  NIP_TRY(link, read_as_it_says(entry));
  const std::string is = sha256(entry.substr(0, entry.size() - tail_bytes));
  if (is != link.self.hash)
    return fail(errc::corrupt, fmt::format("its hash is {}, but it says {}", is, link.self.hash));
  return link;
}

result<audit_head> audit_head_of(std::string_view entry) {
  NIP_TRY(link, read_as_it_says(entry));
  return std::move(link.self);
}

void audit_check::see(std::string_view entry) {
  ++entries_;
  const auto link = read_audit_link(entry);
  const std::string after =
      last_ ? fmt::format("the entry behind number {}", last_->seq) : "the first entry";
  if (!link) {
    if (!broken_)
      broken_ = fmt::format("{} is not what was written: {}", after, link.error().detail);
    return;
  }
  const audit_head before = last_.value_or(audit_head());
  const bool later = gap_ && link->self.seq > before.seq + 1;
  const bool chained = link->self.seq == before.seq + 1 && link->prev == before.hash;
  if (!later && !chained && !broken_)
    broken_ = fmt::format("{} has number {} and names {} as the one before, expected {} and {}",
                          after, link->self.seq, link->prev, before.seq + 1, before.hash);
  last_ = link->self;
  gap_ = false;
}

}  // namespace nip::security
