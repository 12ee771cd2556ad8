// `nip watch`: a live subscription, one line a message.
#include <fmt/format.h>

#include <memory>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"
#include "cli/ws_client.hpp"

namespace nip::cli {
namespace {

constexpr std::uint64_t credit_max = 1024;  // events that may be on their way at once

struct watch_options {
  std::string topic;
  std::string filter;
  std::uint64_t count = 0;  ///< 0: until the connection ends
};

/// Prints events and keeps the credit filled up. Ends after `count` messages.
class watcher {
 public:
  watcher(session& now, ws_client& stream, const watch_options& chosen)
      : now_(now), stream_(stream), left_(chosen.count), bounded_(chosen.count != 0) {}

  outcome<exit_code> run(const watch_options& chosen) {
    NIP_CHECK(stream_.send(compact(subscribe_frame(chosen))));
    for (;;) {
      NIP_TRY(text, stream_.receive());
      NIP_TRY(more, take(nlohmann::json::parse(text, nullptr, false)));
      if (!more || !now_.out()) break;  // all seen, or nobody reads the output any more
    }
    stream_.close();
    return exit_code::ok;
  }

 private:
  nlohmann::json subscribe_frame(const watch_options& chosen) const {
    nlohmann::json frame{{"op", "subscribe"},
                         {"credit", bounded_ ? std::min(left_, credit_max) : credit_max}};
    if (!chosen.topic.empty()) frame["topic"] = chosen.topic;
    if (!chosen.filter.empty()) frame["filter"] = chosen.filter;
    return frame;
  }

  outcome<bool> take(const nlohmann::json& frame) {
    const std::string op = text_at(frame, "op");
    if (op == "event") return events(frame);
    if (op == "gap") gap(frame);
    if (op == "error" || op == "refused")
      return stop(exit_code::failed, describe_problem(value_at(frame, "problem")));
    if (op == "subscribed" && now_.io().err_is_terminal)
      now_.err() << now_.paint()(colour::dim, "watching; Ctrl-C ends\n");
    return true;
  }

  outcome<bool> events(const nlohmann::json& frame) {
    for (const auto& item : value_at(frame, "items")) {
      print(item);
      if (bounded_ && --left_ == 0) return false;
      ++used_;
    }
    now_.out().flush();
    if (used_ < credit_max / 2) return true;
    const nlohmann::json more{
        {"op", "credit"}, {"sub", frame["sub"]}, {"n", std::exchange(used_, 0)}};
    NIP_CHECK(stream_.send(compact(more)));
    return true;
  }

  void print(const nlohmann::json& item) {
    if (now_.json()) {
      now_.out() << compact(item) << '\n';
      return;
    }
    const auto& message = value_at(item, "message");
    const auto& paint = now_.paint();
    now_.out() << paint(colour::dim,
                        fmt::format("{} {}", text_at(item, "seq"), text_at(message, "timestamp")))
               << ' ' << paint(colour::bold, one_line(text_at(message, "type"), 0)) << ' '
               << paint(colour::dim, one_line(text_at(message, "id"), 0)) << ' '
               << compact(value_at(message, "data")) << '\n';
  }

  void gap(const nlohmann::json& frame) {
    if (now_.json()) {
      now_.out() << compact(frame) << '\n';
      return;
    }
    const auto missed = static_cast<std::uint64_t>(number_at(frame, "missed"));
    now_.err() << fmt::format("gap: {} messages missed; they came faster than they were read\n",
                              with_commas(missed));
  }

  session& now_;
  ws_client& stream_;
  std::uint64_t left_;
  bool bounded_;
  std::uint64_t used_ = 0;  ///< credit spent since it was last filled up
};

outcome<exit_code> run_watch(session& now, const watch_options& chosen) {
  NIP_TRY(address, now.server());
  NIP_TRY(stream, ws_client::open(address, "/v4/stream", now.timeout()));
  return watcher(now, stream, chosen).run(chosen);
}

}  // namespace

void add_watch(CLI::App& app, action& chosen) {
  auto set = std::make_shared<watch_options>();
  auto* sub = app.add_subcommand("watch", "show messages as they are accepted");
  sub->add_option("topic", set->topic,
                  "dotted; * is one word, > the rest; without it: every message");
  sub->add_option("--filter", set->filter, "CEL, like message.data.amount > 1000");
  sub->add_option("--count", set->count, "end after so many messages");
  sub->callback([set, &chosen] { chosen = [set](session& now) { return run_watch(now, *set); }; });
}

}  // namespace nip::cli
