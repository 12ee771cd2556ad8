#include "gateway/outbox.hpp"

#include <utility>

namespace nip::gateway {

std::unique_ptr<std::string> buffer_shelf::take() {
  if (shelf_.empty()) return std::make_unique<std::string>();
  auto buffer = std::move(shelf_.back());
  shelf_.pop_back();
  return buffer;
}

void buffer_shelf::give_back(std::unique_ptr<std::string> buffer) {
  if (shelf_.size() >= kept_max || buffer->capacity() > kept_bytes_max) return;
  buffer->clear();
  shelf_.push_back(std::move(buffer));
}

outbox::~outbox() {
  if (buffer_) shelf_->give_back(std::move(buffer_));
}

void outbox::sent(std::size_t bytes) {
  sent_ += bytes;
  if (!buffer_) return;
  if (sent_ == buffer_->size()) {
    shelf_->give_back(std::move(buffer_));
    sent_ = 0;
    return;
  }
  // A slow peer must not make the buffer grow at its end for ever: what is gone is cut off once it
  // is the larger half, so that each byte is moved at most once.
  if (sent_ > buffer_->size() / 2) {
    buffer_->erase(0, sent_);
    sent_ = 0;
  }
}

}  // namespace nip::gateway
