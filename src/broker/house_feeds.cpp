// Durable subscriptions of the whole broker: the line between their thread and the shards.
#include <fmt/format.h>

#include "broker/house.hpp"
#include "broker/house_feeds.hpp"

namespace nip::broker {

void house::feed_line::give_page(const feed_member& to, std::vector<event> page) {
  house_.loops_[to.shard]->post([&one = *house_.shards_[to.shard], to, page = std::move(page)] {
    one.take_page(to.sub, page);
  });
}

void house::feed_line::end_member(const feed_member& who, error why) {
  house_.loops_[who.shard]->post([&one = *house_.shards_[who.shard], who, why = std::move(why)] {
    one.end_subscription(who.sub, why);
  });
}

/// Any shard can journal it; the first one does.
void house::feed_line::keep_cursor(tenant_id tenant, std::string image, bool sync) {
  house_.loops_[0]->post([&one = *house_.shards_[0], tenant, image = std::move(image), sync] {
    one.keep_cursor(tenant, image, sync);
  });
}

void house::feed_line::wake_at(mono_time when) {
  house_.loops_[0]->post([&one = *house_.shards_[0], when] { one.wake_feeds_at(when); });
}

void house::list_subscriptions(unsigned shard, const message::principal& who, respond done) {
  feeds_->describe(who.tenant, [this, shard, done = std::move(done)](json items) mutable {
    answer(shard, done, json{{"items", std::move(items)}});
  });
}

void house::end_subscription(unsigned shard, const message::principal& who, std::string name,
                             respond done) {
  done = recorded(shard, who, "subscription.end", name, std::move(done));
  feeds_->forget(who.tenant, name, [this, shard, name, done = std::move(done)](bool was) mutable {
    if (was) return answer(shard, done, json{{"ended", name}});
    answer(shard, done,
           fail(errc::not_found, fmt::format("there is no durable subscription \"{}\"", name)));
  });
}

}  // namespace nip::broker
