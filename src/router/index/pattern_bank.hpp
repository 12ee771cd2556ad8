// The regular expressions that rules ask of messages: those of one path are searched for together.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/path.hpp"
#include "cel/regex.hpp"
#include "cel/regex_set.hpp"

namespace nip::router {

/// What one set of patterns may hold, and how many sets there are; patterns beyond are asked one by
/// one.
struct pattern_bounds {
  std::size_t patterns_per_set_max = 1024;
  std::size_t sets_max = 32;
  std::int64_t set_bytes_max = std::int64_t{4} << 20;
};

class pattern_answers;

/// Part of a rule_index. Filled by one thread, then read by any, each with pattern_answers of its
/// own.
class pattern_bank {
 public:
  /// Of each set so many patterns are asked one by one for a message before all are searched for: a
  /// rule that is asked alone needs no set.
  static constexpr std::uint32_t alone_first = 3;
  /// Sets that do not fit into their memory are halved down to that.
  static constexpr std::size_t patterns_per_set_min = 8;

  explicit pattern_bank(const pattern_bounds& bounds = {}) : bounds_(bounds) {}

  /// The number of a pattern, which is asked of the text at `path`; dense from 0.
  std::uint32_t add(cel::path_id path, std::string_view pattern);
  void finish();

  /// Whether a part of `text`, the one at the pattern's path in the message that `answers` is at,
  /// is a match. Each pattern is searched for at most once a message.
  bool found_in(std::uint32_t number, std::string_view text, pattern_answers& answers) const;

  /// Of the patterns of a set those that find a part of `text`, the one at their path. Good until
  /// the next call.
  std::span<const std::uint32_t> found_by(std::uint32_t number, std::string_view text,
                                          pattern_answers& answers) const;
  /// The set that a pattern is in; no_set for one that is asked by itself.
  std::uint32_t set_of(std::uint32_t number) const { return patterns_[number].in; }
  cel::path_id path_of(std::uint32_t number) const {
    return patterns_[sets_[number].members[0]].path;
  }

  static constexpr std::uint32_t no_set = UINT32_MAX;

  /// Patterns.
  std::size_t size() const { return patterns_.size(); }
  std::size_t sets() const { return sets_.size(); }
  /// Patterns that are in no set.
  std::size_t alone() const;
  /// How often the patterns of a set were asked one by one because the set had not enough memory.
  std::uint64_t failures() const { return failures_->load(std::memory_order_relaxed); }

 private:
  friend class pattern_answers;

  struct pattern {
    cel::path_id path;
    std::uint32_t in;  // its set, or no_set
    cel::regex by_itself;
    std::string text;  // until finish()
  };
  struct group {
    cel::regex_set search;
    std::vector<std::uint32_t> members;  // by number in `search`
  };
  void make_sets(std::span<const std::uint32_t> members);
  /// False, and counted, when the set has not enough memory.
  bool search(std::uint32_t number, std::string_view text, pattern_answers& answers) const;
  bool is_searched(std::uint32_t number, std::string_view text, pattern_answers& answers) const;

  pattern_bounds bounds_;
  std::vector<pattern> patterns_;
  std::vector<group> sets_;
  std::unique_ptr<std::atomic<std::uint64_t>> failures_ =
      std::make_unique<std::atomic<std::uint64_t>>(0);
};

/// What one thread knows of one message. Sized for one bank.
class pattern_answers {
 public:
  explicit pattern_answers(const pattern_bank& of)
      : known_(of.patterns_.size()), sets_(of.sets_.size()) {}
  /// Forgets what was known: another message.
  void next();

 private:
  friend class pattern_bank;
  struct answer {
    std::uint32_t epoch = 0;
    bool found = false;
  };
  struct progress {
    std::uint32_t epoch = 0;
    std::uint32_t asked = 0;
    bool searched = false;  // what is not known as found is not
  };
  std::uint32_t epoch_ = 1;
  std::vector<answer> known_;  // by pattern
  std::vector<progress> sets_;
  std::vector<int> found_;
  std::vector<std::uint32_t> numbers_;
};

}  // namespace nip::router
