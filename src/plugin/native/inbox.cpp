#include "plugin/native/inbox.hpp"

namespace nip::plugin::native {

void inbox::push(std::span<const completion> results) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  for (const completion& result : results) {
    item one;
    one.about = result;
    one.first = filling_.bytes.size();
    one.first_size = result.reply.size();
    one.second_size = result.error.size();
    filling_.bytes.append(result.reply).append(result.error);
    filling_.items.push_back(std::move(one));
  }
  post_locked();
}

bool inbox::push(const emission& what) {
  const std::lock_guard lock(mutex_);
  if (closed_ || filling_.emissions >= emissions_waiting_max) return false;
  ++filling_.emissions;
  item one;
  one.kind = item::emitted;
  one.about.token = what.token;
  one.cause = what.cause;
  one.level = what.level;
  one.first = filling_.bytes.size();
  one.first_size = what.envelope.size();
  filling_.bytes.append(what.envelope);
  filling_.items.push_back(std::move(one));
  post_locked();
  return true;
}

void inbox::push(std::function<void()> then) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  item one;
  one.kind = item::call;
  one.then = std::move(then);
  filling_.items.push_back(std::move(one));
  post_locked();
}

void inbox::close() {
  receiver_ = nullptr;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  filling_ = {};
}

void inbox::post_locked() {
  if (posted_) return;
  posted_ = true;
  loop_.post([self = shared_from_this()] { self->drain(); });
}

void inbox::drain() {
  {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    std::swap(filling_, reading_);
  }
  // A receiver may go away while it is called; nothing that follows is for anybody then.
  for (std::size_t i = 0; i < reading_.items.size() && receiver_ != nullptr; ++i)
    deliver(reading_.items[i]);
  reading_.clear();
}

void inbox::deliver(item& one) {
  const std::string_view text = std::string_view(reading_.bytes).substr(one.first);
  switch (one.kind) {
    case item::result:
      one.about.reply = text.substr(0, one.first_size);
      one.about.error = text.substr(one.first_size, one.second_size);
      return receiver_->on_completion(one.about);
    case item::emitted:
      return receiver_->on_emission({.envelope = text.substr(0, one.first_size),
                                     .cause = one.cause,
                                     .level = one.level,
                                     .token = one.about.token});
    case item::call: {
      const auto then = std::move(one.then);
      return then();
    }
  }
}

void inbox::page::clear() {
  items.clear();
  emissions = 0;
  bytes.clear();
  if (bytes.capacity() > inbox_bytes_kept) bytes.shrink_to_fit();
}

}  // namespace nip::plugin::native
