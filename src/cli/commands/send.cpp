// `nip send`: one message, or many as NDJSON.
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <thread>

#include "cli/api.hpp"
#include "cli/bulk_sender.hpp"
#include "cli/commands/commands.hpp"
#include "cli/envelope.hpp"
#include "cli/format.hpp"

namespace nip::cli {
namespace {

constexpr unsigned refusals_shown_max = 10;     // further ones are only counted
constexpr std::uint64_t progress_every = 1000;  // messages between two updates on the terminal

struct send_options {
  envelope_options envelope;
  std::string file;
  std::string ack;
  unsigned wait_seconds = 0;
  std::string idempotency_key;
};

/// Counts outcomes and tells them: refusals on stderr, every outcome as a line with --json.
class tally {
 public:
  explicit tally(session& now) : now_(now), started_(std::chrono::steady_clock::now()) {}

  void take(const line_outcome& what) {
    ++(what.accepted ? accepted_ : refused_);
    if (what.accepted && what.answer.value("duplicate", false)) ++duplicates_;
    if (now_.json()) print_line(what);
    if (!what.accepted && !now_.json() && refused_ <= refusals_shown_max)
      now_.err() << fmt::format("{}line {}: {}\n", clear_progress(), what.line,
                                problem_of(what.answer));
    if ((accepted_ + refused_) % progress_every == 0) progress();
  }

  exit_code finish() {
    now_.err() << clear_progress();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
    const double rate = static_cast<double>(accepted_) / std::max(took.count(), 1e-6);
    if (refused_ > refusals_shown_max && !now_.json())
      now_.err() << fmt::format("… and {} more refused\n",
                                with_commas(refused_ - refusals_shown_max));
    now_.say(fmt::format(
        "{} accepted{}, {} refused in {:.2f} s ({} messages/s)", with_commas(accepted_),
        duplicates_ ? fmt::format(" ({} of them duplicates)", with_commas(duplicates_)) : "",
        with_commas(refused_), took.count(), rate_text(rate)));
    return refused_ == 0 ? exit_code::ok : exit_code::failed;
  }

 private:
  static std::string problem_of(const nlohmann::json& answer) {
    return describe_problem(answer.contains("problem") ? answer["problem"] : answer);
  }
  void print_line(const line_outcome& what) {
    auto line = what.answer;
    line["line"] = what.line;
    now_.out() << compact(line) << '\n';
  }
  void progress() {
    if (!now_.io().err_is_terminal) return;
    now_.err() << fmt::format("\r{} accepted, {} refused ", with_commas(accepted_),
                              with_commas(refused_))
               << std::flush;
    drawn_ = true;
  }
  std::string clear_progress() { return std::exchange(drawn_, false) ? "\r\x1b[K" : ""; }

