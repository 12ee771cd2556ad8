#include <array>
#include <boost/container/static_vector.hpp>
#include <cassert>
#include <cstring>

#include "message/builder.hpp"
#include "message/codec.hpp"
#include "message/traceparent.hpp"

namespace nip::message {
namespace {

/// Every string of the envelope but `data` and `metadata`, whose text is never decoded.
constexpr std::array<std::string_view fields::*, 14> strings{&fields::id,
                                                             &fields::type,
                                                             &fields::timestamp,
                                                             &fields::source,
                                                             &fields::correlation_id,
                                                             &fields::tenant,
                                                             &fields::ordering_key,
                                                             &fields::traceparent,
                                                             &fields::idempotency_key,
                                                             &fields::topic,
                                                             &fields::reply_to,
                                                             &fields::causation_id,
                                                             &fields::deadline,
                                                             &fields::due};

/// One value put into the text: `erased` bytes at `at` give way to before + value + after.
struct edit {
  std::uint32_t at = 0;
  std::uint32_t erased = 0;
  std::string_view before;
  std::string_view value;
  std::string_view after;
  std::string_view fields::* field = nullptr;

  std::size_t inserted() const noexcept { return before.size() + value.size() + after.size(); }
};

/// What acceptance changes in the text: at most one edit each for id, timestamp and traceparent, in
/// the order of their places.
class edit_list {
 public:
  edit_list(const parsed& envelope, std::string_view id, std::string_view timestamp,
            std::string_view traceparent) {
    const fields& f = envelope.view;
    if (f.id.empty()) add_top(envelope.null_at.id, R"("id":")", id, &fields::id);
    if (f.timestamp.empty())
      add_top(envelope.null_at.timestamp, R"("timestamp":")", timestamp, &fields::timestamp);
    if (f.traceparent.empty() && is_traceparent(traceparent)) add_trace(envelope, traceparent);
  }

  const edit* begin() const noexcept { return edits_.data(); }
  const edit* end() const noexcept { return edits_.data() + edits_.size(); }

  /// True when nothing is put in, or all of it right behind the opening brace: then every field
  /// moves by the same distance.
  bool only_in_front() const noexcept { return edits_.empty() || edits_.back().at == behind_brace; }

  /// By how much the byte at `offset` of the old text moves to the right.
  std::size_t shift(std::size_t offset) const noexcept {
    std::size_t moved = 0;
    for (const edit& e : *this) moved += e.at <= offset ? e.inserted() - e.erased : 0;
    return moved;
  }

 private:
  static constexpr std::uint32_t null_bytes = 4;
  static constexpr std::uint32_t behind_brace = 1;

