// Files and plugin folders that say what the test wants them to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/reloader.hpp"
#include "plugin/catalogue.hpp"

namespace nip::broker {

class fake_files final : public reloader {
 public:
  result<definitions> load() override {
    if (broken) return std::unexpected(*broken);
    return says;
  }
  nlohmann::json describe() const override { return nlohmann::json::object(); }
  definitions says;
  std::optional<error> broken;
};

/// Two plugins on disk; settings are overlaid as the real one does.
class fake_catalogue final : public plugin::catalogue {
 public:
  void scan() override { ++scans; }
  std::vector<plugin::problem> problems() const override { return {}; }
  result<plugin::spec_map> resolve(const std::vector<plugin::settings>& configured,
                                   const plugin::spec_map& previous) override {
    plugin::spec_map out;
    for (const auto& name : found) {
      auto made = std::make_shared<plugin::spec>();
      made->set.name = made->about.name = name;
      // Only that there is code counts here; nobody runs it.
      made->code = {std::shared_ptr<void>(), reinterpret_cast<const plugin::library*>(this)};
      for (const auto& each : configured)
        if (each.name == name) made->set = each;
      const auto old = previous.find(name);
      const bool same = old != previous.end() && old->second->set.enabled == made->set.enabled &&
                        old->second->set.config == made->set.config;
      out[name] = same ? old->second : made;
    }
    for (const auto& each : configured)
      if (each.config.contains("bad")) return fail(errc::invalid_argument, "config is bad");
    return out;
  }
  status reload(std::string_view) override { return {}; }
  std::vector<std::string> found = {"echo", "fraud"};
  int scans = 0;
};

}  // namespace nip::broker
