// `nip stats`: the broker's counters once.
#include <fmt/format.h>

#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

/// Every leaf of the answer as a row "a.b.c  value".
void flatten(const nlohmann::json& value, const std::string& path, table& into) {
  if (value.is_object()) {
    for (const auto& [name, field] : value.items())
      flatten(field, path.empty() ? name : fmt::format("{}.{}", path, name), into);
    return;
  }
  if (value.is_array() && !value.empty() && value.front().is_object()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      flatten(value[i], fmt::format("{}[{}]", path, i), into);
    return;
  }
  const bool count = value.is_number_unsigned();
  into.add({path, count ? with_commas(value.get<std::uint64_t>())
                        : text_at(nlohmann::json{{"v", value}}, "v")});
}

outcome<exit_code> run_stats(session& now) {
  NIP_TRY(client, now.connect());
  NIP_TRY(stats, call(client, {.path = "/v4/stats"}));
  if (now.json()) {
    now.print_json(stats);
    return exit_code::ok;
  }
  table shown({{"COUNTER", align::left, 0}, {"VALUE", align::right, 0}});
  flatten(stats, "", shown);
  shown.print(now.out(), now.paint());
  return exit_code::ok;
}

}  // namespace

void add_stats(CLI::App& app, action& chosen) {
  app.add_subcommand("stats", "the broker's counters")->callback([&chosen] { chosen = run_stats; });
}

}  // namespace nip::cli
