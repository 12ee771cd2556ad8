// Reads the configuration files again for the broker: rules and plugins, and what is in force.
#pragma once

#include <filesystem>

#include "broker/reloader.hpp"
#include "config/configuration.hpp"

namespace nip::daemon {

/// [control thread] after start.
class file_reloader final : public broker::reloader {
 public:
  explicit file_reloader(config::configuration first) : in_force_(std::move(first)) {}

  result<broker::definitions> load() override;
  nlohmann::json describe() const override;
  const config::configuration& in_force() const { return in_force_; }

 private:
  config::configuration in_force_;
  bool first_ = true;
};

}  // namespace nip::daemon
