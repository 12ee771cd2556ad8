// A simulated target: requests share its speed, or wait in line for one of its places.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <queue>
#include <vector>

#include "router/latency_by_load.hpp"

namespace nip::scorer_sim {

/// How the requests of a server get at its processor.
enum class discipline : std::uint8_t {
  line,    ///< `places` are worked on at full speed each, the rest wait first in first out
  shared,  ///< all are worked on; beyond `places` they share
};

/// All that run progress at one rate, so that each request's end is a mark on one axis of work
/// done. Owned by the simulation.
class server {
 public:
  server(discipline how, unsigned places) : how_(how), places_(places) {}

  void arrive(std::uint64_t request, double work, double now) {
    advance(now);
    backlog_ += work;
    if (how_ == discipline::line && running_.size() >= places_)
      line_.push_back({work, request});
    else
      running_.push({done_ + work, request});
    ++epoch_;
  }
  /// The request that ends at `now`; call at the time that next_end() said.
  std::uint64_t finish(double now) {
    advance(now);
    const auto out = running_.top().request;
    running_.pop();
    if (!line_.empty()) {
      running_.push({done_ + line_.front().mark, line_.front().request});
      line_.pop_front();
    }
    ++epoch_;
    return out;
  }
  void set_speed(double speed, double now) {
    advance(now);
    speed_ = speed;
    ++epoch_;
  }
  /// Infinite when nothing runs or it stands still.
  double next_end() const {
    if (running_.empty() || rate() <= 0) return std::numeric_limits<double>::infinity();
    return last_ + std::max(running_.top().mark - done_, 0.0) / rate();
  }
  /// Changes whenever next_end() does.
  std::uint64_t epoch() const { return epoch_; }
  double speed() const { return speed_; }
  unsigned places() const { return places_; }
  /// Requests that run or wait.
  std::size_t in_flight() const { return running_.size() + line_.size(); }
  /// Seconds until a request with `work` that came now would end, if the speed stayed and nothing
  /// else came: exact for a line of one place, close otherwise.
  double expected_delay(double work) const {
    const double speed = std::max(speed_, 1e-9);
    const double all_of_it = (backlog_ + work) / places_;
    if (how_ == discipline::line)
      return (running_.size() < places_ ? work : std::max(backlog_ / places_ + work, work)) / speed;
    const double shared = work * static_cast<double>(in_flight() + 1) / places_;
    return std::max(work, std::min(shared, all_of_it)) / speed;
  }

  router::latency_by_load seen;  ///< what a probe reports

 private:
  struct entry {
    double mark;  ///< where on the axis of work it ends; of one in line: its work
    std::uint64_t request;
    bool operator>(const entry& other) const {
      return mark != other.mark ? mark > other.mark : request > other.request;
    }
  };

  double rate() const {
    if (how_ == discipline::line) return speed_;
    const auto sharing = static_cast<double>(running_.size()) / places_;
    return speed_ / std::max(sharing, 1.0);
  }
  void advance(double now) {
    const double got = (now - last_) * rate();
    done_ += got;
    backlog_ = std::max(backlog_ - got * static_cast<double>(running_.size()), 0.0);
    last_ = now;
  }

  discipline how_;
  unsigned places_;
  double speed_ = 1;
  double done_ = 0;     // work that each running request has got since the beginning
  double backlog_ = 0;  // work that is left of all
  double last_ = 0;
  std::uint64_t epoch_ = 0;
  std::priority_queue<entry, std::vector<entry>, std::greater<>> running_;
  std::deque<entry> line_;
};

}  // namespace nip::scorer_sim
