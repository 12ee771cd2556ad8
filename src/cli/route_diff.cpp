#include "cli/route_diff.hpp"

#include <fmt/format.h>

#include <string>

#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

std::string count_of(const nlohmann::json& diff, const char* path) {
  return with_commas(static_cast<std::uint64_t>(number_at(diff, path)));
}

/// "big-orders: fraud-a, fraud-b; topic:orders" or "nowhere".
std::string routes_text(const nlohmann::json& routes) {
  std::string out;
  for (const auto& each : routes) {
    if (!out.empty()) out += "; ";
    if (each.contains("dead_letter")) {
      out += "dead letter: " + text_at(each, "dead_letter");
      continue;
    }
    if (each.contains("rule")) out += text_at(each, "rule") + ": ";
    out += text_at(each, "targets");
  }
  return out.empty() ? "nowhere" : out;
}

colour shade_of_change(const std::string& change) {
  if (change == "lost") return colour::red;
  if (change == "gained") return colour::green;
  return change == "moved" ? colour::yellow : colour::none;
}

void print_items(std::ostream& to, const nlohmann::json& diff, const painter& paint) {
  table shown(
      {{"SEQ", align::right}, {"TYPE", align::left, 30}, {"CHANGE"}, {"BEFORE"}, {"AFTER"}});
  std::size_t rows = 0;
  for (const auto& item : value_at(diff, "items")) {
    if (rows++ == diff_rows_max) break;
    const auto change = text_at(item, "change");
    shown.add({cell(text_at(item, "seq"), colour::cyan), text_at(item, "type"),
               cell(change, shade_of_change(change)), routes_text(value_at(item, "before")),
               routes_text(value_at(item, "after"))});
  }
  shown.print(to, paint);
  const auto changed = static_cast<std::size_t>(number_at(diff, "changed_messages"));
  if (changed > diff_rows_max)
    to << fmt::format("... and {} more\n", with_commas(changed - diff_rows_max));
}

}  // namespace

void print_diff(std::ostream& to, const nlohmann::json& diff, const painter& paint) {
  const auto looked_at = count_of(diff, "looked_at");
  const bool same = number_at(diff, "changed_messages") == 0;
  to << fmt::format("looked at {} stored messages (seq {} to {}): ", looked_at,
                    text_at(diff, "from"), text_at(diff, "to"));
  if (same)
    to << "every one would go where it went\n";
  else
    to << fmt::format("{} would go elsewhere: {} moved, {} lost, {} gained, {} by another rule\n",
                      count_of(diff, "changed_messages"), count_of(diff, "changed.moved"),
                      count_of(diff, "changed.lost"), count_of(diff, "changed.gained"),
                      count_of(diff, "changed.other_rule"));
  if (text_at(diff, "cut_short") == "yes")
    to << "there are too many rules for more messages at once; give --from for another range\n";
  if (!same) print_items(to, diff, paint);
}

}  // namespace nip::cli
