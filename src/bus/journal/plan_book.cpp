#include "bus/journal/plan_book.hpp"

#include "bus/journal/record_cursor.hpp"
#include "bus/journal/segment_walker.hpp"

namespace nip::bus::journal {
namespace {

/// Definitions stand at the start of a batch.
constexpr std::size_t read_ahead_bytes = 64u << 10;

}  // namespace

void plan_book::add(const plan_definition& plan) {
  plans_.try_emplace(plan.key, text_of(plan.plan));
}

result<std::string_view> plan_book::find(std::uint64_t key) {
  if (key == 0) return std::string_view();
  auto plan = plans_.find(key);
  if (plan != plans_.end()) return std::string_view(plan->second);
  auto offset = known_(key);
  NIP_CHECK(read_from(offset.value_or(segment_header_bytes), key));
  // When it is not there, an empty plan is remembered, so that nobody looks again.
  return std::string_view(plans_[key]);
}

/// Notes definitions from the batch at `offset` on, until that of `key` has come by.
status plan_book::read_from(std::uint64_t offset, std::uint64_t key) {
  segment_walker walker(segment_, {where_.journal_id, where_.segment, offset, where_.end},
                        segment_walker::bodies::read, read_ahead_bytes);
  for (;;) {
    NIP_TRY(step, walker.next());
    if (step.what == walk_step::kind::end) return {};
    if (step.what != walk_step::kind::batch) continue;
    record_cursor records(step.body, record_key(step.header));
    for (auto found = records.next(); found != record_cursor::found::end; found = records.next()) {
      if (found != record_cursor::found::record) continue;
      auto plan = decode_plan(records.record());
      if (!plan) continue;
      add(*plan);
      if (plan->key == key) return {};
    }
  }
}

}  // namespace nip::bus::journal
