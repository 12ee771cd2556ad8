#include "config/overlay.hpp"

namespace nip::config {

// Recursion is bounded by depth_max of the reader.
void overlay(node& base, node over) {
  if (base.kind != node_kind::map || over.kind != node_kind::map) {
    base = std::move(over);
    return;
  }
  for (member& each : over.members) {
    if (node* known = base.find(each.key)) {
      overlay(*known, std::move(each.value));
    } else {
      base.members.push_back(std::move(each));
    }
  }
}

}  // namespace nip::config
