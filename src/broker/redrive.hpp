// Dead letters on their way again: the same delivery once more, or a changed copy as a new message.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/administration.hpp"
#include "broker/dead_letters.hpp"
#include "broker/job.hpp"
#include "bus/bus.hpp"
#include "message/codec.hpp"
#include "router/plan.hpp"

namespace nip::broker {

/// What sending needs besides the letters. References outlive all items.
struct redrive_course {
  message::principal who;
  nlohmann::json patch;            ///< JSON merge patch of {data, metadata}; null: none
  std::string redirect;            ///< as it was asked for; empty: where it was going
  router::plan_ptr plan;           ///< straight to `redirect`; null: none
  std::uint32_t redrives_max = 0;  ///< 0: no bound
  bool force = false;              ///< whatever redrives_max says
  message::codec_limits envelope;
};

/// Places of the process that a redrive uses.
struct redrive_place {
  dead_letters& dead;
  const bus::bus& journal;
  letter_counters& counts;
};

/// Why a letter is not to be sent; nothing when it may be: it went often enough, or its message was
/// at level memory.
status may_redrive(const dead_letter& letter, const redrive_course& course);

/// [reader] One letter as something to send. Fails with errc::not_found (the journal no longer has
/// its message), errc::corrupt, or with what is wrong with the changed message.
result<errand::item> redrive_item(const dead_letter& letter,
                                  const std::shared_ptr<const redrive_course>& course,
                                  const redrive_place& place);

/// The errand of many, in order. Those that may not go are refused one by one.
std::unique_ptr<errand> make_redrive(std::vector<dead_letter> letters,
                                     std::shared_ptr<const redrive_course> course,
                                     const redrive_place& place);

}  // namespace nip::broker
