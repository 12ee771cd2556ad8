// The numbers that the next messages get.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/ids.hpp"

namespace nip::bus::journal {

/// One thread at a time. Numbers only rise.
class numbering {
 public:
  numbering() = default;
  /// `tenant_floor`: the last number of every tenant that is not in `tenant_last`; more than zero
  /// when damage may have hidden messages of tenants that are not known.
  numbering(seq_t next_seq, std::unordered_map<std::uint32_t, std::uint64_t> tenant_last,
            std::uint64_t tenant_floor)
      : next_seq_(next_seq), tenant_last_(std::move(tenant_last)), tenant_floor_(tenant_floor) {}

  /// The number that the next message gets.
  seq_t next_seq() const { return next_seq_; }

  seq_t take_seq() {
    const seq_t taken = next_seq_;
    next_seq_ = next_seq_.next();
    return taken;
  }
  tenant_seq_t take_tenant_seq(tenant_id tenant) {
    auto last = tenant_last_.try_emplace(tenant.value, tenant_floor_).first;
    return tenant_seq_t(++last->second);
  }

 private:
  seq_t next_seq_{1};
  std::unordered_map<std::uint32_t, std::uint64_t> tenant_last_;
  std::uint64_t tenant_floor_ = 0;
};

}  // namespace nip::bus::journal
