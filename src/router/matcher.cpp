#include "router/matcher.hpp"

#include <xxhash.h>

#include <algorithm>
#include <set>

#include "cel/write.hpp"

namespace nip::router {

void matcher::use(ruleset_ptr rules, generation_id generation) {
  plans_.clear();
  last_plan_.reset();
  const bool fresh = !rules_ || !rules_->shares_base(*rules);
  rules_ = std::move(rules);
  generation_ = generation;
  changed_inputs_.clear();
  for (const auto& each : rules_->delta().in_force())
    changed_inputs_.emplace_back(each.rule->paths, each.rule->message_path);
  if (!fresh) return;
  input_.emplace(rules_->paths(), rules_->message_path());
  state_.reset();
  if (const auto* index = rules_->index()) state_.emplace(*index);
}

plan_ptr matcher::route(const message::parsed& in, const message_input::filled& filled) {
  fire(in, filled);
  return plan_of_fired();
}

void matcher::fire(const message::parsed& in, const message_input::filled& filled) {
  fired_.clear();
  memory_.reset();
  input_->bind(in, filled);
  bound_ = &in;
  bound_filled_ = filled;
  if (const auto* index = rules_->index())
    ask_index(*index);
  else
    try_each();
}

bool matcher::is_true(const cel::program& when, message_input& in) {
  const auto value = when.evaluate(in, memory_);
  if (value.is_error()) errors_.add(1);
  return value.is_true();
}

void matcher::try_each() {
  const auto all = rules_->rules();
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (!is_true(*all[i].when, *input_)) continue;
    fired_.push_back(i);
    if (all[i].what.stop) return;
  }
}

void matcher::ask_index(const rule_index& index) {
  index.match(*input_, *state_);
  changed_next_ = 0;
  bool open = true;
  const auto all = rules_->rules();
  state_->fired.take_all([&](std::uint32_t position) {
    open = try_changed(position);
    if (!open || rules_->delta().hides(position)) return open;
    const auto& one = all[position];
    if (one.when) {
      rules_->count_run(one);
      if (!is_true(*one.when, *input_)) return true;
    }
    fired_.push_back(position);
    open = !one.what.stop;
    return open;
  });
  if (open) try_changed(rule_delta::none);
}

message_input& matcher::input_of_changed(std::size_t which) {
  auto& in = changed_inputs_[which];
  in.bind(*bound_, bound_filled_);
  return in;
}

bool matcher::try_changed(std::uint32_t position) {
  const auto all = rules_->delta().in_force();
  while (changed_next_ < all.size() && all[changed_next_].before <= position) {
    const auto which = changed_next_++;
    const auto& one = all[which].rule->rule;
    rules_->count_run(one);
    if (!is_true(*one.when, input_of_changed(which))) continue;
    fired_.push_back(rules_->delta_begin() + static_cast<std::uint32_t>(which));
    if (one.what.stop) return false;
  }
  return true;
}

std::vector<std::uint32_t> matcher::near(const message::parsed& in,
                                         const message_input::filled& filled, std::size_t max) {
  std::vector<std::uint32_t> out;
  const auto* index = rules_->index();
  if (index == nullptr) return out;
  memory_.reset();
  input_->bind(in, filled);
  bound_ = &in;
  bound_filled_ = filled;
  index->match_near(*input_, *state_, max, out);
  // What the index leaves to a program and the program refuses is near as well.
  state_->fired.take_all([&](std::uint32_t position) {
    const auto& one = rules_->rules()[position];
    if (one.when && !one.when->matches(*input_, memory_)) out.push_back(position);
    return out.size() < max;
  });
  std::erase_if(out, [&](std::uint32_t position) { return rules_->delta().hides(position); });
  // The delta is small: all of it is near.
  for (std::size_t i = 0; i < changed_inputs_.size() && out.size() < max; ++i)
    if (!rules_->delta().in_force()[i].rule->rule.when->matches(input_of_changed(i), memory_))
      out.push_back(rules_->delta_begin() + static_cast<std::uint32_t>(i));
  return out;
}

plan_ptr matcher::plan_of_fired() {
  if (last_plan_ && fired_ == last_fired_) return last_plan_;
  last_plan_ = look_up_plan();
  last_fired_ = fired_;
  return last_plan_;
}

plan_ptr matcher::look_up_plan() {
  const auto key = XXH3_64bits(fired_.data(), fired_.size() * sizeof(fired_[0]));
  const auto known = plans_.find(key);
  if (known != plans_.end() && known->second.first == fired_) return known->second.second;
  std::vector<std::string> topics;
  auto deliveries = deliveries_of_fired(topics);
  plan_ptr made(
      new plan(generation_, std::move(deliveries), std::move(topics), {}, floor_of_fired()));
  if (plans_.size() >= plans_max) plans_.clear();
  plans_.insert_or_assign(key, std::pair(fired_, made));
  return made;
}

std::vector<planned_delivery> matcher::deliveries_of_fired(std::vector<std::string>& topics) const {
  std::vector<planned_delivery> out;
  // Targets that an earlier rule delivers to for certain; a later rule does not deliver there
  // again.
  std::set<std::string, std::less<>> taken;
  for (const auto position : fired_) {
    const auto& from = rules_->rules()[position].what;
    planned_delivery one;
    one.rule = from.id;
    one.how = from.how;
    one.retry = from.retry;
    one.timeout = from.timeout;
    one.order = from.order;
    one.drop_expired = from.drop_expired;
    one.gather = from.gather;
    std::uint16_t slot = 0;
    for (const auto& each : from.to) {
      if (each.topic) {
        if (std::ranges::find(topics, each.name) == topics.end()) topics.push_back(each.name);
        continue;
      }
      const auto here = slot++;
      if (from.how != strategy::chain && taken.contains(each.name)) continue;
      one.targets.push_back(each);
      if (from.how != strategy::all) continue;
      one.slot = here;
      taken.insert(each.name);
      out.push_back(one);
      one.targets.clear();
    }
    if (one.targets.empty()) continue;
    one.slot = 0;
    if (from.how == strategy::chain || one.targets.size() == 1)
      for (const auto& each : one.targets) taken.insert(each.name);
    out.push_back(std::move(one));
  }
  return out;
}

std::span<const std::uint64_t> matcher::order_keys(const plan& of, const message::parsed& in,
                                                   const message_input::filled& filled) {
  keys_.clear();
  if (!of.ordered()) return keys_;
  order_.bind(in, filled);
  for (const auto& each : of.deliveries()) keys_.push_back(order_key(each));
  return keys_;
}

std::uint64_t matcher::order_key(const planned_delivery& of) {
  if (of.order.empty()) return 0;
  const auto number = order_.add(of.order);
  if (!number) return 0;
  const auto& value = order_.value(*number);
  if (value.is_error()) {
    errors_.add(1);
    return 0;
  }
  // Equal keys of different types are different: 1 and "1" are written differently.
  std::string text;
  cel::append_json(text, value);
  text += '\n';
  text += of.how == strategy::all ? of.targets.front().name : "rule " + of.rule;
  const auto hashed = XXH3_64bits(text.data(), text.size());
  return hashed == 0 ? 1 : hashed;
}

std::optional<message::ack_level> matcher::floor_of_fired() const {
  std::optional<message::ack_level> highest;
  for (const auto position : fired_)
    if (const auto& ack = rules_->rules()[position].what.ack)
      highest = std::max(highest.value_or(*ack), *ack);
  return highest;
}

}  // namespace nip::router
