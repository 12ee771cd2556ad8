// The jobs of the process: those that run, and the last ones that ended.
#pragma once

#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/random.hpp"
#include "base/uuid.hpp"
#include "broker/job.hpp"

namespace nip::broker {

/// [control]
class jobs {
 public:
  /// Jobs that run at a time, and ended ones that can still be asked for.
  static constexpr std::size_t running_max = 8;
  static constexpr std::size_t ended_max = 100;

  /// Whether one more may run. Fails with errc::exhausted.
  status room() const;
  /// A fresh id for a job; it stands in the metadata of what the job sends.
  std::string next_id(wall_time now);
  void add(std::shared_ptr<job> what);
  /// Fails with errc::not_found, also for a job of another tenant.
  result<std::shared_ptr<job>> find(tenant_id tenant, const std::string& id) const;
  /// Newest first.
  nlohmann::json list(tenant_id tenant) const;

 private:
  std::size_t running() const;

  xoshiro random_ = xoshiro::from_entropy();
  uuid_generator ids_{random_};
  std::deque<std::shared_ptr<job>> all_;
};

}  // namespace nip::broker
