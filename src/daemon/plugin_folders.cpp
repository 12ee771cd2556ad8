#include "daemon/plugin_folders.hpp"

#include <filesystem>

namespace nip::daemon {

void add_own_folders(plugin::options& to) {
  std::error_code failed;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return;
  const auto folder = binary.parent_path();
  for (const auto& candidate : {folder / "plugins", folder.parent_path() / "lib/nip/plugins"})
    if (std::filesystem::is_directory(candidate, failed)) to.directories.push_back(candidate);
}

}  // namespace nip::daemon
