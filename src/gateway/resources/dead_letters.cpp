// /v4/dead-letters: what could not be delivered, sent again, changed, or thrown away.
#include <fmt/format.h>

#include <charconv>

#include "gateway/resources/body_reader.hpp"
#include "gateway/resources/handlers.hpp"
#include "gateway/text.hpp"

namespace nip::gateway::resources {
namespace {

constexpr std::size_t seqs_max = 10'000;  ///< of one request
constexpr double redrive_rate_max = 1'000'000;

std::optional<std::uint64_t> seq_of(call& what) {
  const std::string& text = what.parameters[0];
  std::uint64_t seq = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && seq != 0) return seq;
  what.refuse(
      make_problem(errc::invalid_argument,
                   fmt::format("dead letter \"{}\": expected a sequence number from 1", text)));
  return std::nullopt;
}

broker::dead_letter_choice choice_of_query(const call& what) {
  const auto value = [&](std::string_view key) { return query_value(what.request.query, key); };
  broker::dead_letter_choice choice;
  choice.fingerprint = value("fingerprint");
  choice.rule = value("rule");
  choice.target = value("target");
  choice.reason = value("reason");
  choice.type = value("type");
  choice.from = value("from");
  choice.to = value("to");
  choice.filter = value("filter");
  return choice;
}

/// All the ways to choose, which are added up: {"all": true} or at least one of the others, so that
/// an empty body does nothing to everything.
status take_choice(body_reader& in, broker::dead_letter_choice& choice) {
  constexpr std::string_view ways[] = {"seqs", "fingerprint", "rule", "target", "reason",
                                       "type", "from",        "to",   "filter"};
  bool all = false;
  in.take("all", all);
  in.take_seqs("seqs", choice.seqs, seqs_max);
  in.take("fingerprint", choice.fingerprint);
  in.take("rule", choice.rule);
  in.take("target", choice.target);
  in.take("reason", choice.reason);
  in.take("type", choice.type);
  in.take_bound("from", choice.from);
  in.take_bound("to", choice.to);
  in.take("filter", choice.filter);
  const bool chosen = std::ranges::any_of(ways, [&](auto way) { return in.has(way); });
  if (chosen != all) return {};
  return fail(errc::invalid_argument,
              fmt::format("body: which dead letters? {{\"all\": true}} by itself, or some of {}",
                          fmt::join(ways, ", ")));
}

result<broker::redrive_wish> read_redrive(const nlohmann::json& body) {
  broker::redrive_wish wish;
  body_reader in(body);
  const auto chosen = take_choice(in, wish.which);
  double rate = -1;
  in.take("redirect", wish.redirect);
  in.take("rate", rate, 0, redrive_rate_max);
  in.take("force", wish.force);
  in.take("dry_run", wish.dry_run);
  NIP_CHECK(in.finish());
  NIP_CHECK(chosen);
  if (rate >= 0) wish.rate = rate;
  return wish;
}

result<broker::redrive_wish> read_change(const nlohmann::json& body) {
  broker::redrive_wish wish;
  body_reader in(body);
  in.take_object("message", wish.message);
  in.take("redirect", wish.redirect);
  in.take("force", wish.force);
  in.take("dry_run", wish.dry_run);
  NIP_CHECK(in.finish());
  if (wish.message.is_null()) return wish;
  for (const auto& [key, value] : wish.message.items())
    if (key != "data" && key != "metadata")
      return fail(errc::invalid_argument,
                  fmt::format("body: message: \"{}\" cannot be changed; a JSON merge patch of "
                              "\"data\" and \"metadata\" is taken (RFC 7396)",
                              key));
  return wish;
}

}  // namespace

void list_dead_letters(call& what) {
  if (auto page = what.page())
    what.shard.admin.list_dead_letters(what.shard.shard, what.shard.who, choice_of_query(what),
                                       *std::move(page), what.respond());
}

void dead_letter_groups(call& what) {
  what.shard.admin.dead_letter_groups(what.shard.shard, what.shard.who, choice_of_query(what),
                                      what.respond());
}

void get_dead_letter(call& what) {
  if (const auto seq = seq_of(what))
    what.shard.admin.get_dead_letter(what.shard.shard, what.shard.who, *seq, what.respond());
}

void redrive_some(call& what) {
  const auto body = what.json_body();
  if (!body) return;
  auto wish = read_redrive(*body);
  if (!wish) return what.refuse(wish.error());
  what.shard.admin.redrive(what.shard.shard, what.shard.who, *std::move(wish), what.respond_job());
}

void redrive_one(call& what) {
  const auto seq = seq_of(what);
  if (!seq) return;
  broker::redrive_wish wish;
  if (!what.request.body.empty()) {
    const auto body = what.json_body();
    if (!body) return;
    auto change = read_change(*body);
    if (!change) return what.refuse(change.error());
    wish = *std::move(change);
  }
  wish.which.seqs.push_back(*seq);
  what.shard.admin.redrive(what.shard.shard, what.shard.who, std::move(wish), what.respond(202));
}

void purge_some(call& what) {
  const auto body = what.json_body();
  if (!body) return;
  broker::dead_letter_choice choice;
  bool dry_run = false;
  body_reader in(*body);
  const auto chosen = take_choice(in, choice);
  in.take("dry_run", dry_run);
  if (const auto sound = in.finish(); !sound) return what.refuse(sound.error());
  if (!chosen) return what.refuse(chosen.error());
  what.shard.admin.purge(what.shard.shard, what.shard.who, std::move(choice), dry_run,
                         what.respond());
}

void purge_one(call& what) {
  const auto seq = seq_of(what);
  if (!seq) return;
  broker::dead_letter_choice only;
  only.seqs.push_back(*seq);
  what.shard.admin.purge(what.shard.shard, what.shard.who, std::move(only), false, what.respond());
}

}  // namespace nip::gateway::resources
