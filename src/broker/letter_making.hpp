// Dead letters out of what ended: the same whether it ends now or is read back from the journal.
#pragma once

#include "broker/dead_letters.hpp"
#include "bus/records.hpp"
#include "message/message.hpp"
#include "router/plan.hpp"

namespace nip::broker {

/// How a delivery ended for good; views are good during the call.
struct delivery_end {
  std::uint16_t delivery = 0;
  bool expired = false;
  std::uint16_t attempts = 0;
  std::uint32_t redrives = 0;
  std::string_view target;  ///< empty: none was chosen; the first planned one stands for it
  std::string_view error;
  wall_time at;
};

dead_letter letter_of(const message::message& what, seq_t seq, tenant_seq_t tenant_seq,
                      const router::planned_delivery& planned, const delivery_end& how);

/// Of a message without a delivery: unmatched, or one that goes round in circles.
dead_letter letter_of_whole(const message::message& what, seq_t seq, tenant_seq_t tenant_seq,
                            std::string_view dead_reason);

/// How often this message, or those it was made from, were redriven before: `metadata.redrive.
/// count`, 0 when there is none.
std::uint32_t redrives_before(const message::message& what);

}  // namespace nip::broker
