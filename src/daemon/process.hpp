// nipd: everything wired together, from the first file read to the last message drained.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/log.hpp"
#include "broker/house.hpp"
#include "bus/journal/journal.hpp"
#include "config/configuration.hpp"
#include "daemon/file_reloader.hpp"
#include "daemon/plugin_voices.hpp"
#include "daemon/shard_thread.hpp"
#include "daemon/work_thread.hpp"
#include "gateway/connection_census.hpp"
#include "state/sqlite_store.hpp"

namespace nip::daemon {

/// What the banner tells an operator. Values only: when it is read the loops run already, and may
/// have changed what they were taken from.
struct start_report {
  std::vector<std::string> addresses;
  std::string journal_path;
  message::ack_level ack = message::ack_level::fsync;  ///< when a client asks for none
  broker::generation_ptr generation;
  bus::recovery_report recovery;
  std::vector<std::string> warnings;
  nanoseconds fsync{};      ///< median of a few, in the journal's folder
  std::size_t resumed = 0;  ///< messages put back to work
  nanoseconds took{};       ///< from start to accepting
};

/// Lives on the main thread. Members are in the order of their dependencies; destroyed in reverse.
class process {
 public:
  explicit process(config::configuration chosen);
  ~process();

  /// Opens everything and accepts. Fails with what is wrong and what to do about it.
  result<start_report> start();
  /// Serves until SIGINT or SIGTERM, then drains. The exit code of the program.
  int serve();

 private:
  struct signals;
  const config::configuration& chosen() const { return files_.in_force(); }
  void describe(start_report& report) const;
  status open_stores();
  status open_control();
  status open_house();
  status open_gateways(start_report& report);
  void watch_plugins();
  int drain();
  void collect(observability::exposition& out) const;

  system_clock clock_;
  log_hub hub_;
  logger log_;
  posix_file_system disk_;
  file_reloader files_;
  plugin_voices voices_;
  work_thread control_;
  work_thread reader_;
  work_thread feeder_;
  std::unique_ptr<state::state_store> kept_;
  std::unique_ptr<broker::ledger> known_;  ///< the journal writes it down while it is open
  std::unique_ptr<bus::bus> events_;
  std::unique_ptr<plugin::catalogue> catalogue_;
  std::unique_ptr<plugin::runtime> plugins_;
  std::vector<std::unique_ptr<shard_thread>> shards_;
  std::unique_ptr<broker::house> house_;
  std::unique_ptr<gateway::connection_census> census_;
  std::unique_ptr<plugin::folder_watch> watch_;
  std::unique_ptr<signals> signals_;
};

}  // namespace nip::daemon
