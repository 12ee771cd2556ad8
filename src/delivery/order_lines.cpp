#include "delivery/order_lines.hpp"

namespace nip::delivery {

bool order_lines::enter(delivery& one) {
  auto& here = lines_[one.order_key];
  if (!here.running) {
    here.running = &one;
    return true;
  }
  // Numbers of memory say nothing across shards: those wait in the order they came.
  auto at = here.waiting.end();
  if (one.owner->journaled())
    while (at != here.waiting.begin() && std::prev(at)->owner->journaled() &&
           std::prev(at)->owner->seq > one.owner->seq)
      --at;
  here.waiting.insert(at, one);
  return false;
}

delivery* order_lines::leave(delivery& one) {
  const auto found = lines_.find(one.order_key);
  if (found == lines_.end()) return nullptr;
  auto& here = found->second;
  if (here.running != &one) {
    here.waiting.erase(here.waiting.iterator_to(one));
    return nullptr;
  }
  if (here.waiting.empty()) {
    lines_.erase(found);
    return nullptr;
  }
  here.running = &here.waiting.front();
  here.waiting.pop_front();
  return here.running;
}

}  // namespace nip::delivery
