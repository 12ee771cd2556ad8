// What feeds ask of the house.
#pragma once

#include "broker/house.hpp"

namespace nip::broker {

/// Called on the feeds' thread; posts to shards.
class house::feed_line final : public feed_surroundings {
 public:
  explicit feed_line(house& of) : house_(of) {}

  void give_page(const feed_member& to, std::vector<event> page) override;
  void end_member(const feed_member& who, error why) override;
  void keep_cursor(tenant_id tenant, std::string image, bool sync) override;
  void wake_at(mono_time when) override;

 private:
  house& house_;
};

}  // namespace nip::broker
