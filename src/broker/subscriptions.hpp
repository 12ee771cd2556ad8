// The live subscriptions of one shard: who hears of which message, within credit and buffer.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/client.hpp"
#include "broker/options.hpp"
#include "message/codec.hpp"
#include "observability/metrics.hpp"
#include "router/expressions.hpp"
#include "router/plan.hpp"

namespace nip::broker {

/// A message that has become visible, and the plan that names its topics.
struct sighting {
  message::message_ptr what;
  router::plan_ptr plan;
  tenant_seq_t seq;
};

/// Hears what became of the events of lossless subscriptions.
class feed_listener {
 public:
  virtual ~feed_listener() = default;
  virtual void on_passed_on(subscription_id which, std::uint64_t events) = 0;
  virtual void on_left(subscription_id which) = 0;
};

/// One a shard, one thread. Equal filters are evaluated once a message. Lossless subscriptions are
/// not offered what comes: they are given pages of what a feed read from the journal.
class subscriptions {
 public:
  subscriptions(const options& chosen, message::codec& parser, feed_listener& feeds)
      : chosen_(chosen), codec_(parser), feeds_(feeds) {}

  /// Fails with errc::invalid_argument (topic pattern), errc::parse or errc::invalid_argument
  /// (filter), errc::exhausted (too many).
  result<subscription_id> add(const subscription& wish);
  /// Fails with errc::not_found.
  status remove(subscription_id which);
  status add_credit(subscription_id which, std::uint64_t events);
  /// Ends all of one session; costs what that one has, however many others there are.
  void forget(const caller& session);
  std::size_t size() const { return live_.size(); }
  /// Those that are offered what comes.
  std::size_t listening() const { return listening_; }
  /// A subscription that is lossless; an error otherwise: errc::not_found, errc::invalid_argument.
  status check_lossless(subscription_id which) const;
  /// Events of a lossless one; ignored when it is gone.
  void take_page(subscription_id which, std::vector<event> page);
  /// Its feed has ended it.
  void end(subscription_id which, client& to, const error& why);
  /// Of filters, since they were last weeded out.
  std::uint64_t evaluations() const { return filters_->evaluations(); }
  /// Compiled filters, those of ended subscriptions too until they are weeded out.
  std::size_t filters() const { return filters_->size(); }
  /// So many compiled filters are kept without a look at who still uses them.
  static constexpr std::size_t filters_kept = 1024;

  /// Puts a message into the buffers of those that want it.
  void offer(const sighting& seen);
  /// Hands over what buffers hold, as far as credit goes.
  void flush(client& to, observability::counter& given, observability::counter& missed);

 private:
  struct live {
    subscription_id id;
    subscription wish;
    tenant_id tenant;
    std::optional<router::expressions::handle> filter;
    std::uint64_t credit = 0;
    std::uint64_t missed = 0;
    std::deque<event> buffer;
    bool lossless = false;
    bool dirty = false;
  };

  void weed_filters();
  bool wants(live& one, const sighting& seen);
  bool parse(const sighting& seen);
  void keep(live& one, const sighting& seen);
  void mark_dirty(live& one);
  bool flush(live& one, client& to, observability::counter& given, observability::counter& missed);

  const options& chosen_;
  message::codec& codec_;
  feed_listener& feeds_;
  std::size_t listening_ = 0;
  std::unique_ptr<router::expressions> filters_ = std::make_unique<router::expressions>();
  std::map<subscription_id, live> live_;
  std::unordered_map<std::uint64_t, std::vector<subscription_id>> of_session_;
  std::vector<live*> dirty_;
  std::vector<event> batch_;
  std::string text_;
  std::uint64_t last_ = 0;
  message::parsed parsed_;
  const message::message* bound_ = nullptr;
};

}  // namespace nip::broker
