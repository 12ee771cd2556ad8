#include "broker/letter_search.hpp"

#include <algorithm>

namespace nip::broker {

nlohmann::json describe(const dead_letter_choice& which) {
  auto out = nlohmann::json::object();
  if (!which.seqs.empty()) out["seqs"] = which.seqs;
  const std::pair<const char*, const std::string&> texts[] = {{"fingerprint", which.fingerprint},
                                                              {"rule", which.rule},
                                                              {"target", which.target},
                                                              {"reason", which.reason},
                                                              {"type", which.type},
                                                              {"from", which.from},
                                                              {"to", which.to},
                                                              {"filter", which.filter}};
  for (const auto& [key, text] : texts)
    if (!text.empty()) out[key] = text;
  return out;
}

status letter_search::choose(const dead_letter_choice& which) {
  which_ = which;
  std::ranges::sort(which_.seqs);
  NIP_TRY(from, parse_bound("from", which.from));
  NIP_TRY(to, parse_bound("to", which.to));
  range_ = {from, to};
  return filter_.use(which.filter);
}

result<std::vector<dead_letter>> letter_search::find(dead_letters::key after, std::size_t limit) {
  std::vector<dead_letter> out;
  std::size_t read = 0;
  next_.reset();
  // In pieces, so that the list's lock is never held for long.
  constexpr std::size_t piece_max = 1'000;
  for (;;) {
    const auto piece = among_.list(who_.tenant, after, piece_max);
    for (const auto& each : piece) {
      if (out.size() == limit || read == letters_read_max) {
        next_ = after;
        return out;
      }
      after = dead_letters::key_of(each);
      if (!fits(each)) continue;
      if (!which_.filter.empty()) {
        ++read;
        NIP_TRY(wanted, passes(each));
        if (!wanted) continue;
      }
      out.push_back(each);
    }
    if (piece.size() < piece_max) return out;
  }
}

bool letter_search::fits(const dead_letter& letter) const {
  const auto differs = [](const std::string& wanted, const std::string& is) {
    return !wanted.empty() && wanted != is;
  };
  if (differs(which_.fingerprint, fingerprint_text(letter.fingerprint))) return false;
  if (differs(which_.rule, letter.rule) || differs(which_.target, letter.target)) return false;
  if (differs(which_.reason, letter.reason) || differs(which_.type, letter.type)) return false;
  if (range_.place(letter.tenant_seq, letter.at) != placing::within) return false;
  if (which_.seqs.empty()) return true;
  return letter.tenant_seq.value != 0 &&
         std::ranges::binary_search(which_.seqs, letter.tenant_seq.value);
}

result<bool> letter_search::passes(const dead_letter& letter) {
  if (is_volatile(letter.seq)) return false;
  NIP_TRY(stored, journal_.read(letter.seq));
  return stored && filter_.read(stored->record.envelope) && filter_.passes();
}

}  // namespace nip::broker
