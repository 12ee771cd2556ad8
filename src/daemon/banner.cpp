#include "daemon/banner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace nip::daemon {

std::string banner(const start_report& report) {
  const auto& generation = *report.generation;
  const auto& recovery = report.recovery;
  std::vector<std::string> plugins;
  for (const auto& [name, spec] : generation.plugins)
    if (spec->code)
      plugins.push_back(fmt::format("{} {}{}", name, spec->about.version,
                                    spec->set.enabled ? "" : " (disabled)"));

  std::string out = fmt::format("nipd {}\n", NIP_VERSION);
  const auto line = [&](std::string_view name, const std::string& value) {
    out += fmt::format("  {:<12} {}\n", name, value);
  };
  for (const auto& address : report.addresses) out += fmt::format("  listening on {}\n", address);
  line("journal", fmt::format("{}: {} messages, {} resumed; one fsync takes {:.0f} µs here",
                              report.journal_path, recovery.messages, report.resumed,
                              static_cast<double>(report.fsync.count()) / 1e3));
  line("acknowledges",
       fmt::format("at {} unless a client asks otherwise", message::to_string(report.ack)));
  line("generation",
       fmt::format("{}: {} rules", generation.id.value, generation.rules->rules().size()));
  line("plugins", plugins.empty() ? "none found" : fmt::format("{}", fmt::join(plugins, ", ")));
  line("started in", fmt::format("{:.1f} ms", static_cast<double>(report.took.count()) / 1e6));
  for (const auto& each : report.warnings) line("warning", each);
  if (recovery.cut_bytes > 0)
    line("journal",
         fmt::format("a torn tail of {} bytes, never acknowledged, was cut", recovery.cut_bytes));
  for (const auto& each : recovery.quarantined)
    line("damage",
         fmt::format("{} at byte {}, {} bytes: {}; kept in quarantine, the rest is served",
                     each.file, each.offset, each.bytes, each.reason));
  return out;
}

}  // namespace nip::daemon
