// Operations on dead letters: list, get, redrive, purge.
#include <fmt/format.h>

#include <algorithm>

#include "broker/house.hpp"

namespace nip::broker {
namespace {

using nlohmann::json;

/// Cursor "seq.delivery" of a list of dead letters.
dead_letters::key parse_cursor(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == std::string::npos) return {0, 0};
  try {
    return {std::stoull(text.substr(0, dot)),
            static_cast<std::uint16_t>(std::stoul(text.substr(dot + 1)))};
  } catch (const std::exception&) {
    return {0, 0};
  }
}

}  // namespace

void house::list_dead_letters(unsigned shard, const message::principal& who, page which,
                              respond done) {
  on_control(shard, std::move(done), [this, tenant = who.tenant, which]() -> result<json> {
    const auto limit = std::clamp(which.limit, 1u, 1000u);
    // Deliveries of one message are numbered from 0, so the first page starts below every key.
    const auto letters = shared_.dead.list(tenant, parse_cursor(which.cursor), limit);
    json out = {{"items", json::array()}, {"groups", shared_.dead.groups(tenant)}};
    for (const auto& each : letters) out["items"].push_back(to_json(each));
    if (letters.size() == limit)
      out["next"] = fmt::format("{}.{}", letters.back().seq.value, letters.back().delivery);
    return out;
  });
}

void house::get_dead_letter(unsigned shard, const message::principal& who, std::uint64_t seq,
                            respond done) {
  on_reader(shard, std::move(done), [this, tenant = who.tenant, seq]() -> result<json> {
    const auto letters = shared_.dead.of_message(tenant, tenant_seq_t(seq));
    if (letters.empty() || seq == 0)
      return fail(errc::not_found, fmt::format("there is no dead letter with seq {}", seq));
    json out = {{"seq", seq}, {"id", letters.front().id}, {"deliveries", json::array()}};
    for (const auto& each : letters) out["deliveries"].push_back(to_json(each));
    NIP_TRY(stored, parts_.events.read(letters.front().seq));
    if (stored) out["message"] = json::parse(stored->record.envelope, nullptr, false);
    return out;
  });
}

std::vector<dead_letter> house::chosen(const message::principal& who,
                                       const dead_letter_choice& which) const {
  constexpr std::size_t all = SIZE_MAX;
  auto letters = shared_.dead.list(who.tenant, {0, 0}, all);
  std::erase_if(letters, [&](const dead_letter& each) {
    if (which.all) return false;
    if (!which.fingerprint.empty() && which.fingerprint != fmt::format("{:016x}", each.fingerprint))
      return true;
    if (!which.target.empty() && which.target != each.target) return true;
    if (!which.seqs.empty())
      return each.tenant_seq.value == 0 || !std::ranges::count(which.seqs, each.tenant_seq.value);
    return which.fingerprint.empty() && which.target.empty();
  });
  return letters;
}

void house::redrive(unsigned shard, const message::principal& who, dead_letter_choice which,
                    respond done) {
  on_reader(shard, std::move(done), [this, who, which]() -> result<json> {
    json out = {{"redriven", 0}, {"skipped", json::array()}};
    std::uint64_t count = 0;
    const auto letters = chosen(who, which);
    if (letters.empty() && !which.seqs.empty())
      return fail(errc::not_found,
                  fmt::format("there is no dead letter with seq {}", which.seqs.front()));
    for (const auto& each : letters) {
      if (const auto put_back = redrive_one(each); put_back)
        ++count;
      else
        out["skipped"].push_back(
            {{"seq", each.tenant_seq.value}, {"why", put_back.error().detail}});
    }
    out["redriven"] = count;
    return out;
  });
}

status house::redrive_one(const dead_letter& letter) {
  if (is_volatile(letter.seq))
    return fail(errc::not_found,
                fmt::format("message \"{}\" was accepted at level memory, which keeps nothing to "
                            "deliver again",
                            letter.id));
  NIP_TRY(stored, parts_.events.read(letter.seq));
  if (!stored)
    return fail(errc::not_found,
                fmt::format("the journal no longer has seq {}", letter.tenant_seq.value));
  const auto& record = stored->record;
  NIP_TRY(plan, router::plan::restore(record.generation, record.plan));
  const auto number = static_cast<std::size_t>(letter.seq.value % shards_.size());
  auto& one = *shards_[number];
  const bool routed = !plan->deliveries().empty();
  shared_.dead.remove(letter.seq, letter.delivery);
  loops_[number]->post([this, &one, letter, plan, routed, bytes = std::string(record.envelope),
                        tenant = record.tenant, at = record.accepted_at,
                        wants = (record.flags & bus::wants_reply) != 0] {
    one.note(letter.seq, letter.delivery,
             routed ? bus::outcome_kind::redriven : bus::outcome_kind::purged);
    // What no rule matched has no plan to resume: it is routed anew, as a message of its own.
    if (!routed) return one.inject_again(bytes);
    auto made = one.restore(bytes, tenant, at);
    if (!made)
      return parts_.log.error("dead letter seq {} cannot be read back: {}", letter.seq.value,
                              made.error().detail);
    one.resume({std::move(*made),
                plan,
                letter.seq,
                letter.tenant_seq,
                wants,
                {{letter.delivery, 0, {}}},
                true});
  });
  return {};
}

void house::purge(unsigned shard, const message::principal& who, dead_letter_choice which,
                  respond done) {
  on_reader(shard, std::move(done), [this, who, which]() -> result<json> {
    const auto letters = chosen(who, which);
    if (letters.empty() && !which.seqs.empty())
      return fail(errc::not_found,
                  fmt::format("there is no dead letter with seq {}", which.seqs.front()));
    for (const auto& each : letters) {
      shared_.dead.remove(each.seq, each.delivery);
      if (is_volatile(each.seq)) continue;
      const auto number = static_cast<std::size_t>(each.seq.value % shards_.size());
      loops_[number]->post([one = shards_[number].get(), each] {
        one->note(each.seq, each.delivery, bus::outcome_kind::purged);
      });
    }
    return json{{"purged", letters.size()}};
  });
}

}  // namespace nip::broker
