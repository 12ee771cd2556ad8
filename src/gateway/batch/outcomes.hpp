// What became of the entries of a batch, in their order, while they are still coming.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace nip::gateway::batch {

/// One a batch, one thread. Keeps the text of the answer (at most limits::batch_entries_max
/// outcomes, each of some hundred bytes) and the size of each entry whose turn has not come.
class outcomes {
 public:
  /// Another entry, of so many bytes; returns its number, from 0.
  std::uint64_t open(std::size_t bytes);
  /// Its outcome, a JSON object; a second one, or one of an entry that is not open, falls away.
  void settle(std::uint64_t entry, std::string_view json, bool refused);
  /// The batch is given up at its next entry.
  void stop() { stopped_at_ = opened_; }
  /// No entry follows.
  void end() { over_ = true; }

  std::uint64_t opened() const { return opened_; }
  std::uint64_t refused() const { return refused_; }
  /// Entries, and their bytes, from the first without outcome on.
  std::size_t waiting() const { return sizes_.size(); }
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  /// Every entry has its outcome, and none follows.
  bool complete() const { return over_ && sizes_.empty(); }
  bool stopped() const { return stopped_at_.has_value(); }
  /// The body of the answer; for a complete one.
  std::string text() const;

 private:
  void tell(std::string_view json, bool refused);

  std::string told_text_;  ///< outcomes in order, each with a comma behind
  std::uint64_t told_ = 0;
  std::uint64_t opened_ = 0;
  std::uint64_t refused_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::deque<std::size_t> sizes_;
  /// Outcomes that came before their turn: at most the window of the batch.
  std::map<std::uint64_t, std::pair<std::string, bool>> early_;
  std::optional<std::uint64_t> stopped_at_;
  bool over_ = false;
};

}  // namespace nip::gateway::batch
