// `nip dlq`: what could not be delivered, and trying it again.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/dlq_edit.hpp"
#include "cli/format.hpp"
#include "cli/progress.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

constexpr std::size_t skips_shown_max = 10;

struct choice_options {
  std::vector<std::uint64_t> seqs;
  std::string fingerprint, rule, target, reason, type, from, to, filter;
  bool all = false;

  /// The texts that are given, by the server's names.
  std::vector<std::pair<const char*, std::string>> texts() const {
    std::vector<std::pair<const char*, std::string>> out;
    const std::pair<const char*, const std::string*> every[] = {{"fingerprint", &fingerprint},
                                                                {"rule", &rule},
                                                                {"target", &target},
                                                                {"reason", &reason},
                                                                {"type", &type},
                                                                {"from", &from},
                                                                {"to", &to},
                                                                {"filter", &filter}};
    for (const auto& [name, text] : every)
      if (!text->empty()) out.emplace_back(name, *text);
    return out;
  }
};

struct act_options {
  choice_options which;
  std::string redirect;
  double rate = -1;
  bool force = false, dry_run = false;
};

void add_choice(CLI::App& to, choice_options& set) {
  to.add_option("--fingerprint", set.fingerprint, "with this error fingerprint");
  to.add_option("--rule", set.rule, "of this rule");
  to.add_option("--target", set.target, "for this plugin");
  to.add_option("--reason", set.reason, "permanent, exhausted, expired, loop or unrouted");
  to.add_option("--type", set.type, "of this message type");
  to.add_option("--from", set.from, "first one: seq, or RFC 3339 time of its death");
  to.add_option("--to", set.to, "last one");
  to.add_option("--filter", set.filter, "CEL over message");
}

/// The server's body for :redrive and :purge: something must be chosen.
outcome<nlohmann::json> choice_body(const choice_options& chosen, std::string_view verb) {
  const auto texts = chosen.texts();
  const bool some = !chosen.seqs.empty() || !texts.empty();
  if (some == chosen.all)
    return stop(exit_code::usage,
                fmt::format("which dead letters? Give seqs (\"nip dlq {} 17 18\") or filters such "
                            "as --fingerprint and --target, or --all by itself",
                            verb));
  nlohmann::json body;
  if (!chosen.seqs.empty()) body["seqs"] = chosen.seqs;
  for (const auto& [name, text] : texts) body[name] = text;
  if (chosen.all) body["all"] = true;
  return body;
}

std::string query_of(const choice_options& chosen) {
  std::string out;
  for (const auto& [name, text] : chosen.texts())
    out += fmt::format("{}{}={}", out.empty() ? '?' : '&', name, url_escape(text));
  return out;
}

outcome<exit_code> list(session& now, const choice_options& which, std::size_t limit) {
  NIP_TRY(client, now.connect());
  NIP_TRY(items, list_all(client, "/v4/dead-letters" + query_of(which), limit));
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

outcome<exit_code> groups(session& now, const choice_options& which) {
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, {.path = "/v4/dead-letters/groups" + query_of(which)}));
  if (now.json()) {
    now.print_json(answer["items"]);
    return exit_code::ok;
  }
  table shown({{"COUNT", align::right},
               {"RULE"},
               {"TARGET"},
               {"REASON"},
               {"FIRST"},
               {"LAST"},
               {"NEWEST ERROR", align::left, 60},
               {"FINGERPRINT"}});
  for (const auto& group : value_at(answer, "items"))
    shown.add({cell(text_at(group, "count"), colour::yellow), text_at(group, "rule"),
               text_at(group, "target"), cell(text_at(group, "reason"), colour::red),
               text_at(group, "first_at"), text_at(group, "last_at"),
               text_at(group, "newest.error"), cell(text_at(group, "fingerprint"), colour::dim)});
  if (shown.empty())
    now.say("no dead letters");
  else
    shown.print(now.out(), now.paint());
  return exit_code::ok;
}

outcome<exit_code> show(session& now, std::uint64_t seq) {
  NIP_TRY(client, now.connect());
  NIP_TRY(letter, call(client, {.path = fmt::format("/v4/dead-letters/{}", seq)}));
  now.print_json(letter);
  return exit_code::ok;
}

void print_skips(session& now, const nlohmann::json& answer) {
  std::size_t shown = 0;
  for (const auto& each : value_at(answer, "skipped")) {
    if (shown++ == skips_shown_max) break;
    now.err() << fmt::format("seq {}: {}\n", text_at(each, "seq"), text_at(each, "why"));
  }
  const auto all = static_cast<std::size_t>(number_at(answer, "skipped_count"));
  if (all > skips_shown_max) now.err() << fmt::format("... and {} more\n", all - skips_shown_max);
}

std::string count_in(const nlohmann::json& answer, const char* key) {
  return with_commas(static_cast<std::uint64_t>(number_at(answer, key)));
}

