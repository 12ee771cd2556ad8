#include "bus/journal/outcome_run.hpp"

#include <algorithm>

#include "bus/journal/little_endian.hpp"

namespace nip::bus::journal {
namespace {

// Offsets within a run record, counted behind the record header; the target follows, then a pair
// of variable-length numbers for each outcome but the first: seq step, time step (zigzag).
constexpr std::size_t run_seq_at = 0;
constexpr std::size_t run_time_at = 8;
constexpr std::size_t run_delivery_at = 16;
constexpr std::size_t run_count_at = 18;
constexpr std::size_t run_target_bytes_at = 20;
constexpr std::size_t run_reserved_at = 22;
constexpr std::size_t run_fixed_bytes = 24;

constexpr std::size_t run_outcomes_max = 4096;  // so that one damaged record costs few
constexpr std::size_t varint_bytes_max = 10;

std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

std::byte* put_varint(std::byte* to, std::uint64_t value) noexcept {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<std::byte>(value | 0x80);
  *to++ = static_cast<std::byte>(value);
  return to;
}

/// Takes a number off the front of `from`; nothing when it does not end within it.
std::optional<std::uint64_t> take_varint(byte_span& from) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < from.size() && i < varint_bytes_max; ++i) {
    auto part = std::to_integer<std::uint64_t>(from[i]);
    value |= (part & 0x7F) << (7 * i);
    if (part >= 0x80) continue;
    from = from.subspan(i + 1);
    return value;
  }
  return std::nullopt;
}

bool plain_done(const outcome_record& outcome) noexcept {
  return outcome.kind == outcome_kind::done && outcome.attempt == 1 && outcome.next_at.ns == 0 &&
         outcome.text.empty() && outcome.reply.empty();
}

/// What is left of a run, front first.
struct run_cursor {
  outcome_record next;
  std::size_t left = 0;
  byte_span steps;

  /// Moves on to the following outcome; false when the steps end early.
  bool advance() noexcept {
    if (--left == 0) return steps.empty();
    auto seq_step = take_varint(steps);
    auto time_step = seq_step ? take_varint(steps) : std::nullopt;
    if (!time_step) return false;
    next.seq = seq_t(next.seq.value + *seq_step);
    // Unsigned, so that steps made up by damage wrap around instead of overflowing.
    next.at.ns = static_cast<std::int64_t>(static_cast<std::uint64_t>(next.at.ns) +
                                           static_cast<std::uint64_t>(unzigzag(*time_step)));
    return true;
  }
};

std::optional<run_cursor> open_run(const record_view& record) noexcept {
  if (record.version != record_version || record.fields.size() < run_fixed_bytes)
    return std::nullopt;
  const std::byte* in = record.fields.data();
  const std::size_t target_bytes = load<std::uint16_t>(in + run_target_bytes_at);
  byte_span tail = record.fields.subspan(run_fixed_bytes);
  if (target_bytes > tail.size()) return std::nullopt;
  run_cursor run;
  run.left = load<std::uint16_t>(in + run_count_at);
  if (run.left == 0) return std::nullopt;
  run.next.seq = seq_t(load<std::uint64_t>(in + run_seq_at));
  run.next.at = {load<std::int64_t>(in + run_time_at)};
  run.next.delivery = load<std::uint16_t>(in + run_delivery_at);
  run.next.target = text_of(tail.first(target_bytes));
  run.steps = tail.subspan(target_bytes);
  return run;
}

}  // namespace

std::size_t run_length(std::span<const outcome_record> outcomes) noexcept {
  const outcome_record& first = outcomes.front();
  if (!plain_done(first)) return 1;
  std::size_t count = 1;
  for (; count < outcomes.size() && count < run_outcomes_max; ++count) {
    const outcome_record& next = outcomes[count];
    if (!plain_done(next) || next.delivery != first.delivery || next.target != first.target ||
        next.seq <= outcomes[count - 1].seq)
      break;
  }
  return count;
}

void append_outcome_run(byte_buffer& out, std::span<const outcome_record> outcomes) {
  const outcome_record& first = outcomes.front();
  const std::size_t start = out.size();
  const std::size_t bytes_most = record_header_bytes + run_fixed_bytes + first.target.size() +
                                 (outcomes.size() - 1) * 2 * varint_bytes_max + alignment_bytes;
  std::byte* record = out.extend(bytes_most);
  std::byte* fields = record + record_header_bytes;
  store(fields + run_seq_at, first.seq.value);
  store(fields + run_time_at, first.at.ns);
  store(fields + run_delivery_at, first.delivery);
  store(fields + run_count_at, static_cast<std::uint16_t>(outcomes.size()));
  store(fields + run_target_bytes_at, static_cast<std::uint16_t>(first.target.size()));
  store(fields + run_reserved_at, std::uint16_t{0});
  std::byte* end = fields + run_fixed_bytes;
  if (!first.target.empty()) std::memcpy(end, first.target.data(), first.target.size());
  end += first.target.size();
  for (std::size_t i = 1; i < outcomes.size(); ++i) {
    end = put_varint(end, outcomes[i].seq.value - outcomes[i - 1].seq.value);
    end = put_varint(end, zigzag(outcomes[i].at.ns - outcomes[i - 1].at.ns));
  }
  const auto used = static_cast<std::size_t>(end - record);
  finish_record(record, record_kind::outcome_run, 0, used);
  out.resize_down(start + aligned(used));
}

void append_outcomes(byte_buffer& out, std::span<const outcome_record> outcomes) {
  while (!outcomes.empty()) {
    const std::size_t run = run_length(outcomes);
    if (run == 1) {
      append_outcome(out, outcomes.front());
    } else {
      append_outcome_run(out, outcomes.first(run));
    }
    outcomes = outcomes.subspan(run);
  }
}

std::optional<seq_bounds> outcome_bounds(const record_view& record) noexcept {
  if (record.kind == record_kind::outcome) {
    const auto outcome = decode_outcome(record);
    if (!outcome) return std::nullopt;
    return seq_bounds{outcome->seq, outcome->seq};
  }
  auto run = record.kind == record_kind::outcome_run ? open_run(record) : std::nullopt;
  if (!run) return std::nullopt;
  seq_bounds bounds{run->next.seq, run->next.seq};
  while (run->left != 0) {
    bounds.first = std::min(bounds.first, run->next.seq);
    bounds.last = std::max(bounds.last, run->next.seq);
    if (!run->advance()) return std::nullopt;
  }
  return bounds;
}

bool visit_outcomes(const record_view& record,
                    const std::function<bool(const outcome_record&)>& visit) {
  if (record.kind == record_kind::outcome) {
    auto outcome = decode_outcome(record);
    return outcome && visit(*outcome);
  }
  if (!sound_outcomes(record)) return false;
  auto run = open_run(record);
  do {
    if (!visit(run->next)) return false;
  } while (run->advance() && run->left != 0);
  return true;
}

bool sound_outcomes(const record_view& record) noexcept {
  if (record.kind == record_kind::outcome) return decode_outcome(record).has_value();
  auto run = record.kind == record_kind::outcome_run ? open_run(record) : std::nullopt;
  while (run && run->left != 0)
    if (!run->advance()) return false;
  return run.has_value();
}

}  // namespace nip::bus::journal