  void add_top(std::uint32_t null_at, std::string_view key, std::string_view value,
               std::string_view fields::* field) noexcept {
    // The envelope has a type, so a comma always belongs behind what is put in front.
    if (null_at == 0) {
      add({behind_brace, 0, key, value, R"(",)", field});
    } else {
      add({null_at, null_bytes, R"(")", value, R"(")", field});
    }
  }

  void add_trace(const parsed& envelope, std::string_view value) noexcept {
    constexpr auto field = &fields::traceparent;
    const std::string_view metadata = envelope.view.metadata;
    if (envelope.null_at.traceparent != 0) {
      add({envelope.null_at.traceparent, null_bytes, R"(")", value, R"(")", field});
    } else if (envelope.null_at.metadata != 0) {
      add({envelope.null_at.metadata, null_bytes, R"({"traceparent":")", value, R"("})", field});
    } else if (metadata.empty()) {
      add({behind_brace, 0, R"("metadata":{"traceparent":")", value, R"("},)", field});
    } else {
      const auto at = static_cast<std::uint32_t>(metadata.data() - envelope.text.data()) + 1;
      const bool alone = metadata.find_first_not_of(" \t\r\n", 1) == metadata.size() - 1;
      add({at, 0, R"("traceparent":")", value, alone ? R"(")" : R"(",)", field});
    }
  }

  /// Keeps the order; what goes to the same place stays in the order in which it came.
  void add(const edit& added) noexcept {
    auto at = edits_.end();
    while (at != edits_.begin() && std::prev(at)->at > added.at) --at;
    edits_.insert(at, added);
  }

  boost::container::static_vector<edit, 3> edits_;  // not an array: nothing to clear for no edits
};

char* append(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// Writes the canonical text, and points the fields that were put in at it.
void write_text(builder& block, std::string_view text, const edit_list& edits) noexcept {
  char* out = block.text();
  std::size_t copied = 0;
  for (const edit& e : edits) {
    out = append(out, text.substr(copied, e.at - copied));
    out = append(out, e.before);
    block.view().*e.field = {out, e.value.size()};
    out = append(out, e.value);
    out = append(out, e.after);
    copied = e.at + e.erased;
  }
  append(out, text.substr(copied));
}

bool within(std::string_view part, std::string_view whole) noexcept {
  // As numbers, since the two may be unrelated memory.
  return reinterpret_cast<std::uintptr_t>(part.data()) -
             reinterpret_cast<std::uintptr_t>(whole.data()) <
         whole.size();
}

std::size_t decoded_bytes(const parsed& envelope) noexcept {
  if (!envelope.has_decoded) return 0;
  std::size_t total = 0;
  for (const auto field : strings) {
    const std::string_view value = envelope.view.*field;
    if (!within(value, envelope.text)) total += value.size();
  }
  return total;
}

/// Points every field of the new message into its own block.
template <class Moved>
void rebase(builder& block, const parsed& envelope, Moved moved) noexcept {
  fields& to = block.view();
  for (const auto field : strings) {
    const std::string_view value = envelope.view.*field;
    if (value.empty()) continue;
    to.*field = !envelope.has_decoded || within(value, envelope.text)
                    ? std::string_view(moved(value), value.size())
                    : block.add_decoded(value);
  }
  const std::string_view data = envelope.view.data;
  if (!data.empty()) to.data = {moved(data), data.size()};
}

void rebase(builder& block, const parsed& envelope, const edit_list& edits) noexcept {
  const char* const old_text = envelope.text.data();
  if (edits.only_in_front()) {
    const std::size_t shift = edits.shift(1);
    rebase(block, envelope, [to = block.text(), old_text, shift](std::string_view view) {
      return to + (view.data() - old_text) + shift;
    });
  } else {
    rebase(block, envelope, [&](std::string_view view) {
      const auto offset = static_cast<std::size_t>(view.data() - old_text);
      return block.text() + offset + edits.shift(offset);
    });
  }
}

/// The metadata as it stands in the new text; it may have grown by a traceparent, or be made of it.
void place_metadata(builder& block, const parsed& envelope, const edit_list& edits) noexcept {
  fields& f = block.view();
  const std::string_view old = envelope.view.metadata;
  if (!old.empty()) {
    const auto from = static_cast<std::size_t>(old.data() - envelope.text.data());
    const std::size_t end = from + old.size();
    const std::size_t new_from = from + edits.shift(from);
    f.metadata = {block.text() + new_from, end - 1 + edits.shift(end - 1) + 1 - new_from};
    return;
  }
  if (f.traceparent.empty()) return;
  constexpr std::string_view before = R"({"traceparent":")";
  constexpr std::string_view after = R"("})";
  f.metadata = {f.traceparent.data() - before.size(),
                before.size() + f.traceparent.size() + after.size()};
}

}  // namespace

message_ptr make_message(buffer_pool& pool, const parsed& envelope, const acceptance& filled) {
  assert(!envelope.view.id.empty() || !filled.id.empty());
  std::array<char, 24> written;
  std::string_view timestamp = filled.timestamp;
  if (envelope.view.timestamp.empty() && timestamp.empty()) {
    format_rfc3339(filled.now, written.data());
    timestamp = {written.data(), written.size()};
  }
  const edit_list edits(envelope, filled.id, timestamp, filled.traceparent);
  builder block(pool, envelope.text.size() + edits.shift(envelope.text.size()),
                decoded_bytes(envelope));
  const fields& from = envelope.view;
  fields& to = block.view();
  to.urgency = from.urgency;
  to.hops = from.hops;
  to.retry_count = from.retry_count;
  to.mandatory = from.mandatory;
  to.client_id = from.client_id;
  write_text(block, envelope.text, edits);
  rebase(block, envelope, edits);
  place_metadata(block, envelope, edits);
  return block.finish(filled.tenant, filled.now);
}

}  // namespace nip::message
