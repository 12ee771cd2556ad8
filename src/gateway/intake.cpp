#include "gateway/intake.hpp"

#include <algorithm>
#include <cstring>

#include "message/message.hpp"

namespace nip::gateway {
namespace {

constexpr std::size_t padding = message::message::padding;
constexpr std::size_t step_bytes = 64 << 10;    ///< a string grows by this when the end is unknown
constexpr std::size_t kept_capacity_max = 512;  ///< of a string at rest

}  // namespace

receive_buffer::receive_buffer() : storage_(size + padding) {}

std::span<char> intake::room(receive_buffer& shared, std::size_t needed) {
  held_ = carry_.size();
  const auto buffer = shared.bytes();
  if (needed <= buffer.size() && held_ <= buffer.size() / 2) {
    base_ = buffer.data();
    std::memcpy(base_, carry_.data(), held_);
    return buffer.subspan(held_);
  }
  base_ = nullptr;
  const std::size_t more =
      needed > held_ ? std::min(needed - held_, receive_buffer::size) : step_bytes;
  if (needed > held_) carry_.reserve(needed + padding);
  carry_.resize(held_ + more + padding);
  return {carry_.data() + held_, more};
}

std::span<char> intake::gather(std::size_t received) {
  if (base_ != nullptr) return {base_, held_ + received};
  // The room may not be filled: the rest of it is padding enough.
  return {carry_.data(), held_ + received};
}

std::span<char> intake::carried() {
  base_ = nullptr;
  held_ = carry_.size();
  carry_.resize(held_ + padding);
  return {carry_.data(), held_};
}

void intake::keep(std::span<const char> rest) {
  if (base_ != nullptr) {
    carry_.assign(rest.data(), rest.size());
  } else if (!rest.empty()) {
    carry_.erase(0, static_cast<std::size_t>(rest.data() - carry_.data()));
    carry_.resize(rest.size());
  } else {
    carry_.clear();
  }
  if (carry_.empty() && carry_.capacity() > kept_capacity_max) std::string().swap(carry_);
}

}  // namespace nip::gateway
