// The bus on top of the journal's parts: shards append to the queue, the committer writes.
#pragma once

#include <memory>
#include <vector>

#include "base/file.hpp"
#include "bus/bus.hpp"
#include "bus/journal/catalogue.hpp"
#include "bus/journal/committer.hpp"
#include "bus/journal/journal.hpp"
#include "bus/journal/journal_reader.hpp"
#include "bus/journal/keeper.hpp"
#include "bus/journal/survey.hpp"

namespace nip::bus::journal {

/// Made by open_journal(). Holds the directory's lock until destroyed.
class journal_bus final : public bus {
 public:
  struct environment {
    options how;
    file_system& files;
    clock_source& clock;
    unsigned shards;
    ledger* follower;  ///< none: nothing is folded, and there are no checkpoints
  };

  journal_bus(environment around, std::unique_ptr<file_lock> lock);
  ~journal_bus() override;

  /// Goes on where the survey, which was repaired, says. Called once, first. Fails with errc::io
  /// or errc::storage_full. `from` is where the ledger stands.
  status begin(survey surveyed, position from, mono_time opening_since);

  /// [owner; only without writer_thread] What the writer's thread would do now; never waits.
  void step() {
    committer_->step();
    if (!around_.how.prepare_ahead) keeper_->tend();
  }

  status append(unsigned shard, std::span<message_record> messages,
                std::span<const outcome_record> outcomes, std::span<const note> notes) override;
  seq_t durable() const noexcept override { return committer_->durable(); }
  std::uint64_t appends_synced(unsigned shard) const noexcept override {
    return committer_->appends_synced(shard);
  }
  void on_durable(unsigned shard, std::function<void()> wake) override;
  void on_failure(std::function<void(const error&)> failed) override;
  void on_damage(std::function<void(const recovery_report::damage&)> hears) override;
  status scan(seq_t from, visitor& visit) const override;
  result<std::optional<found>> find(tenant_id tenant, std::string_view id) const override;
  result<std::optional<stored_message>> read(seq_t seq) const override;
  result<outcome_list> outcomes(seq_t seq) const override;
  result<std::optional<seq_t>> first_since(wall_time time) const override;
  const recovery_report& recovery() const noexcept override { return recovery_; }
  bus_stats stats() const override;
  void close() override;

 private:
  environment around_;
  std::unique_ptr<file_lock> lock_;
  recovery_report recovery_;
  disk_room room_;
  std::unique_ptr<catalogue> segments_;
  std::unique_ptr<commit_queue> queue_;
  std::unique_ptr<segment_supply> supply_;
  std::unique_ptr<keeper> keeper_;
  std::unique_ptr<committer> committer_;
  std::unique_ptr<journal_reader> reader_;
  std::vector<std::unique_ptr<chunk>> staging_;  // by shard; each shard's own
};

}  // namespace nip::bus::journal
