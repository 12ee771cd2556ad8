#include "message/message.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "message/builder.hpp"

namespace nip::message {

std::size_t message::footprint() const noexcept { return buffer_pool::footprint(this); }

wall_time message::wanted_at() const {
  if (fields_.due.empty()) return accepted_at_;
  auto at = accepted_at_;
  if (const auto delay = parse_duration(fields_.due)) at = accepted_at_ + *delay;
  if (const auto time = parse_rfc3339(fields_.due)) at = *time;
  return std::max(at, accepted_at_);
}

void message::destroy(const message* m) noexcept {
  m->~message();
  buffer_pool::release(const_cast<message*>(m));
}

builder::builder(buffer_pool& pool, std::size_t text_bytes, std::size_t decoded_bytes) {
  void* const block =
      pool.allocate(sizeof(message) + text_bytes + decoded_bytes + message::padding);
  message_ = new (block) message();
  text_ = static_cast<char*>(block) + sizeof(message);
  decoded_end_ = text_ + text_bytes;
  message_->text_ = text_;
  message_->size_ = static_cast<std::uint32_t>(text_bytes);
  std::memset(decoded_end_ + decoded_bytes, 0, message::padding);
}

builder::~builder() {
  if (message_ != nullptr) message::destroy(message_);
}

std::string_view builder::add_decoded(std::string_view decoded) noexcept {
  std::memcpy(decoded_end_, decoded.data(), decoded.size());
  const std::string_view copy(decoded_end_, decoded.size());
  decoded_end_ += decoded.size();
  return copy;
}

message_ptr builder::finish(tenant_id tenant, wall_time accepted_at) noexcept {
  message_->tenant_ = tenant;
  message_->accepted_at_ = accepted_at;
  return message_ptr(std::exchange(message_, nullptr));
}

}  // namespace nip::message
