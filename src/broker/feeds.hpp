// The subscriptions that read the journal: durable ones by name, and those that begin in the past.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/executor.hpp"
#include "base/log.hpp"
#include "broker/feed.hpp"
#include "broker/options.hpp"
#include "bus/bus.hpp"
#include "message/codec.hpp"
#include "router/expressions.hpp"
#include "router/plan.hpp"

namespace nip::broker {

/// What feeds need of the house. Called on the feeds' thread.
class feed_surroundings {
 public:
  virtual ~feed_surroundings() = default;
  /// Hands events to a member's shard.
  virtual void give_page(const feed_member& to, std::vector<event> page) = 0;
  /// The member's wish cannot be met; it hears why and is gone.
  virtual void end_member(const feed_member& who, error why) = 0;
  /// Journals a cursor.
  virtual void keep_cursor(tenant_id tenant, std::string image, bool sync) = 0;
  /// Calls feeds::look_at_clock() once at `when`, or later when asked again; never() cancels.
  virtual void wake_at(mono_time when) = 0;
};

/// One a process. Everything runs on one executor, the feeds' own, which reads the journal; the
/// calls marked [any] post there. What is not journaled (level memory) is not seen here.
class feeds {
 public:
  struct parts {
    bus::bus& events;
    clock_source& clock;
    executor& own;
    const options& chosen;
    feed_surroundings& around;
    logger log;
  };
  explicit feeds(const parts& from);

  /// [before the executor runs] A cursor that the journal has.
  status restore(tenant_id tenant, std::string_view image);

  // [any]
  void join(feed_member who, feed::definition what, feed_start start);
  void leave(feed_member who);
  void taken(feed_member who, std::uint64_t count);
  void acknowledge(feed_member who, std::vector<tenant_seq_t> seqs);
  void acknowledge_up_to(feed_member who, tenant_seq_t last);
  void reject(feed_member who, tenant_seq_t seq, nanoseconds delay);
  /// More of the journal is durable.
  void wake();
  /// True when wake() has somebody to wake.
  bool anyone() const { return members_count_.load(std::memory_order_relaxed) > 0; }
  void look_at_clock();
  /// Writes the cursors that have moved; `done` is called on the feeds' thread.
  void save(std::function<void()> done);
  /// All named ones, as JSON for people; and the end of one: false when there is none.
  void describe(tenant_id tenant, std::function<void(nlohmann::json)> done);
  void forget(tenant_id tenant, std::string name, std::function<void(bool)> done);

 private:
  /// A feed with the program of its filter.
  struct running {
    explicit running(feed with) : state(std::move(with)) {}
    feed state;
    /// Its own, so that they go with it: clients come and go with filters of their own.
    router::expressions filters;
    std::optional<router::expressions::handle> filter;
    tenant_seq_t not_below;  ///< a start by the tenant's seq
    wall_time not_before;    ///< a start by time
  };
  class reader;
  using key = std::pair<std::uint32_t, std::string>;  // tenant, name

  feed::bounds bounds() const;
  running* running_of(feed_member who);
  status begin(running& one, const feed_start& start);
  void read(running& one);
  void read_all();
  void hand_over(running& one);
  void note_moved(running& one);
  void write_cursors();
  void plan_alarm();
  router::plan_ptr plan_of(const bus::message_record& record);

  const parts at_;
  buffer_pool pool_;
  message::codec codec_;
  std::string text_;
  std::map<key, std::unique_ptr<running>> named_;
  std::vector<std::unique_ptr<running>> unnamed_;
  std::map<feed_member, running*> members_;
  std::map<std::uint64_t, router::plan_ptr> plans_;
  std::vector<running*> moved_;
  mono_time write_due_ = mono_time::never();
  mono_time alarm_ = mono_time::never();
  std::atomic<bool> woken_{false};
  std::atomic<std::size_t> members_count_{0};
  bool adopted_ = false;
};

}  // namespace nip::broker
