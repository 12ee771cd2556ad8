// Where the broker gets what files define: implemented by config/, called at start and on reload.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plugin/spec.hpp"
#include "router/rule.hpp"

namespace nip::broker {

/// What a generation is made of, as files say it.
struct definitions {
  std::vector<router::rule> rules;
  std::vector<plugin::settings> plugins;
};

/// Lives as long as the broker; [control thread].
class reloader {
 public:
  virtual ~reloader() = default;
  /// Reads the files again. Fails with the place of what is wrong, and then nothing changes.
  virtual result<definitions> load() = 0;
  /// The configuration in force as JSON, secrets redacted.
  virtual nlohmann::json describe() const = 0;
};

}  // namespace nip::broker
