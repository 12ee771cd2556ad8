// The immutable message: one reference-counted block, the fields are views into it.
#pragma once

#include <atomic>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <string_view>

#include "base/buffer_pool.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "message/levels.hpp"

namespace nip::message {

/// The fields of a message as views into its JSON text. Strings hold the raw text between the
/// quotes with escapes still in place only where `escaped` says so; see text().
struct fields {
  std::string_view id;
  std::string_view type;
  std::string_view timestamp;
  std::string_view source;
  std::string_view correlation_id;
  std::string_view data;      ///< raw JSON value; empty when absent
  std::string_view metadata;  ///< raw JSON object; empty when absent

  // Out of metadata; empty when absent.
  std::string_view tenant;
  std::string_view ordering_key;
  std::string_view traceparent;
  std::string_view idempotency_key;
  std::string_view topic;
  std::string_view reply_to;
  std::string_view causation_id;
  std::string_view deadline;  ///< RFC 3339 or a duration, as it came
  std::string_view due;       ///< `deliver_at` (RFC 3339) or `delay` (a duration), as it came

  priority urgency = priority::normal;
  std::uint16_t hops = 0;  ///< how many plugins emitted their way here
  std::uint32_t retry_count = 0;
  bool mandatory = false;  ///< refuse when no rule matches
  bool client_id = false;  ///< the client gave the id itself
};

class message;
using message_ptr = boost::intrusive_ptr<const message>;

/// Lives as long as a message_ptr points to it; any thread may hold one. Made by a builder only.
class message {
 public:
  const fields& view() const noexcept { return fields_; }
  /// The canonical JSON text: what came in, with `id` and `timestamp` filled in. Followed by at
  /// least `padding` readable bytes, so that a parser may run on it in place.
  std::string_view json() const noexcept { return {text_, size_}; }
  wall_time accepted_at() const noexcept { return accepted_at_; }
  /// When it may be delivered at the earliest: its acceptance, or the later time that `deliver_at`
  /// or `delay` asks for. Time-outs and deadlines that are durations count from then.
  wall_time wanted_at() const;
  tenant_id tenant() const noexcept { return tenant_; }
  /// Bytes that this message holds of the memory budget.
  std::size_t footprint() const noexcept;

  static constexpr std::size_t padding = 64;

 private:
  friend class builder;
  friend void intrusive_ptr_add_ref(const message* m) noexcept {
    m->references_.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(const message* m) noexcept {
    if (m->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(m);
  }
  message() = default;
  static void destroy(const message* m) noexcept;

  mutable std::atomic<std::uint32_t> references_{0};
  std::uint32_t size_ = 0;
  tenant_id tenant_;
  wall_time accepted_at_;
  const char* text_ = nullptr;
  fields fields_;
};

}  // namespace nip::message
