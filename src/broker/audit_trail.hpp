// The audit trail of the broker: who changed what, as a chain of entries in the journal.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "broker/administration.hpp"
#include "broker/ledger.hpp"
#include "observability/metrics.hpp"
#include "security/audit_chain.hpp"

namespace nip::broker {

/// Thread-safe. Entries are chained in the order in which they are recorded.
class audit_trail {
 public:
  /// Entries that are shown without reading the journal; older ones are forgotten here.
  static constexpr std::size_t entries_max = ledger::audit_entries_max;
  /// Of entries that no client asked for.
  static constexpr std::string_view by_signal = "signal", by_folder = "plugin folder";

  /// Hears that an entry is synced; or, with false, that the journal has no room for it now.
  using on_kept = std::function<void(bool synced)>;
  /// `keep` takes an entry's text to the journal; called in order, possibly from any thread. It
  /// calls what it was given once, unless that is empty.
  using keeps = std::function<void(std::string, on_kept)>;
  audit_trail(const clock_source& clock, const logger& log, keeps keep)
      : clock_(clock), log_(log), keep_(std::move(keep)) {}

  /// Goes on behind the entries of before the restart, oldest first. Before the first record().
  void go_on_from(std::vector<std::string> entries);

  /// One change that was asked for, and what came of it: nothing, or why not.
  void record(std::string_view who, std::string_view what, std::string_view object,
              const error* refused = nullptr, on_kept then = {});

  /// Newest first: {"items": [entry], "next": cursor?}. Fails with errc::invalid_argument.
  result<nlohmann::json> list(const page& which) const;

  std::uint64_t recorded() const { return recorded_.value(); }

 private:
  void remember(std::string entry);

  const clock_source& clock_;
  const logger log_;
  const keeps keep_;
  mutable std::mutex lock_;
  security::audit_chain chain_;
  std::deque<std::string> newest_;
  observability::counter recorded_;
};

}  // namespace nip::broker
