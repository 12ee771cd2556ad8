#include "broker/dead_letters.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

namespace nip::broker {

std::uint64_t fingerprint_of(const dead_letter& letter) {
  std::string masked = letter.rule + '\n' + letter.target + '\n' + letter.reason + '\n';
  bool in_number = false;
  for (const char c : letter.error) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) masked += c;
    if (digit && !in_number) masked += '#';
    in_number = digit;
  }
  return XXH3_64bits(masked.data(), masked.size());
}

nlohmann::json to_json(const dead_letter& letter) {
  return {{"seq", letter.tenant_seq.value},
          {"delivery", letter.delivery},
          {"id", letter.id},
          {"type", letter.type},
          {"rule", letter.rule},
          {"target", letter.target},
          {"reason", letter.reason},
          {"error", letter.error},
          {"attempts", letter.attempts},
          {"at", format_rfc3339(letter.at)},
          {"fingerprint", fmt::format("{:016x}", letter.fingerprint)}};
}

void dead_letters::add(dead_letter letter) {
  letter.fingerprint = fingerprint_of(letter);
  const std::scoped_lock held(lock_);
  letters_.insert_or_assign({letter.seq.value, letter.delivery}, std::move(letter));
  if (letters_.size() <= bound_) return;
  letters_.erase(letters_.begin());
  ++forgotten_;
}

void dead_letters::remove(seq_t seq, std::uint16_t delivery) {
  const std::scoped_lock held(lock_);
  letters_.erase({seq.value, delivery});
}

std::vector<dead_letter> dead_letters::list(tenant_id tenant, key after, std::size_t limit) const {
  const std::scoped_lock held(lock_);
  std::vector<dead_letter> out;
  for (auto at = letters_.upper_bound(after); at != letters_.end() && out.size() < limit; ++at)
    if (at->second.tenant == tenant) out.push_back(at->second);
  return out;
}

std::vector<dead_letter> dead_letters::of_message(tenant_id tenant, tenant_seq_t seq) const {
  const std::scoped_lock held(lock_);
  std::vector<dead_letter> out;
  for (const auto& [at, letter] : letters_)
    if (letter.tenant == tenant && letter.tenant_seq == seq) out.push_back(letter);
  return out;
}

nlohmann::json dead_letters::groups(tenant_id tenant) const {
  struct group {
    std::uint64_t count = 0;
    const dead_letter* newest = nullptr;
  };
  const std::scoped_lock held(lock_);
  std::map<std::uint64_t, group> by_print;
  for (const auto& [at, letter] : letters_) {
    if (letter.tenant != tenant) continue;
    auto& one = by_print[letter.fingerprint];
    ++one.count;
    if (!one.newest || one.newest->at < letter.at) one.newest = &letter;
  }
  auto out = nlohmann::json::array();
  for (const auto& [print, one] : by_print)
    out.push_back({{"fingerprint", fmt::format("{:016x}", print)},
                   {"count", one.count},
                   {"newest", to_json(*one.newest)}});
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a["count"] > b["count"]; });
  return out;
}

std::size_t dead_letters::size() const {
  const std::scoped_lock held(lock_);
  return letters_.size();
}

}  // namespace nip::broker
