// Finds plugins in folders, loads and describes them, and turns settings into specs.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plugin/spec.hpp"
#include "plugin/taps.hpp"

namespace nip::plugin {

/// Options of the orchestrator (`services.plugin_orchestrator`).
struct options {
  std::vector<std::filesystem::path>
      directories;                        ///< searched in order; the first with a name wins
  bool watch = true;                      ///< load what is dropped in while running
  std::uint32_t libraries_kept_max = 16;  ///< loaded versions kept of one file, in all
  std::uint32_t pool_threads_max = 64;
};

/// A file that could not become a plugin, and why.
struct problem {
  std::filesystem::path file;
  std::string reason;
};

/// The plugins on disk. [control thread] only. Lives as long as the daemon.
class catalogue {
 public:
  virtual ~catalogue() = default;
  /// Reads the folders again: new and replaced files are loaded beside the old ones. Junk is
  /// reported in problems(), never fatal.
  virtual void scan() = 0;
  virtual std::vector<problem> problems() const = 0;
  /// Specs of everything found with default settings, overlaid with `configured` (validated against
  /// each plugin's schema). `previous` lets unchanged plugins keep their pointer. A plugin that no
  /// file holds, or that still needs a config, is in the map with the reason in `unusable`. Fails
  /// with the entry's place in the detail: wrong version, config against schema, unsupported
  /// isolation, configured twice.
  virtual result<spec_map> resolve(const std::vector<settings>& configured,
                                   const spec_map& previous) = 0;
  /// Loads the newest file of this plugin again even when it did not change. Fails with
  /// errc::not_found, errc::exhausted (libraries_kept_max), or as loading does.
  virtual status reload(std::string_view name) = 0;
};

result<std::unique_ptr<catalogue>> open_catalogue(options chosen);

/// Calls `changed` on `control` (after 200 ms of quiet) when something in the folders changes.
/// Destroy it to stop watching.
class folder_watch {
 public:
  virtual ~folder_watch() = default;
};
result<std::unique_ptr<folder_watch>> watch_folders(std::vector<std::filesystem::path> directories,
                                                    executor& control,
                                                    std::function<void()> changed);

/// What an instance needs of the shard that it runs for. References outlive the instance.
struct instance_context {
  unsigned shard = 0;
  executor& loop;  ///< the shard's
  host& owner;
  clock_source& clock;
};

/// Instances that shards share (`single`) and worker threads live here. One a process.
class runtime {
 public:
  virtual ~runtime() = default;
  /// [shard] Creates, configures and starts the plugin for this shard; may load lazily. `pool` and
  /// `single` plugins are wrapped so that the shard sees the same interface. Fails with the
  /// plugin's own reason; the daemon goes on.
  virtual result<std::unique_ptr<instance>> create(const spec_ptr& what,
                                                   const instance_context& where) = 0;
};
std::unique_ptr<runtime> make_runtime(options chosen, taps to = {});

}  // namespace nip::plugin
