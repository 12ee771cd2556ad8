#include "gateway/http/exchange.hpp"

#include <algorithm>
#include <cstring>

namespace nip::gateway::http {
namespace {

/// Capacity of a string that a pooled exchange may keep; a larger one is freed.
constexpr std::size_t kept_bytes_max = 4096;

void empty_out(std::string& text) {
  if (text.capacity() > kept_bytes_max) std::string().swap(text);
  text.clear();
}

}  // namespace

void request_id::assign(std::string_view text) {
  size_ = static_cast<std::uint8_t>(std::min(text.size(), size_max));
  std::memcpy(text_, text.data(), size_);
}

void exchange::reset() {
  next = nullptr;
  verb = method::other;
  ready = close_after = head_only = counted = false;
  wants_reply = wants_event = names_level = duplicate = false;
  status = 0;
  wait = {};
  seq = generation = 0;
  id.clear();
  log_line.clear();
  empty_out(response);
  accepted_id.clear();
  batch.reset();
}

std::unique_ptr<exchange> exchange_pool::take() {
  if (free_.empty()) return std::make_unique<exchange>();
  auto taken = std::move(free_.back());
  free_.pop_back();
  return taken;
}

void exchange_pool::give_back(std::unique_ptr<exchange> what) {
  if (free_.size() >= kept_max) return;
  what->reset();
  free_.push_back(std::move(what));
}

exchange& exchange_queue::push(std::uint64_t ordinal) {
  exchange* added = pool_->take().release();
  added->ordinal = ordinal;
  (head_ == nullptr ? head_ : tail_->next) = added;
  tail_ = added;
  ++size_;
  return *added;
}

exchange* exchange_queue::find(std::uint64_t ordinal) {
  exchange* at = head_;
  while (at != nullptr && at->ordinal != ordinal) at = at->next;
  return at;
}

void exchange_queue::pop() {
  std::unique_ptr<exchange> gone(head_);
  head_ = head_->next;
  if (head_ == nullptr) tail_ = nullptr;
  --size_;
  pool_->give_back(std::move(gone));
}

void exchange_queue::clear() {
  while (!empty()) pop();
}

}  // namespace nip::gateway::http
