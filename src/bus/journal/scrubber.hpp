// Reads sealed segments again, a little at a time, so that damage is found before it is needed.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "bus/bus.hpp"
#include "bus/journal/batch_census.hpp"
#include "bus/journal/segment_view.hpp"

namespace nip::bus::journal {

/// Owned by the keeper, and used on its thread but where said. Opening reads what stands behind
/// the checkpoint; this reads the rest, every checksum of it, at a bounded rate.
class scrubber {
 public:
  using damage = recovery_report::damage;
  struct settings {
    std::uint64_t bytes_per_second = 0;  ///< 0: nothing is read
    nanoseconds interval{};              ///< from one reading of a segment to the next
    clock_source* clock = nullptr;
  };
  /// `known` was found before, and is not told again.
  scrubber(const reading_source& from, settings how, std::vector<damage> known);
  ~scrubber();

  /// How long there is nothing to do here.
  nanoseconds patience() const;
  /// Reads a piece when one is due; the next one is due when as much may be read again. What is
  /// damaged is copied to quarantine/, marked in the catalogue, and told. True when some was found
  /// that was not known. Fails with errc::io or errc::storage_full: the segment is begun anew.
  result<bool> slice();

  /// [any thread] Who hears of damage, what was found before too; called on the keeper's thread or
  /// in this call.
  void on_damage(std::function<void(const damage&)> hears);
  // [any thread] Since start:
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t segments() const noexcept { return segments_.load(std::memory_order_relaxed); }
  /// [any thread] Damaged ranges known, those that opening found among them.
  std::uint64_t damages() const noexcept { return damages_.load(std::memory_order_relaxed); }

 private:
  struct reading;

  status begin();
  void read(std::vector<damage>& found);
  bool is_current() const;
  void finish();
  void look_at(const walk_step& step, std::vector<damage>& found);
  void add(std::uint64_t begin, std::uint64_t end, std::string reason, std::vector<damage>& found);
  bool is_known(const damage& one) const;
  status report(std::vector<damage> found);

  const reading_source& from_;
  const settings how_;
  std::vector<damage> known_;
  std::unique_ptr<reading> now_;                // the segment at hand
  std::map<std::uint64_t, mono_time> read_at_;  // when segments were read last
  mono_time next_;                              // slice
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> segments_{0};
  std::atomic<std::uint64_t> damages_{0};
  std::mutex mutex_;
  std::function<void(const damage&)> hears_;
  std::vector<damage> untold_;  // until somebody hears
};

}  // namespace nip::bus::journal
