// Operations on dead letters: list, groups, one whole, purge.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "broker/house.hpp"
#include "broker/letter_search.hpp"
#include "broker/stored_state.hpp"

namespace nip::broker {
namespace {

/// Cursor "seq.delivery" of a list of dead letters; what is none begins at the start.
dead_letters::key parse_letter_cursor(const std::string& text) {
  dead_letters::key at{0, 0};
  const auto* end = text.data() + text.size();
  const auto seq = std::from_chars(text.data(), end, at.first);
  if (seq.ec != std::errc{} || seq.ptr == end || *seq.ptr != '.') return {0, 0};
  const auto delivery = std::from_chars(seq.ptr + 1, end, at.second);
  return delivery.ec == std::errc{} && delivery.ptr == end ? at : dead_letters::key{0, 0};
}

/// Every attempt of one delivery, out of the description of its message.
nlohmann::json attempts_of(const nlohmann::json& described, std::uint16_t delivery) {
  const auto& all = described.at("deliveries");
  return delivery < all.size() ? all[delivery].at("attempts_made") : nlohmann::json::array();
}

}  // namespace

result<std::vector<dead_letter>> house::chosen(const message::principal& who,
                                               const dead_letter_choice& which) const {
  letter_search search(shared_.dead, parts_.events, who, shared_.chosen.envelope);
  NIP_CHECK(search.choose(which));
  std::vector<dead_letter> out;
  for (dead_letters::key after{0, 0};;) {
    NIP_TRY(found, search.find(after, SIZE_MAX));
    std::ranges::move(found, std::back_inserter(out));
    if (!search.next()) break;
    after = *search.next();
  }
  if (out.empty() && !which.seqs.empty())
    return fail(errc::not_found,
                fmt::format("there is no dead letter with seq {}", which.seqs.front()));
  return out;
}

void house::list_dead_letters(unsigned shard, const message::principal& who,
                              dead_letter_choice which, page where, respond done) {
  on_reader(shard, std::move(done),
            [this, who, which = std::move(which), where = std::move(where)]() -> result<json> {
              letter_search search(shared_.dead, parts_.events, who, shared_.chosen.envelope);
              NIP_CHECK(search.choose(which));
              const auto limit = std::clamp(where.limit, 1u, 1000u);
              // Deliveries of one message are numbered from 0, so the first page starts below
              // every key.
              NIP_TRY(letters, search.find(parse_letter_cursor(where.cursor), limit));
              json out = {{"items", json::array()}};
              for (const auto& each : letters) out["items"].push_back(to_json(each));
              if (const auto next = search.next())
                out["next"] = fmt::format("{}.{}", next->first, next->second);
              return out;
            });
}

void house::dead_letter_groups(unsigned shard, const message::principal& who,
                               dead_letter_choice which, respond done) {
  on_reader(shard, std::move(done), [this, who, which = std::move(which)]() -> result<json> {
    NIP_TRY(letters, chosen(who, which));
    return json{{"items", groups_of(letters)}, {"letters", letters.size()}};
  });
}

void house::get_dead_letter(unsigned shard, const message::principal& who, std::uint64_t seq,
                            respond done) {
  on_reader(shard, std::move(done), [this, who, seq]() -> result<json> {
    const auto letters = shared_.dead.of_message(who.tenant, tenant_seq_t(seq));
    if (letters.empty() || seq == 0)
      return fail(errc::not_found, fmt::format("there is no dead letter with seq {}", seq));
    const auto& first = letters.front();
    json out = {{"seq", seq}, {"id", first.id}, {"deliveries", json::array()}};
    json described;
    if (!is_volatile(first.seq)) {
      NIP_TRY(found, parts_.events.find(who.tenant, first.id));
      // An id may have been used again since.
      if (found && found->message.record.seq == first.seq)
        described = describe_stored(*found, true);
      NIP_TRY(stored, parts_.events.read(first.seq));
      if (stored) {
        out["message"] = json::parse(stored->record.envelope, nullptr, false);
        out["accepted_at"] = format_rfc3339(stored->record.accepted_at);
        out["generation"] = stored->record.generation.value;
      }
    }
    for (const auto& each : letters) {
      auto one = to_json(each);
      if (!described.is_null()) one["attempts_made"] = attempts_of(described, each.delivery);
      out["deliveries"].push_back(std::move(one));
    }
    return out;
  });
}

void house::purge(unsigned shard, const message::principal& who, dead_letter_choice which,
                  bool dry_run, respond done) {
  if (!dry_run)
    done = recorded(shard, who, "dead_letter.purge", describe(which).dump(), std::move(done));
  on_reader(shard, std::move(done),
            [this, who, which = std::move(which), dry_run]() -> result<json> {
              NIP_TRY(letters, chosen(who, which));
              if (dry_run)
                return json{{"dry_run", true}, {"purged", 0}, {"would_purge", letters.size()}};
              std::uint64_t purged = 0;
              for (const auto& each : letters)
                if (purge_one(each)) ++purged;
              return json{{"purged", purged}};
            });
}

/// False when it is on its way again, or gone meanwhile.
bool house::purge_one(const dead_letter& letter) {
  if (!shared_.dead.take(dead_letters::key_of(letter))) return false;
  shared_.dead.remove(letter.seq, letter.delivery);
  shared_.letter_counts.purged.fetch_add(1);
  if (is_volatile(letter.seq)) return true;
  const auto number = static_cast<std::size_t>(letter.seq.value % shards_.size());
  loops_[number]->post([one = shards_[number].get(), seq = letter.seq, at = letter.delivery] {
    one->note({seq, at, bus::outcome_kind::purged, 0, {}});
  });
  return true;
}

}  // namespace nip::broker
