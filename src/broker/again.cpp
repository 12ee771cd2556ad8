#include "broker/again.hpp"

#include "base/clock.hpp"
#include "base/json_write.hpp"
#include "broker/compose.hpp"

namespace nip::broker {

std::string_view again_writer::write(std::string& out, const message::parsed& old, again why,
                                     std::string_view mark) {
  const bool replayed = why == again::replay;
  cause_.clear();
  append_json_string(cause_, old.view.id);
  hops_.clear();
  append_json_integer(hops_, replayed ? old.view.hops + 1u : 0u);
  deadline_.clear();
  if (!old.view.deadline.empty() && parse_duration(old.view.deadline))
    append_json_string(deadline_, old.view.deadline);
  // An empty value takes the key out.
  return compose(out, old,
                 {.new_identity = true,
                  .metadata = {{"causation_id", cause_},
                               {"hops", hops_},
                               {"idempotency_key", ""},
                               {"deadline", deadline_},
                               {"replay", replayed ? mark : std::string_view{}},
                               {"redrive", replayed ? std::string_view{} : mark}}});
}

}  // namespace nip::broker
