// A loaded plugin library: its entry checked, its plugins described, its code never unmapped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "nip/plugin.h"
#include "plugin/spec.hpp"

namespace nip::plugin {

/// One version of one file, loaded from a sealed copy in memory, so that replacing the file never
/// changes running code. Shared by the specs that use it; the mapping stays for the life of the
/// process, because plugins may leave code behind (thread-local destructors, atexit) that nothing
/// could wait for.
class library {
 public:
  ~library();
  library(const library&) = delete;
  library& operator=(const library&) = delete;

  /// [loader] Copies, checks, loads and describes. Fails with errc::not_found, errc::io,
  /// errc::too_large, errc::corrupt (no whole library, no entry, a descriptor that makes no sense)
  /// or errc::unsupported (other ABI version: both versions, and what to rebuild). `mapped` becomes
  /// true when code stays in the process even though this fails.
  static result<std::shared_ptr<const library>> load(const std::filesystem::path& file,
                                                     bool& mapped);

  const std::filesystem::path& file() const noexcept { return file_; }
  const std::vector<descriptor>& plugins() const noexcept { return plugins_; }
  /// [any thread] A new plugin object, or null after host->set_error(). `name` is one of plugins().
  const nip_plugin* create(std::string_view name, const nip_host* host) const;

 private:
  library() = default;
  status open_entry(const void* symbol);
  status describe_all();

  std::filesystem::path file_;
  const nip_entry* entry_ = nullptr;
  const nip_factory* factory_ = nullptr;
  bool initialised_ = false;
  std::vector<descriptor> plugins_;
};

}  // namespace nip::plugin
