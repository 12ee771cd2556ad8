// The simulator's agenda: what happens next, in order of time, first come first served.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

namespace nip::scorer_sim {

/// What an event is about; `who` and `what` mean as its comment says.
enum class event_kind : std::uint8_t {
  arrival,     ///< a request comes into being
  reaches,     ///< request `what` reaches server `who`
  finishes,    ///< server `who` finishes its next request, unless its epoch is not `what` any more
  answered,    ///< the answer to request `what` reaches its client
  send_again,  ///< request `what` failed and is sent once more
  new_speed,   ///< server `who` changes its speed
  probed,      ///< a probe of client `what` reaches server `who`
  probe_back,  ///< its answer, number `what`, reaches the client
};

struct event {
  double at = 0;  ///< seconds
  std::uint64_t order = 0;
  event_kind kind{};
  std::uint32_t who = 0;
  std::uint64_t what = 0;

  bool operator>(const event& other) const {
    return at != other.at ? at > other.at : order > other.order;
  }
};

/// Owned by the simulation. Events at the same time come in the order in which they were added, so
/// that a run depends on its seed alone.
class agenda {
 public:
  void add(double at, event_kind kind, std::uint32_t who = 0, std::uint64_t what = 0) {
    waiting_.push({at, order_++, kind, who, what});
  }
  bool empty() const { return waiting_.empty(); }
  event next() {
    event out = waiting_.top();
    waiting_.pop();
    return out;
  }

 private:
  std::priority_queue<event, std::vector<event>, std::greater<>> waiting_;
  std::uint64_t order_ = 0;
};

}  // namespace nip::scorer_sim
