// When each message that is not answered yet was meant to leave, by its ordinal.
#pragma once

#include <cstdint>
#include <vector>

namespace nip::cli::bench {

/// A growing ring: ordinals come in order, answers in any order. One a connection.
class in_flight {
 public:
  /// The next ordinal (1, 2, 3 …) left at `time_ns`.
  void push(std::int64_t time_ns) {
    if (pushed_ - popped_ == times_.size()) grow();
    times_[pushed_++ & (times_.size() - 1)] = time_ns;
    ++open_;
  }

  /// Takes the ordinal out; its time, or -1 when it is unknown or was taken before.
  std::int64_t take(std::uint64_t ordinal) {
    if (ordinal == 0 || ordinal > pushed_ || ordinal <= popped_) return -1;
    auto& slot = times_[(ordinal - 1) & (times_.size() - 1)];
    const std::int64_t time_ns = slot;
    if (time_ns < 0) return -1;
    slot = -1;
    --open_;
    while (popped_ < pushed_ && times_[popped_ & (times_.size() - 1)] < 0) ++popped_;
    return time_ns;
  }

  std::size_t open() const { return open_; }

  /// Calls `each(time_ns)` for all that are still open.
  template <class Each>
  void for_each(Each each) const {
    for (auto i = popped_; i < pushed_; ++i)
      if (const auto time_ns = times_[i & (times_.size() - 1)]; time_ns >= 0) each(time_ns);
  }

 private:
  void grow() {
    std::vector<std::int64_t> wider(times_.size() * 2, -1);
    for (auto i = popped_; i < pushed_; ++i)
      wider[i & (wider.size() - 1)] = times_[i & (times_.size() - 1)];
    times_ = std::move(wider);
  }

  std::vector<std::int64_t> times_ = std::vector<std::int64_t>(64, -1);  // a power of two
  std::uint64_t pushed_ = 0;
  std::uint64_t popped_ = 0;  ///< every ordinal up to here is done
  std::size_t open_ = 0;
};

}  // namespace nip::cli::bench
