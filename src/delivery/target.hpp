// One plugin as one shard's delivery sees it: a queue of four classes, an instance, what it has
// shown.
#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>

#include "delivery/backlog.hpp"
#include "delivery/circuit_breaker.hpp"
#include "delivery/flight.hpp"
#include "delivery/options.hpp"
#include "delivery/retry.hpp"
#include "delivery/target_stats.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/plugin.hpp"

namespace nip::delivery {

using delivery_list = boost::intrusive::list<delivery, boost::intrusive::base_hook<queue_hook>,
                                             boost::intrusive::constant_time_size<true>>;

/// Owned by the dispatcher, by name; lives until the shard ends. One thread.
class target {
  std::string name_;

 public:
  target(std::string name, const options& chosen)
      : name_(std::move(name)),
        budget_(chosen.retry_share, chosen.retry_reserve),
        breaker_(chosen.breaker, chosen.attempt_timeout) {}

  const std::string& name() const { return name_; }

  void push(delivery& one);
  void remove(delivery& one);
  /// The next by class: strict, but each of the three lower classes gets one pick in twenty.
  delivery* pop();
  std::size_t queued() const;
  /// Empties the queues, in order, into `visit`, which may push again.
  template <class Visit>
  void take_all(Visit&& visit) {
    for (auto& queue : queues_) {
      delivery_list all;
      all.swap(queue);
      while (!all.empty()) {
        auto& one = all.front();
        all.pop_front();
        visit(one);
      }
    }
  }

  /// The factors that the scorer looks at.
  router::candidate as_candidate() const;
  /// How long it has had something to work on and has not answered; a stall shows here first.
  nanoseconds silence(mono_time now) const {
    return in_flight_ > 0 ? std::max(now - last_answer_, nanoseconds(0)) : nanoseconds(0);
  }
  bool available() const { return enabled() && healthy_; }
  /// A choice has to look closer: it is unhealthy, or its breaker is not closed.
  bool is_doubtful() const { return !healthy_ || !breaker_.is_closed(); }
  bool enabled() const { return spec_ && spec_->set.enabled; }
  std::uint32_t in_flight_max() const;
  std::uint32_t batch_max() const;

  plugin::spec_ptr spec_;
  std::unique_ptr<plugin::instance> instance_;
  std::uint32_t in_flight_ = 0;   ///< handed over, not completed
  std::uint32_t admitted_ = 0;    ///< accepted for it and not ended, launched or not
  std::uint64_t held_bytes_ = 0;  ///< of the messages that admitted_ counts
  backlog backlog_;
  bool fetching_ = false;  ///< some of its backlog is being read back
  bool healthy_ = true;
  bool dirty_ = false;       ///< on the dispatcher's list of targets to pump
  mono_time start_again_{};  ///< not before this, after a failed start
  std::string trouble_;      ///< why it is not healthy or did not start
  target_stats stats_;
  retry_budget budget_;
  circuit_breaker breaker_;
  mono_time try_unhealthy_at_{};    ///< when the next message tries it although it is unhealthy
  mono_time last_answer_{};         ///< or when it was handed something and had nothing
  bool must_choose_again_ = false;  ///< its breaker opened: what waits may go elsewhere

 private:
  std::array<delivery_list, 4> queues_;
  std::uint32_t picks_ = 0;
};

}  // namespace nip::delivery
