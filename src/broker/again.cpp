#include "broker/again.hpp"

#include "base/clock.hpp"
#include "broker/compose.hpp"

namespace nip::broker {

std::string envelope_again(const message::parsed& old, again why, std::string_view mark) {
  const bool replayed = why == again::replay;
  const auto cause = quoted(old.view.id);
  const auto hops = std::to_string(replayed ? old.view.hops + 1u : 0u);
  const auto deadline = parse_duration(old.view.deadline) ? quoted(old.view.deadline) : "";
  std::string out;
  // An empty value takes the key out.
  const auto text = compose(out, old,
                            {.new_identity = true,
                             .metadata = {{"causation_id", cause},
                                          {"hops", hops},
                                          {"idempotency_key", ""},
                                          {"deadline", deadline},
                                          {"replay", replayed ? mark : std::string_view{}},
                                          {"redrive", replayed ? std::string_view{} : mark}}});
  out.resize(text.size());
  return out;
}

}  // namespace nip::broker
