// `nip dlq`: what could not be delivered, and trying it again.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

struct choice_options {
  std::vector<std::uint64_t> seqs;
  std::string fingerprint;
  std::string target;
  bool all = false;
};

/// The server's body for :redrive and :purge. Exactly one way of choosing must be given.
outcome<nlohmann::json> choice_body(const choice_options& chosen, std::string_view verb) {
  const int ways =
      !chosen.seqs.empty() + !chosen.fingerprint.empty() + !chosen.target.empty() + chosen.all;
  if (ways != 1)
    return stop(exit_code::usage,
                fmt::format("which dead letters? Give seqs (\"nip dlq {} 17 18\"), --fingerprint, "
                            "--target or --all; one of them",
                            verb));
  nlohmann::json body;
  if (!chosen.seqs.empty()) body["seqs"] = chosen.seqs;
  if (!chosen.fingerprint.empty()) body["fingerprint"] = chosen.fingerprint;
  if (!chosen.target.empty()) body["target"] = chosen.target;
  if (chosen.all) body["all"] = true;
  return body;
}

outcome<exit_code> list(session& now, std::size_t limit) {
  NIP_TRY(client, now.connect());
  NIP_TRY(items, list_all(client, "/v4/dead-letters", limit));
  if (now.json()) {
    now.print_json(items);
    return exit_code::ok;
  }
  table shown({{"SEQ", align::right},
               {"RULE"},
               {"TARGET"},
               {"ATTEMPTS", align::right},
               {"REASON"},
               {"ERROR", align::left, 70},
               {"FINGERPRINT"}});
  for (const auto& letter : items)
    shown.add({cell(text_at(letter, "seq"), colour::cyan), text_at(letter, "rule"),
               text_at(letter, "target"), text_at(letter, "attempts"),
               cell(text_at(letter, "reason"), colour::red), text_at(letter, "error"),
               cell(text_at(letter, "fingerprint"), colour::dim)});
  if (shown.empty())
    now.say("no dead letters");
  else
    shown.print(now.out(), now.paint());
  return exit_code::ok;
}

outcome<exit_code> get(session& now, std::uint64_t seq) {
  NIP_TRY(client, now.connect());
  NIP_TRY(letter, call(client, {.path = fmt::format("/v4/dead-letters/{}", seq)}));
  now.print_json(letter);
  return exit_code::ok;
}

outcome<exit_code> act(session& now, const choice_options& which, const std::string& verb) {
  NIP_TRY(body, choice_body(which, verb));
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, json_request("POST", "/v4/dead-letters:" + verb, body)));
  const auto& count = value_at(answer, verb == "purge" ? "purged" : "redriven");
  if (now.json() || !count.is_number())
    now.print_json(answer);
  else
    now.out() << fmt::format("{} dead letters {}\n", with_commas(count.get<std::uint64_t>()),
                             verb == "purge" ? "removed" : "sent again");
  return exit_code::ok;
}

void add_verb(CLI::App& to, const std::string& verb, const char* help, action& chosen) {
  auto set = std::make_shared<choice_options>();
  auto* sub = to.add_subcommand(verb, help);
  sub->add_option("seqs", set->seqs, "their sequence numbers");
  sub->add_option("--fingerprint", set->fingerprint, "every one with this error fingerprint");
  sub->add_option("--target", set->target, "every one for this plugin");
  sub->add_flag("--all", set->all, "every one");
  sub->callback([set, verb, &chosen] {
    chosen = [set, verb](session& now) { return act(now, *set, verb); };
  });
}

}  // namespace

void add_dlq(CLI::App& app, action& chosen) {
  auto* sub = app.add_subcommand("dlq", "dead letters: what could not be delivered");
  sub->require_subcommand(1);
  auto limit = std::make_shared<std::size_t>(100);
  auto* listing = sub->add_subcommand("list", "the dead letters");
  listing->add_option("--limit", *limit, "how many at most, 0 for all")->capture_default_str();
  listing->callback(
      [limit, &chosen] { chosen = [limit](session& now) { return list(now, *limit); }; });

  auto seq = std::make_shared<std::uint64_t>(0);
  auto* one = sub->add_subcommand("get", "one dead letter with its message and every attempt");
  one->add_option("seq", *seq, "its sequence number")->required();
  one->callback([seq, &chosen] { chosen = [seq](session& now) { return get(now, *seq); }; });

  add_verb(*sub, "redrive", "deliver them again", chosen);
  add_verb(*sub, "purge", "remove them for good", chosen);
}

}  // namespace nip::cli
