// Runs of `done` outcomes: about two bytes each where a record of its own takes 64.
#pragma once

#include <functional>
#include <span>

#include "bus/journal/record.hpp"

namespace nip::bus::journal {

/// Outcomes at the start of `outcomes` that can be stored as one run record: `done` at the first
/// attempt, same target and delivery, rising seq, without text or reply. At least 1.
std::size_t run_length(std::span<const outcome_record> outcomes) noexcept;

/// Appends the outcomes, which run_length() has counted, as one run record.
void append_outcome_run(byte_buffer& out, std::span<const outcome_record> outcomes);

/// Appends any outcomes, in order, as runs where they can be.
void append_outcomes(byte_buffer& out, std::span<const outcome_record> outcomes);

/// Calls `visit` for each outcome of an outcome or a run record, in order, until it says false.
/// False when it did, or when the fields do not fit the kind: then nothing was visited.
bool visit_outcomes(const record_view& record,
                    const std::function<bool(const outcome_record&)>& visit);

/// The lowest and the highest message that an outcome or run record is about; nothing when its
/// fields do not fit.
struct seq_bounds {
  seq_t first;
  seq_t last;
};
std::optional<seq_bounds> outcome_bounds(const record_view& record) noexcept;

/// True when the fields of an outcome or run record fit its kind.
bool sound_outcomes(const record_view& record) noexcept;

}  // namespace nip::bus::journal
