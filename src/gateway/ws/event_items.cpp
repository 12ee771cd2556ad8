#include "gateway/ws/event_items.hpp"

#include "gateway/text.hpp"

namespace nip::gateway::ws {
namespace {

constexpr std::string_view before_seq = R"({"seq":)";
constexpr std::string_view before_message = R"(,"message":)";

std::size_t digits_of(std::uint64_t value) {
  std::size_t digits = 1;
  while (value >= 10) {
    value /= 10;
    ++digits;
  }
  return digits;
}

bool same(const broker::event& a, const broker::event& b) {
  return a.what.get() == b.what.get() && a.seq == b.seq;
}

}  // namespace

std::size_t event_items::size_of(std::span<const broker::event> items) {
  std::size_t size = items.size() - 1;  // commas
  for (const broker::event& each : items)
    size += before_seq.size() + digits_of(each.seq.value) + before_message.size() +
            each.what->json().size() + 1;
  return size;
}

void event_items::append(std::string& out, std::span<const broker::event> items) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < items.size();) {
    if (i != 0) out += ',';
    const std::size_t first = place_of(items[i], next);
    // As many as lie behind it in the block in the same order.
    next = first + 1;
    for (++i; i < items.size() && next < items_.size() && same(items_[next].of, items[i]); ++i)
      ++next;
    out.append(block_, items_[first].begin, items_[next - 1].end - items_[first].begin);
  }
}

std::size_t event_items::place_of(const broker::event& what, std::size_t guess) {
  if (guess < items_.size() && same(items_[guess].of, what)) return guess;
  const auto found = place_.find(what.what.get());
  if (found != place_.end() && same(items_[found->second].of, what)) return found->second;
  return make(what);
}

std::size_t event_items::make(const broker::event& what) {
  if (block_.size() > block_bytes_max) clear();
  if (!block_.empty()) block_ += ',';
  const std::size_t begin = block_.size();
  block_ += before_seq;
  append_decimal(block_, what.seq.value);
  block_ += before_message;
  block_ += what.what->json();
  block_ += '}';
  items_.push_back({what, begin, block_.size()});
  place_[what.what.get()] = items_.size() - 1;
  ++made_;
  return items_.size() - 1;
}

void event_items::clear() {
  if (items_.empty()) return;
  items_.clear();
  place_.clear();
  block_.clear();
  if (block_.capacity() > block_bytes_max) block_.shrink_to_fit();
}

}  // namespace nip::gateway::ws
