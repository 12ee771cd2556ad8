// A queue with a name, two bounds and counters, so that no backlog in the process is unseen.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nip {

struct queue_limits {
  std::size_t items_max = 1024;
  std::size_t bytes_max = SIZE_MAX;  ///< of what push() was told; SIZE_MAX is no bound
};

struct queue_stats {
  std::size_t depth = 0;
  std::size_t bytes = 0;
  std::size_t depth_high_water = 0;
  std::size_t bytes_high_water = 0;
  std::uint64_t pushed = 0;
  std::uint64_t refused = 0;
};

/// First in, first out, on one thread. Its ring grows by doubling up to `items_max`, is never
/// shrunk, and is reused: at a steady depth nothing is allocated. An item may go over `bytes_max`
/// only when the queue is empty, so that one that is larger than the whole bound still gets
/// through.
template <class T>
class bounded_queue {
 public:
  bounded_queue(std::string name, queue_limits limits) : name_(std::move(name)), limits_(limits) {}

  /// False, counted as refused, with `item` untouched, when a bound is reached.
  [[nodiscard]] bool push(T&& item, std::size_t bytes = 0) {
    if (!has_room(bytes)) {
      ++stats_.refused;
      return false;
    }
    if (stats_.depth == ring_.size()) grow();
    slot& free = at(stats_.depth);
    free.item.emplace(std::move(item));
    free.bytes = bytes;
    ++stats_.pushed;
    stats_.depth_high_water = std::max(stats_.depth_high_water, ++stats_.depth);
    stats_.bytes += bytes;
    stats_.bytes_high_water = std::max(stats_.bytes_high_water, stats_.bytes);
    return true;
  }
  [[nodiscard]] bool push(const T& item, std::size_t bytes = 0) { return push(T(item), bytes); }

  bool has_room(std::size_t bytes = 0) const noexcept {
    if (stats_.depth >= limits_.items_max) return false;
    return stats_.depth == 0 ||
           bytes <= limits_.bytes_max - std::min(stats_.bytes, limits_.bytes_max);
  }

  /// The oldest item; the queue is not empty. Valid until the next push or pop.
  T& front() noexcept {
    assert(!empty());
    return *at(0).item;
  }
  /// Takes the oldest item out; the queue is not empty.
  T pop() {
    assert(!empty());
    slot& oldest = at(0);
    T item = std::move(*oldest.item);
    oldest.item.reset();
    stats_.bytes -= oldest.bytes;
    --stats_.depth;
    first_ = first_ + 1 == ring_.size() ? 0 : first_ + 1;
    return item;
  }
  /// Visits the items from the oldest on.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < stats_.depth; ++i) visit(*at(i).item);
  }
  void clear() {
    while (!empty()) pop();
  }

  bool empty() const noexcept { return stats_.depth == 0; }
  std::size_t size() const noexcept { return stats_.depth; }
  std::size_t bytes() const noexcept { return stats_.bytes; }
  const std::string& name() const noexcept { return name_; }
  const queue_limits& limits() const noexcept { return limits_; }
  const queue_stats& stats() const noexcept { return stats_; }

 private:
  struct slot {
    std::optional<T> item;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t first_growth = 16;

  slot& at(std::size_t i) noexcept { return ring_[index(i)]; }
  const slot& at(std::size_t i) const noexcept { return ring_[index(i)]; }
  std::size_t index(std::size_t i) const noexcept {
    const std::size_t behind = first_ + i;
    return behind < ring_.size() ? behind : behind - ring_.size();
  }
  void grow() {
    std::vector<slot> larger(std::min(std::max(ring_.size() * 2, first_growth), limits_.items_max));
    for (std::size_t i = 0; i < stats_.depth; ++i) larger[i] = std::move(at(i));
    ring_ = std::move(larger);
    first_ = 0;
  }

  std::string name_;
  queue_limits limits_;
  std::vector<slot> ring_;
  std::size_t first_ = 0;
  queue_stats stats_;
};

}  // namespace nip
