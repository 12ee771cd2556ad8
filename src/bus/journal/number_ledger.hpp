// Learns from the messages of a journal which numbers come next, with room for what damage hid.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "bus/journal/numbering.hpp"

namespace nip::bus::journal {

/// No number that was ever given is given again, neither a message's nor a tenant's own. Messages
/// that cannot be read are counted by the gap that they leave; each may have been any tenant's.
class number_ledger {
 public:
  /// All of it, as plain numbers.
  struct state {
    struct tenant_state {
      std::uint32_t tenant = 0;
      std::uint64_t last = 0;
      std::uint64_t lost_before = 0;
    };
    std::uint64_t next_seq = 1;
    std::uint64_t lost = 0;
    std::vector<tenant_state> tenants;  ///< by tenant
  };

  number_ledger() = default;
  explicit number_ledger(const state& from) : next_seq_(from.next_seq), lost_(from.lost) {
    for (const auto& each : from.tenants) tenants_[each.tenant] = {each.last, each.lost_before};
  }
  state save() const {
    state all{next_seq_, lost_, {}};
    for (const auto& [tenant, known] : tenants_)
      all.tenants.push_back({tenant, known.last, known.lost_before});
    std::ranges::sort(all.tenants, {}, &state::tenant_state::tenant);
    return all;
  }

  /// A batch says which message numbers it has.
  void see_batch(std::uint64_t first_seq, std::uint64_t end_seq) {
    if (first_seq > next_seq_) lost_ += first_seq - next_seq_;
    next_seq_ = std::max(next_seq_, end_seq);
  }
  /// `count` messages of a batch could not be read.
  void lose(std::uint64_t count) { lost_ += count; }

  void see_message(tenant_id tenant, tenant_seq_t seq) {
    entry& known = tenants_[tenant.value];
    if (seq.value >= known.last) known = {seq.value, lost_};
  }

  std::uint64_t next_seq() const { return next_seq_; }

  numbering next() const {
    std::unordered_map<std::uint32_t, std::uint64_t> last;
    for (const auto& [tenant, known] : tenants_)
      last[tenant] = known.last + (lost_ - known.lost_before);
    return numbering(seq_t(next_seq_), std::move(last), lost_);
  }

 private:
  struct entry {
    std::uint64_t last = 0;
    std::uint64_t lost_before = 0;
  };
  std::unordered_map<std::uint32_t, entry> tenants_;
  std::uint64_t next_seq_ = 1;
  std::uint64_t lost_ = 0;
};

}  // namespace nip::bus::journal
