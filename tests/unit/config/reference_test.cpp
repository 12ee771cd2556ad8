// docs/reference/config.md shows exactly the keys that there are. NIP_UPDATE_DOCS=1 rewrites its
// tables.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/keys.hpp"
#include "config/print.hpp"

namespace nip::config {
namespace {

using nlohmann::json;

/// What a value may be, in a few words, out of its JSON Schema.
std::string values_of(const json& schema) {
  if (schema.contains("enum")) {
    std::string words;
    for (const json& word : schema["enum"])
      words += (words.empty() ? "`" : ", `") + word.get<std::string>() + "`";
    return words;
  }
  if (schema.contains("oneOf")) return values_of(schema["oneOf"][0]) + " or `auto`";
  if (schema.contains("pattern")) {  // "a duration: 250ms, …": the units have their own section
    const std::string text = schema["description"];
    return text.substr(0, text.find_first_of(":,"));
  }
  if (schema.contains("description")) return schema["description"];
  if (schema["type"] == "boolean") return "`true`, `false`";
  if (schema["type"] == "integer")
    return std::to_string(schema["minimum"].get<std::uint64_t>()) + " to " +
           std::to_string(schema["maximum"].get<std::uint64_t>());
  if (schema["type"] == "number") return "0 to 1";
  if (schema["type"].is_array()) return "words, one or a list";
  return schema["type"] == "object" ? "a map" : "text";
}

template <class Target>
std::string table_of(const std::vector<key<Target>>& keys) {
  std::string out = "| key | default | values | |\n|---|---|---|---|\n";
  const Target defaults{};
  for (const auto& each : keys) {
    const json value = each.write(defaults);
    const std::string shown =
        value.is_null() || value.empty()
            ? ""
            : "`" + (value.is_string() ? value.get<std::string>() : value.dump()) + "`";
    out += "| `" + each.path + "` | " + shown + " | " + values_of(each.schema()) + " | " +
           each.doc + " |\n";
  }
  return out;
}

/// `text` with what stands between the marks `name` replaced.
std::string with_table(std::string text, const std::string& name, const std::string& table) {
  const std::string begin = "<!-- " + name + " -->\n";
  const std::string end = "<!-- end of " + name + " -->";
  const std::size_t from = text.find(begin);
  const std::size_t to = text.find(end);
  EXPECT_NE(from, std::string::npos) << begin;
  EXPECT_NE(to, std::string::npos) << end;
  if (from == std::string::npos || to == std::string::npos) return text;
  return text.replace(from + begin.size(), to - from - begin.size(), table);
}

TEST(reference, DocumentShowsEveryKeyAsItIs) {
  const std::string path = std::string(NIP_SOURCE_DIR) + "/docs/reference/config.md";
  std::ostringstream read;
  read << std::ifstream(path).rdbuf();
  const std::string stands = read.str();
  const std::string wanted = with_table(with_table(stands, "keys", table_of(configuration_keys())),
                                        "plugin keys", table_of(plugin_keys()));
  if (std::getenv("NIP_UPDATE_DOCS") != nullptr) std::ofstream(path) << wanted;
  EXPECT_EQ(stands, wanted) << "run this test with NIP_UPDATE_DOCS=1 to rewrite the tables";
}

}  // namespace
}  // namespace nip::config
