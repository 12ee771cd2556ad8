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

std::string fingerprint_text(std::uint64_t fingerprint) {
  return fmt::format("{:016x}", fingerprint);
}

nlohmann::json to_json(const dead_letter& letter) {
  nlohmann::json out = {{"seq", letter.tenant_seq.value},
                        {"delivery", letter.delivery},
                        {"id", letter.id},
                        {"type", letter.type},
                        {"rule", letter.rule},
                        {"target", letter.target},
                        {"reason", letter.reason},
                        {"error", letter.error},
                        {"attempts", letter.attempts},
                        {"redrives", letter.redrives},
                        {"at", format_rfc3339(letter.at)},
                        {"fingerprint", fingerprint_text(letter.fingerprint)}};
  if (letter.leaving) out["leaving"] = true;
  return out;
}

void dead_letters::add(dead_letter letter) {
  letter.fingerprint = fingerprint_of(letter);
  const std::scoped_lock held(lock_);
  letters_.insert_or_assign(key_of(letter), std::move(letter));
  if (letters_.size() <= bound_) return;
  letters_.erase(letters_.begin());
  ++forgotten_;
}

void dead_letters::remove(seq_t seq, std::uint16_t delivery) {
  const std::scoped_lock held(lock_);
  letters_.erase({seq.value, delivery});
}

bool dead_letters::take(key which) {
  const std::scoped_lock held(lock_);
  const auto found = letters_.find(which);
  return found != letters_.end() && !std::exchange(found->second.leaving, true);
}

void dead_letters::give_back(key which) {
  const std::scoped_lock held(lock_);
  if (const auto found = letters_.find(which); found != letters_.end())
    found->second.leaving = false;
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

std::size_t dead_letters::size() const {
  const std::scoped_lock held(lock_);
  return letters_.size();
}

std::uint64_t dead_letters::forgotten() const {
  const std::scoped_lock held(lock_);
  return forgotten_;
}

nlohmann::json groups_of(const std::vector<dead_letter>& letters) {
  struct group {
    std::uint64_t count = 0;
    const dead_letter* oldest = nullptr;
    const dead_letter* newest = nullptr;
  };
  std::map<std::uint64_t, group> by_print;
  for (const auto& letter : letters) {
    auto& one = by_print[letter.fingerprint];
    ++one.count;
    if (!one.oldest || letter.at < one.oldest->at) one.oldest = &letter;
    if (!one.newest || one.newest->at < letter.at) one.newest = &letter;
  }
  std::vector<std::pair<std::uint64_t, group>> ordered(by_print.begin(), by_print.end());
  std::ranges::stable_sort(ordered, std::greater{},
                           [](const auto& each) { return each.second.count; });
  if (ordered.size() > groups_max) ordered.resize(groups_max);
  auto out = nlohmann::json::array();
  for (const auto& [print, one] : ordered)
    out.push_back({{"fingerprint", fingerprint_text(print)},
                   {"count", one.count},
                   {"first_at", format_rfc3339(one.oldest->at)},
                   {"last_at", format_rfc3339(one.newest->at)},
                   {"rule", one.newest->rule},
                   {"target", one.newest->target},
                   {"reason", one.newest->reason},
                   {"newest", to_json(*one.newest)}});
  return out;
}

}  // namespace nip::broker
