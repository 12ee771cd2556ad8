// The real journal, with the model looking at what is handed to it.
#pragma once

#include "bus/bus.hpp"
#include "simulation/model.hpp"

namespace nip::simulation {

class watched_bus final : public nip::bus::bus {
 public:
  watched_bus(std::unique_ptr<nip::bus::bus> inner, model& promises)
      : inner_(std::move(inner)), model_(promises) {}

  nip::bus::bus& inner() { return *inner_; }

  status append(unsigned shard, std::span<nip::bus::message_record> messages,
                std::span<const nip::bus::outcome_record> outcomes,
                std::span<const nip::bus::note> notes) override {
    if (auto taken = inner_->append(shard, messages, outcomes, notes); !taken) {
      if (messages.empty())
        for (const auto& each : outcomes) model_.not_kept(each);
      return taken;
    }
    for (const auto& each : messages) model_.numbered(each);
    for (const auto& each : outcomes) model_.ended(each);
    return {};
  }
  seq_t durable() const noexcept override { return inner_->durable(); }
  std::uint64_t appends_synced(unsigned shard) const noexcept override {
    return inner_->appends_synced(shard);
  }
  void on_durable(unsigned shard, std::function<void()> wake) override {
    inner_->on_durable(shard, std::move(wake));
  }
  void on_failure(std::function<void(const error&)> failed) override {
    inner_->on_failure(std::move(failed));
  }
  void on_damage(std::function<void(const nip::bus::recovery_report::damage&)> hears) override {
    inner_->on_damage(std::move(hears));
  }
  status scan(seq_t from, nip::bus::visitor& visit) const override {
    return inner_->scan(from, visit);
  }
  result<std::optional<found>> find(tenant_id tenant, std::string_view id) const override {
    return inner_->find(tenant, id);
  }
  result<std::optional<nip::bus::stored_message>> read(seq_t seq) const override {
    return inner_->read(seq);
  }
  result<outcome_list> outcomes(seq_t seq) const override { return inner_->outcomes(seq); }
  result<std::optional<seq_t>> first_since(wall_time time) const override {
    return inner_->first_since(time);
  }
  const nip::bus::recovery_report& recovery() const noexcept override { return inner_->recovery(); }
  nip::bus::bus_stats stats() const override { return inner_->stats(); }
  void close() override { inner_->close(); }

 private:
  std::unique_ptr<nip::bus::bus> inner_;
  model& model_;
};

}  // namespace nip::simulation
