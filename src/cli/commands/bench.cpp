// `nip bench`: how fast is this server, and how evenly.
#include <fmt/format.h>

#include <memory>

#include "cli/bench/engine.hpp"
#include "cli/bench/report.hpp"
#include "cli/commands/commands.hpp"

namespace nip::cli {
namespace {

outcome<exit_code> run_bench(session& now, bench::options chosen) {
  NIP_TRY(address, now.server());
  chosen.server = std::move(address);
  if (now.io().err_is_terminal)
    now.err() << fmt::format("{:g} s of load on {} …\n", chosen.warmup_seconds + chosen.seconds,
                             chosen.server.url());
  NIP_TRY(found, bench::run(chosen));
  if (now.json())
    now.print_json(bench::report_json(chosen, found));
  else
    now.out() << bench::report_text(chosen, found, now.paint());
  return found.completed > 0 && found.refused == 0 ? exit_code::ok : exit_code::failed;
}

bench::traffic kind_of(const std::string& name) {
  if (name == "http") return bench::traffic::http;
  return name == "request" ? bench::traffic::request : bench::traffic::ws;
}

}  // namespace

void add_bench(CLI::App& app, action& chosen) {
  auto set = std::make_shared<bench::options>();
  auto* sub = app.add_subcommand("bench", "load the server and measure rate and latency");
  sub->add_option_function<std::string>(
         "protocol", [set](const std::string& name) { set->kind = kind_of(name); },
         "http: POST; ws: publish on a stream; request: wait for the reply")
      ->check(CLI::IsMember({"http", "ws", "request"}))
      ->default_str("ws");
  sub->add_option("-c,--connections", set->connections, "connections")
      ->check(CLI::Range(1U, bench::connections_max))
      ->capture_default_str();
  sub->add_option("-w,--window", set->window, "messages in flight a connection; 0 chooses")
      ->check(CLI::Range(0U, bench::window_max));
  sub->add_option("--size", set->size, "bytes of one envelope")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 20))
      ->capture_default_str();
  sub->add_option("-d,--seconds", set->seconds, "seconds to measure")
      ->check(CLI::Range(0.05, 86'400.0))
      ->capture_default_str();
  sub->add_option("--warmup", set->warmup_seconds, "seconds before measuring")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  sub->add_option("--rate", set->rate,
                  "open loop: messages a second in all; without it a closed loop")
      ->check(CLI::Range(0.001, 1e8));
  sub->add_option("--ack", set->ack, "level to ask for")
      ->check(CLI::IsMember({"memory", "buffered", "fsync", "replicated"}));
  sub->add_option("--type", set->type, "type of the messages: which rules they meet")
      ->capture_default_str();
  sub->callback([set, &chosen] { chosen = [set](session& now) { return run_bench(now, *set); }; });
}

}  // namespace nip::cli
