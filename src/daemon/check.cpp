#include "daemon/check.hpp"

#include <fmt/format.h>

#include "broker/generations.hpp"
#include "daemon/file_reloader.hpp"
#include "state/sqlite_store.hpp"

namespace nip::daemon {

int check(config::configuration chosen) {
  system_clock clock;
  const auto complain = [](const error& why) {
    fmt::print(stderr, "nipd: {}\n", why.detail);
    return 1;
  };
  const auto file = chosen.files.empty() ? std::string("nip.yaml") : chosen.files.front().string();
  const auto warnings = chosen.warnings;
  auto catalogue = plugin::open_catalogue(chosen.plugin_orchestrator);
  if (!catalogue) return complain(catalogue.error());
  // Rules made by REST live in the state store, which a running nipd may hold; files are what is
  // checked.
  auto kept = state::open_sqlite(":memory:");
  if (!kept) return complain(kept.error());
  file_reloader files(std::move(chosen));
  broker::generations all(files, **catalogue, **kept, clock);
  const auto made = all.load();
  if (!made) return complain(made.error());
  for (const auto& each : warnings) fmt::print("warning: {}\n", each);
  for (const auto& each : all.warnings()) fmt::print("warning: {}\n", each);
  for (const auto& each : all.plugin_problems())
    fmt::print("warning: {}: {}\n", each.file.string(), each.reason);
  fmt::print("{}: ok, {} rules, {} plugins\n", file, (*made)->rules->rules().size(),
             (*made)->plugins.size());
  return 0;
}

}  // namespace nip::daemon
