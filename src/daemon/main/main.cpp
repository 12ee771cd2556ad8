// `nipd`: reads its arguments and its configuration, then serves.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "config/load.hpp"
#include "config/print.hpp"
#include "daemon/banner.hpp"
#include "daemon/check.hpp"
#include "daemon/last_words.hpp"
#include "daemon/plugin_folders.hpp"
#include "daemon/process.hpp"

namespace {

/// Exit codes: 0 ended as asked, 1 could not start, 2 arguments, 3 the journal failed while
/// serving, 4 out of memory.
int complain(const nip::error& why) {
  fmt::print(stderr, "nipd: {}\n", why.detail);
  return 1;
}

}  // namespace

int main(int count, char** values) {
  nip::daemon::install_last_words();
  CLI::App arguments("nipd: the NIP broker", "nipd");
  std::string file = "nip.yaml";
  bool check = false;
  bool print = false;
  arguments.add_option("--config", file, "Configuration file")->capture_default_str();
  arguments.add_flag("--check", check, "Check configuration, rules and plugins, then exit");
  arguments.add_flag("--print-config", print, "Print the configuration in force, then exit");
  arguments.set_version_flag("--version", std::string("nipd ") + NIP_VERSION);
  try {
    arguments.parse(count, values);
  } catch (const CLI::ParseError& wrong) {
    return arguments.exit(wrong) == 0 ? 0 : 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  auto chosen = nip::config::load(file, nip::config::process_environment());
  if (!chosen) return complain(chosen.error());
  nip::daemon::add_own_folders(chosen->plugin_orchestrator);
  if (print) return std::fputs(nip::config::print(*chosen).c_str(), stdout) < 0;
  if (check) return nip::daemon::check(std::move(*chosen));

  nip::daemon::process all(std::move(*chosen));
  const auto report = all.start();
  if (!report) return complain(report.error());
  std::fputs(nip::daemon::banner(*report).c_str(), stdout);
  std::fflush(stdout);
  return all.serve();
}
