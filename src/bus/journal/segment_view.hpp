// One segment as readers see it: its file, and where things are in it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "bus/bus.hpp"
#include "bus/journal/catalogue.hpp"
#include "bus/journal/plan_book.hpp"
#include "bus/journal/segment_walker.hpp"

namespace nip::bus::journal {

/// What readers read from; outlives them.
struct reading_source {
  file_system& files;
  std::string directory;
  std::uint64_t journal_id;
  catalogue& segments;
};

/// One thread at a time. Asks the segment's table or its index in memory.
class segment_view {
 public:
  segment_view(const reading_source& from, segment_info info)
      : from_(&from), info_(std::move(info)) {}

  const segment_info& info() const { return info_; }
  const reading_source& source() const { return *from_; }

  // Nothing: neither a sound table nor an index is there, and the segment has to be read. Each
  // fails with errc::io.
  result<std::optional<std::vector<mark>>> marks() const;
  /// Places of messages that may have the id, the last one first.
  result<std::optional<std::vector<place>>> places(std::uint64_t id_hash) const;
  /// The batch that defines a plan.
  std::optional<std::uint64_t> plan_batch(std::uint64_t key) const;

  /// Fails with errc::io, or errc::not_found.
  result<std::unique_ptr<file>> open() const;
  /// The message at a place, with its plan; nothing when there is none that is sound. Its views
  /// live as long as `bytes`. Fails with errc::io.
  result<std::optional<stored_message>> message_at(const file& segment, place at) const;

 private:
  result<std::unique_ptr<file>> open_table() const;

  const reading_source* from_;
  segment_info info_;
};

/// One walk over a part of one segment.
class segment_pass {
 public:
  enum class texts : std::uint8_t {
    all,
    without_plans,  ///< messages come with the key of their plan only
  };
  /// Over batches in [begin, end); both lie between batches.
  segment_pass(const segment_view& of, std::unique_ptr<file> segment, std::uint64_t begin,
               std::uint64_t end, std::size_t ahead_bytes, texts wanted = texts::all);

  /// Visits everything behind the first message that is not below `from`, which is cleared once it
  /// was reached. False when the visitor has had enough. Fails with errc::io.
  result<bool> run(seq_t& from, visitor& visit);

 private:
  result<bool> visit_batch(const walk_step& step, seq_t& from, visitor& visit);
  result<bool> visit_record(const record_view& record, seq_t& from, visitor& visit);
  result<bool> visit_message(const record_view& record, seq_t& from, visitor& visit);

  std::unique_ptr<file> segment_;
  segment_walker walker_;
  plan_book plans_;
  texts wanted_;
};

/// Copies a record's bytes; the views of the copy point into it.
stored_message store_message(const message_record& record);
std::unique_ptr<bus::owned_outcome> store_outcome(const outcome_record& record);

}  // namespace nip::bus::journal
