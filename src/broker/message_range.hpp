// Which stored messages an operation is about: bounds by number or time, and a CEL filter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "bus/records.hpp"
#include "message/codec.hpp"
#include "message/principal.hpp"
#include "router/expressions.hpp"

namespace nip::broker {

/// One end of a range: a tenant's seq, or a time of acceptance; neither: open.
struct range_bound {
  std::optional<std::uint64_t> seq;
  std::optional<wall_time> time;
};

/// Reads "17" or RFC 3339; empty is open. Fails with errc::invalid_argument, naming `name`.
result<range_bound> parse_bound(std::string_view name, const std::string& text);

/// Where a message lies: within a range, before it, or behind everything that can be in it.
enum class placing : std::uint8_t { before, within, behind };

struct message_range {
  range_bound from;  ///< inclusive
  range_bound to;    ///< inclusive

  placing place(tenant_seq_t seq, wall_time accepted_at) const;
  /// No message in the range has a lower number in the journal: a tenant's own numbers never
  /// exceed those of the journal.
  seq_t begin() const { return seq_t(from.seq && *from.seq > 0 ? *from.seq : 1); }
};

/// A CEL filter over stored envelopes. One thread; not to be moved.
class stored_filter {
 public:
  stored_filter(message::codec_limits limits, std::string tenant_name)
      : codec_(limits), tenant_(std::move(tenant_name)) {}

  /// Empty: every message passes. Fails as cel::compile does.
  status use(const std::string& cel);
  /// The envelope, checked again; null when it no longer passes. Good until the next read().
  const message::parsed* read(std::string_view envelope);
  /// What read() gave passes the filter.
  bool passes();
  /// Of what read() gave, for those who route it.
  router::message_input::filled filled() const {
    return {in_.view.id, in_.view.timestamp, tenant_};
  }

 private:
  message::codec codec_;
  std::string tenant_;
  router::expressions expressions_;
  std::optional<router::expressions::handle> filter_;
  std::string text_;
  message::parsed in_;
};

}  // namespace nip::broker