outcome<exit_code> redrive(session& now, const act_options& chosen) {
  NIP_TRY(body, choice_body(chosen.which, "redrive"));
  if (!chosen.redirect.empty()) body["redirect"] = chosen.redirect;
  if (chosen.rate >= 0) body["rate"] = chosen.rate;
  if (chosen.force) body["force"] = true;
  if (chosen.dry_run) body["dry_run"] = true;
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, json_request("POST", "/v4/dead-letters:redrive", body)));
  if (answer.contains("kind")) return follow_job(now, client, text_at(answer, "id"));
  const auto refused = number_at(answer, "skipped_count") > 0;
  const auto code = refused && !chosen.dry_run ? exit_code::failed : exit_code::ok;
  if (now.json()) {
    now.print_json(answer);
    return code;
  }
  if (chosen.dry_run) {
    now.out() << fmt::format("{} dead letters would be sent again\n",
                             count_in(answer, "would_redrive"));
    for (const auto& [target, count] : value_at(answer, "targets").items())
      now.out() << fmt::format("  {}  {}\n", with_commas(count.get<std::uint64_t>()), target);
  } else {
    now.out() << fmt::format("{} dead letters sent again\n", count_in(answer, "redriven"));
  }
  print_skips(now, answer);
  return code;
}

outcome<exit_code> purge(session& now, const act_options& chosen) {
  NIP_TRY(body, choice_body(chosen.which, "purge"));
  if (chosen.dry_run) body["dry_run"] = true;
  NIP_TRY(client, now.connect());
  NIP_TRY(answer, call(client, json_request("POST", "/v4/dead-letters:purge", body)));
  if (now.json())
    now.print_json(answer);
  else
    now.out() << fmt::format("{} dead letters {}\n",
                             count_in(answer, chosen.dry_run ? "would_purge" : "purged"),
                             chosen.dry_run ? "would be removed" : "removed");
  return exit_code::ok;
}

CLI::App* add_act(CLI::App& to, const char* verb, const char* help, act_options& set) {
  auto* sub = to.add_subcommand(verb, help);
  sub->add_option("seqs", set.which.seqs, "their sequence numbers");
  add_choice(*sub, set.which);
  sub->add_flag("--all", set.which.all, "every one");
  sub->add_flag("--dry-run", set.dry_run, "only say what would happen");
  return sub;
}

void add_reading(CLI::App& sub, action& chosen) {
  auto listed = std::make_shared<std::pair<choice_options, std::size_t>>();
  listed->second = 100;
  auto* listing = sub.add_subcommand("list", "the dead letters");
  add_choice(*listing, listed->first);
  listing->add_option("--limit", listed->second, "how many at most, 0 for all")
      ->capture_default_str();
  listing->callback([listed, &chosen] {
    chosen = [listed](session& now) { return list(now, listed->first, listed->second); };
  });

  auto which = std::make_shared<choice_options>();
  auto* grouping = sub.add_subcommand("groups", "those that failed alike, the most frequent first");
  add_choice(*grouping, *which);
  grouping->callback(
      [which, &chosen] { chosen = [which](session& now) { return groups(now, *which); }; });

  auto seq = std::make_shared<std::uint64_t>(0);
  auto* one = sub.add_subcommand("show", "one dead letter with its message and every attempt");
  one->alias("get");
  one->add_option("seq", *seq, "its sequence number")->required();
  one->callback([seq, &chosen] { chosen = [seq](session& now) { return show(now, *seq); }; });
}

}  // namespace

void add_dlq(CLI::App& app, action& chosen) {
  auto* sub = app.add_subcommand("dlq", "dead letters: what could not be delivered");
  sub->require_subcommand(1);
  add_reading(*sub, chosen);

  auto edit = std::make_shared<edit_options>();
  auto* editing = sub->add_subcommand("edit", "change its message and send it as a new one");
  editing->add_option("seq", edit->seq, "its sequence number")->required();
  editing->add_option("--patch", edit->patch,
                      "JSON merge patch of data and metadata: a file, the text, or - for stdin; "
                      "without it $EDITOR is opened");
  editing->add_option("--redirect", edit->redirect, "to this plugin, or topic:NAME");
  editing->add_flag("--force", edit->force, "also when it was redriven too often");
  editing->callback(
      [edit, &chosen] { chosen = [edit](session& now) { return edit_letter(now, *edit); }; });

  auto again = std::make_shared<act_options>();
  auto* redriving = add_act(*sub, "redrive", "deliver them again", *again);
  redriving->add_option("--redirect", again->redirect, "to this plugin, or topic:NAME");
  redriving->add_option("--rate", again->rate, "messages a second; 0: as fast as there is room")
      ->check(CLI::Range(0.0, 1e6));
  redriving->add_flag("--force", again->force, "also those that were redriven too often");
  redriving->callback(
      [again, &chosen] { chosen = [again](session& now) { return redrive(now, *again); }; });

  auto gone = std::make_shared<act_options>();
  auto* purging = add_act(*sub, "purge", "remove them for good", *gone);
  purging->callback(
      [gone, &chosen] { chosen = [gone](session& now) { return purge(now, *gone); }; });
}

}  // namespace nip::cli
