// The audit trail: entries that each carry the hash of the one before, so that none can be changed
// or taken out unseen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace nip::security {

/// Longer texts of an entry are cut.
constexpr std::size_t audit_text_bytes_max = 1024;

/// One administrative change.
struct audit_event {
  wall_time at;
  std::string_view who;      ///< who asked for it
  std::string_view what;     ///< "rule.put"
  std::string_view object;   ///< what it was done to
  std::string_view outcome;  ///< "done", or why not
};

/// The last entry so far: what the next one is chained to.
struct audit_head {
  std::uint64_t seq = 0;                    ///< 0: no entry yet
  std::string hash = std::string(64, '0');  ///< SHA-256, lower-case hexadecimal
  bool operator==(const audit_head&) const = default;
};

/// Writes entries. One thread at a time.
class audit_chain {
 public:
  explicit audit_chain(audit_head from = {}) : head_(std::move(from)) {}

  /// The next entry as JSON, for a bus::note of kind audit; it is the head from then on.
  std::string add(const audit_event& event);
  const audit_head& head() const { return head_; }

 private:
  audit_head head_;
};

/// What an entry says of its place in the chain; `hash` is that of its bytes. Fails with
/// errc::corrupt when the text is no entry, or its hash is not that of what it says.
struct audit_link {
  audit_head self;
  std::string prev;  ///< hash of the entry before
};
result<audit_link> read_audit_link(std::string_view entry);
/// The same of an entry that is known to be whole: its hash is taken as it says.
result<audit_head> audit_head_of(std::string_view entry);

/// Follows entries in the journal's order and remembers the first that does not fit. One thread.
class audit_check {
 public:
  void see(std::string_view entry);

  /// Entries before the next one may be gone: retention took the segment that they stood in.
  void allow_gap() { gap_ = true; }

  std::uint64_t entries() const { return entries_; }
  /// Why the first entry that does not fit does not; nothing while all fit.
  const std::optional<std::string>& broken() const { return broken_; }

 private:
  std::optional<audit_head> last_;
  std::uint64_t entries_ = 0;
  bool gap_ = false;
  std::optional<std::string> broken_;
};

}  // namespace nip::security
