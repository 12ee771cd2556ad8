// `nip top`: the server's rates, queues and plugins, refreshed.
#include <fmt/format.h>

#include <memory>
#include <thread>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "cli/screen.hpp"

namespace nip::cli {
namespace {

struct top_options {
  double interval_seconds = 1;
  std::uint64_t count = 0;  ///< 0: until Ctrl-C
};

outcome<snapshot> take_snapshot(http_client& client) {
  snapshot taken;
  NIP_TRY(stats, call(client, {.path = "/v4/stats"}));
  taken.stats = std::move(stats);
  NIP_TRY(plugins, list_all(client, "/v4/plugins"));
  taken.plugins = std::move(plugins);
  taken.at = std::chrono::steady_clock::now();
  return taken;
}

outcome<exit_code> run_top(session& now, const top_options& chosen) {
  NIP_TRY(client, now.connect());
  NIP_TRY(first, take_snapshot(client));
  snapshot before = std::move(first);
  const auto interval = std::chrono::duration<double>(chosen.interval_seconds);
  for (std::uint64_t shown = 0; chosen.count == 0 || shown < chosen.count; ++shown) {
    std::this_thread::sleep_for(interval);
    NIP_TRY(after, take_snapshot(client));
    if (now.json())
      now.print_json(screen_json(before, after));
    else
      now.out() << (now.io().out_is_terminal ? "\x1b[H\x1b[2J" : "")
                << screen_text(client.server().url(), before, after, now.paint());
    now.out().flush();
    if (!now.out()) break;  // nobody reads any more
    before = std::move(after);
  }
  return exit_code::ok;
}

}  // namespace

void add_top(CLI::App& app, action& chosen) {
  auto set = std::make_shared<top_options>();
  auto* sub = app.add_subcommand("top", "live view: rates, latency, queues, plugins");
  sub->add_option("--interval", set->interval_seconds, "seconds between two views")
      ->check(CLI::Range(0.05, 3600.0))
      ->capture_default_str();
  sub->add_option("--count", set->count, "end after so many views");
  sub->callback([set, &chosen] { chosen = [set](session& now) { return run_top(now, *set); }; });
}

}  // namespace nip::cli