  session& now_;
  std::chrono::steady_clock::time_point started_;
  std::uint64_t accepted_ = 0, refused_ = 0, duplicates_ = 0;
  bool drawn_ = false;
};

outcome<exit_code> send_lines(session& now, const send_options& chosen, std::istream& input) {
  NIP_TRY(client, now.connect());
  tally counts(now);
  bulk_sender sender(
      client, chosen.ack, [&](const line_outcome& what) { counts.take(what); },
      [](std::chrono::milliseconds pause) { std::this_thread::sleep_for(pause); });
  std::string text;
  for (std::uint64_t line = 1; std::getline(input, text); ++line) {
    if (text.ends_with('\r')) text.pop_back();
    if (text.find_first_not_of(" \t") == std::string::npos) continue;
    NIP_CHECK(sender.add(line, std::move(text)));
  }
  NIP_CHECK(sender.flush());
  return counts.finish();
}

outcome<exit_code> send_file(session& now, const send_options& chosen) {
  std::ifstream file(chosen.file);
  if (!file)
    return stop(exit_code::usage,
                fmt::format("cannot read \"{}\"; is the path right?", chosen.file));
  return send_lines(now, chosen, file);
}

http_request request_for(const send_options& chosen, std::string envelope) {
  http_request request{.method = "POST",
                       .path = "/v4/messages",
                       .body = std::move(envelope),
                       .headers = {"Content-Type: application/json"}};
  std::vector<std::string> preferences;
  if (!chosen.ack.empty()) preferences.push_back("ack=" + chosen.ack);
  if (chosen.wait_seconds > 0) preferences.push_back(fmt::format("wait={}", chosen.wait_seconds));
  if (!preferences.empty())
    request.headers.push_back(fmt::format("Prefer: {}", fmt::join(preferences, ", ")));
  if (!chosen.idempotency_key.empty())
    request.headers.push_back("Idempotency-Key: " + chosen.idempotency_key);
  return request;
}

/// The wait ended with an acknowledgement only: either nobody replies, or not yet.
exit_code without_reply(session& now, const send_options& chosen, const nlohmann::json& answer) {
  if (text_at(answer, "state") == "done") {
    now.out() << "every delivery is done and none of them replied\n";
    return exit_code::ok;
  }
  now.err() << fmt::format("no reply in {} s; \"nip explain {}\" shows how far it is\n",
                           chosen.wait_seconds, text_at(answer, "id"));
  return exit_code::failed;
}

outcome<exit_code> send_one(session& now, const send_options& chosen) {
  NIP_TRY(envelope, build_envelope(chosen.envelope));
  NIP_TRY(client, now.connect());
  auto request = request_for(chosen, std::move(envelope));
  // The server answers within the wait; the client must not give up before.
  if (chosen.wait_seconds > 0 && now.timeout().count() > 0)
    request.timeout = now.timeout() + std::chrono::seconds(chosen.wait_seconds);
  NIP_TRY(answer, call(client, request));
  const bool acknowledged = answer.contains("seq") && answer.contains("ack");
  if (now.json() || !acknowledged) {
    now.print_json(answer);
    return exit_code::ok;
  }
  now.out() << fmt::format(
      "{} {}  seq {}  ack {}  generation {}{}\n", now.paint()(colour::green, "accepted"),
      text_at(answer, "id"), text_at(answer, "seq"), text_at(answer, "ack"),
      text_at(answer, "generation"), answer.value("duplicate", false) ? "  duplicate" : "");
  return chosen.wait_seconds > 0 ? without_reply(now, chosen, answer) : exit_code::ok;
}

outcome<exit_code> run_send(session& now, const send_options& chosen) {
  const bool single = chosen.envelope.text || chosen.envelope.type;
  const bool piped =
      chosen.envelope.text == "-" || (!single && chosen.file.empty() && !now.io().in_is_terminal);
  if (single && !piped) {
    if (!chosen.file.empty())
      return stop(exit_code::usage, "both a message and --file; give one of them");
    return send_one(now, chosen);
  }
  if (chosen.wait_seconds > 0 || chosen.envelope.id || chosen.envelope.key ||
      chosen.envelope.topic || chosen.envelope.data || !chosen.idempotency_key.empty())
    return stop(exit_code::usage,
                "--wait, --id, --key, --topic, --data and --idempotency-key are for one message, "
                "not for many");
  if (!chosen.file.empty() && chosen.file != "-") return send_file(now, chosen);
  if (piped || chosen.file == "-") return send_lines(now, chosen, now.io().in);
  return std::unexpected(build_envelope(chosen.envelope).error());
}

}  // namespace

void add_send(CLI::App& app, action& chosen) {
  auto set = std::make_shared<send_options>();
  auto* sub =
      app.add_subcommand("send", "publish a message, or many as NDJSON from a file or stdin");
  sub->add_option("message", set->envelope.text,
                  "the envelope as JSON; \"-\" reads NDJSON from stdin");
  sub->add_option("--type", set->envelope.type, "type of the message");
  sub->add_option("--data", set->envelope.data, "data of the message, JSON");
  sub->add_option("--id", set->envelope.id, "id of the message; a repeat of it is accepted once");
  sub->add_option("--key", set->envelope.key, "ordering key (metadata.ordering_key)");
  sub->add_option("--topic", set->envelope.topic, "topic (metadata.topic)");
  sub->add_option("--file", set->file, "NDJSON, one envelope a line; \"-\" is stdin");
  sub->add_option("--ack", set->ack, "level to wait for")
      ->check(CLI::IsMember({"memory", "buffered", "fsync", "replicated"}));
  sub->add_option("--wait", set->wait_seconds, "seconds to wait for a reply")
      ->check(CLI::Range(0U, 300U));
  sub->add_option("--idempotency-key", set->idempotency_key, "a repeat of it is accepted once");
  sub->callback([set, &chosen] { chosen = [set](session& now) { return run_send(now, *set); }; });
}

}  // namespace nip::cli
