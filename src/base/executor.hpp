// Where a piece of work runs: a shard's loop in production, a list that a test drains by hand.
#pragma once

#include <functional>

namespace nip {

/// Runs what is posted, one after the other, on one thread. post() may be called from any thread.
class executor {
 public:
  virtual ~executor() = default;
  virtual void post(std::function<void()> work) = 0;
};

}  // namespace nip
