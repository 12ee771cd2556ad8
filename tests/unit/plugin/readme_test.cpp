// The configs in the READMEs of the plugins are read, checked and started.
#include <yaml-cpp/yaml.h>

#include "unit/plugin/harness.hpp"

namespace nip::plugin::test {

namespace {

nlohmann::json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    auto out = nlohmann::json::object();
    for (const auto& entry : node) out[entry.first.as<std::string>()] = to_json(entry.second);
    return out;
  }
  if (node.IsSequence()) {
    auto out = nlohmann::json::array();
    for (const auto& item : node) out.push_back(to_json(item));
    return out;
  }
  if (node.IsNull()) return nullptr;
  const auto text = node.as<std::string>();
  if (node.Tag() == "!") return text;  // quoted
  auto plain = nlohmann::json::parse(text, nullptr, false);
  return plain.is_discarded() ? nlohmann::json(text) : plain;
}

/// The ```yaml blocks of a text.
std::vector<std::string> yaml_blocks(const std::string& text) {
  std::vector<std::string> blocks;
  for (std::size_t at = 0; (at = text.find("```yaml\n", at)) != std::string::npos;) {
    const auto from = at + 8;
    at = text.find("```", from);
    blocks.push_back(text.substr(from, at - from));
  }
  return blocks;
}

class readme : public shard_test, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { std::filesystem::current_path(folder_.path()); }
  void TearDown() override { std::filesystem::current_path(NIP_BINARY_DIR); }
  temporary_folder folder_;
};

}  // namespace

TEST_P(readme, ConfigIsValidAndStarts) {
  const auto file = std::filesystem::path(NIP_SOURCE_DIR) / "plugins" / GetParam() / "README.md";
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto blocks = yaml_blocks(text);
  ASSERT_FALSE(blocks.empty()) << file;
  options chosen;
  chosen.directories = {shipped_plugin("echo").parent_path()};
  const auto found = *open_catalogue(chosen);
  for (const std::string& block : blocks) {
    const YAML::Node plugins = YAML::Load(block)["plugins"];
    ASSERT_TRUE(plugins.IsMap());
    for (const auto& entry : plugins) {
      settings set;
      set.name = entry.first.as<std::string>();
      if (entry.second["use"]) set.use = entry.second["use"].as<std::string>();
      if (entry.second["config"]) set.config = to_json(entry.second["config"]);
      const auto specs = found->resolve({set}, {});
      ASSERT_TRUE(specs) << specs.error().detail;
      auto running = create(specs->at(set.name));
      EXPECT_EQ(running->health().state, health_state::healthy);
      stop(running);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(plugins, readme,
                         testing::Values("echo", "sink", "transform", "http", "file"),
                         [](const auto& plugin) { return std::string(plugin.param); });

}  // namespace nip::plugin::test
