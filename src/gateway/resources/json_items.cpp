#include "gateway/resources/json_items.hpp"

#include <fmt/format.h>

#include "gateway/text.hpp"
#include "message/json_parser.hpp"
#include "message/member_cursor.hpp"

namespace nip::gateway::resources {
namespace {

constexpr std::size_t depth_max = 66;  ///< an envelope's 64 and the array around it

std::unexpected<error> too_many(std::size_t entries_max) {
  return fail(errc::too_large,
              fmt::format("the batch has more than {} entries; send several", entries_max));
}

}  // namespace

result<std::vector<std::string_view>> array_items(std::string_view text, std::size_t entries_max) {
  message::json_parser parser("batch", text.size(), depth_max);
  NIP_TRY(root, parser.parse(text));
  simdjson::dom::array array;
  if (root.get(array) != simdjson::SUCCESS)
    return fail(errc::parse, "batch: expected a JSON array of envelopes");
  if (array.size() > entries_max) return too_many(entries_max);
  message::member_cursor cursor(text.data(), parser.structurals());
  std::vector<std::string_view> items;
  items.reserve(array.size());
  for (auto at = array.begin(); at != array.end(); ++at)
    items.push_back(cursor.next_element().value);
  return items;
}

result<std::vector<std::string_view>> line_items(std::string_view text, std::size_t entries_max) {
  std::vector<std::string_view> items;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).empty()) continue;
    if (items.size() == entries_max) return too_many(entries_max);
    items.push_back(line);
  }
  return items;
}

}  // namespace nip::gateway::resources
