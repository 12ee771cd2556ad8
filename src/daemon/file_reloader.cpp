#include "daemon/file_reloader.hpp"

#include "config/load.hpp"
#include "config/print.hpp"

namespace nip::daemon {

result<broker::definitions> file_reloader::load() {
  // The first generation is made of what main() has read; later ones read the files again. Only
  // rules and plugins follow a reload: everything else needs a restart.
  if (!std::exchange(first_, false)) {
    NIP_TRY(again, config::load(in_force_.files.front(), config::process_environment()));
    in_force_.rules = std::move(again.rules);
    in_force_.plugins = std::move(again.plugins);
  }
  broker::definitions out;
  out.plugins = in_force_.plugins;
  for (const auto& each : in_force_.rules) {
    NIP_TRY(rule, router::parse_rule(each.document, router::origin::file, each.where));
    out.rules.push_back(std::move(rule));
  }
  return out;
}

nlohmann::json file_reloader::describe() const { return config::to_json(in_force_); }

}  // namespace nip::daemon
