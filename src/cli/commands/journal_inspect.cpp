// `nip journal inspect`: segments and records of a journal's folder.
#include <fmt/format.h>

#include <algorithm>

#include "bus/journal/checkpoint.hpp"
#include "bus/maintenance/inspection.hpp"
#include "cli/commands/journal.hpp"
#include "cli/format.hpp"
#include "cli/journal_report.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

using namespace bus::maintenance;

const char* word_of(segment_use use) {
  switch (use) {
    case segment_use::sealed:
      return "sealed";
    case segment_use::active:
      return "active";
    case segment_use::ready:
      return "ready";
  }
  return "";
}

struct listed_segment {
  std::size_t index;
  segment_tally tally;
};

nlohmann::json segment_json(const bus::journal::survey& found, const listed_segment& each) {
  const auto& segment = found.segments[each.index];
  const auto& tally = each.tally;
  nlohmann::json made{{"segment", segment.info.number},
                      {"state", word_of(tally.use)},
                      {"bytes", segment.info.bytes},
                      {"used_bytes", tally.end},
                      {"batches", tally.batches},
                      {"messages", tally.messages},
                      {"outcomes", tally.outcomes},
                      {"plans", tally.plans},
                      {"notes", tally.notes},
                      {"table", segment.info.table.has_value()},
                      {"damaged", is_damaged(found, each.index)}};
  if (tally.first != 0) made["seqs"] = {tally.first, tally.last};
  if (tally.batches != 0)
    made["written"] = {format_rfc3339(tally.first_written), format_rfc3339(tally.last_written)};
  if (segment.info.carried != 0) made["carried"] = segment.info.carried;
  return made;
}

void add_row(const bus::journal::survey& found, const listed_segment& each, table& to) {
  const auto& segment = found.segments[each.index];
  const auto& tally = each.tally;
  to.add({cell(std::to_string(segment.info.number), colour::cyan), word_of(tally.use),
          bytes_text(static_cast<double>(segment.info.bytes)),
          bytes_text(static_cast<double>(tally.end)),
          tally.first == 0 ? "-" : fmt::format("{}-{}", tally.first, tally.last),
          with_commas(tally.messages), with_commas(tally.outcomes), with_commas(tally.notes),
          tally.batches == 0 ? "-" : format_rfc3339(tally.first_written),
          tally.batches == 0 ? "-" : format_rfc3339(tally.last_written),
          segment.info.table ? "yes" : "no",
          is_damaged(found, each.index) ? cell("DAMAGED", colour::red) : cell("sound")});
}

/// What is shown of a journal.
struct inspected {
  bus::journal::survey found;
  std::vector<listed_segment> segments;
  std::vector<std::string> checkpoints;
  std::optional<std::string> holder;
};

outcome<inspected> look(session& now, const inspect_options& chosen) {
  inspected made;
  raise_descriptor_limit();
  NIP_TRY(holder, journal_holder(chosen.path));
  made.holder = std::move(holder);
  progress_line line(now, "reading", 0);
  NIP_TRY(files, snapshot::take(chosen.path, line.tell()));
  NIP_TRY(found, survey_whole(*files, chosen.path));
  made.found = std::move(found);
  for (std::size_t i = 0; i < made.found.segments.size(); ++i) {
    if (chosen.segment != 0 && made.found.segments[i].info.number != chosen.segment) continue;
    NIP_TRY(tally, tally_segment(*files, made.found, i));
    made.segments.push_back({i, tally});
  }
  if (made.segments.empty())
    return stop(exit_code::failed,
                fmt::format("{} has no segment {}; it has {} to {}", chosen.path, chosen.segment,
                            made.found.segments.front().info.number,
                            made.found.segments.back().info.number));
  NIP_TRY(names, files->list(chosen.path));
  for (auto& name : names)
    if (bus::journal::parse_checkpoint_name(name)) made.checkpoints.push_back(std::move(name));
  return made;
}

void print_text(session& now, const inspect_options& chosen, const inspected& seen) {
  table shown({{"SEGMENT", align::right},
               {"STATE"},
               {"SIZE", align::right},
               {"USED", align::right},
               {"SEQS"},
               {"MESSAGES", align::right},
               {"OUTCOMES", align::right},
               {"NOTES", align::right},
               {"FIRST WRITTEN"},
               {"LAST WRITTEN"},
               {"TABLE"},
               {"READS AS"}});
  for (const auto& each : seen.segments) add_row(seen.found, each, shown);
  shown.print(now.out(), now.paint());
  now.out() << fmt::format(
      "\n{}: journal {:016x}, {} messages, next seq {}, ends in segment {} at "
      "offset {}\n",
      chosen.path, seen.found.journal_id, with_commas(seen.found.report.messages),
      seen.found.numbers.next_seq(), seen.found.tail.segment, seen.found.tail.offset);
  for (const auto& each : seen.checkpoints) now.out() << each << '\n';
  if (seen.holder) now.out() << fmt::format("{} has it open and may be writing\n", *seen.holder);
  print_damage(now, seen.found.report.quarantined);
}

nlohmann::json journal_json(const inspect_options& chosen, const inspected& seen) {
  auto segments = nlohmann::json::array();
  for (const auto& each : seen.segments) segments.push_back(segment_json(seen.found, each));
  return {{"path", chosen.path},
          {"journal", fmt::format("{:016x}", seen.found.journal_id)},
          {"held_by", seen.holder ? nlohmann::json(*seen.holder) : nlohmann::json()},
          {"messages", seen.found.report.messages},
          {"next_seq", seen.found.numbers.next_seq()},
          {"end", {{"segment", seen.found.tail.segment}, {"offset", seen.found.tail.offset}}},
          {"unacknowledged_bytes", seen.found.report.cut_bytes},
          {"segments", std::move(segments)},
          {"checkpoints", seen.checkpoints},
          {"damaged", to_json(seen.found.report.quarantined)}};
}

/// The first records of the segments that are shown, one a line.
outcome<exit_code> list_records(session& now, const inspect_options& chosen) {
  raise_descriptor_limit();
  NIP_TRY(files, snapshot::take(chosen.path));
  NIP_TRY(found, survey_whole(*files, chosen.path));
  std::size_t left = chosen.records;
  for (std::size_t i = 0; i <= found.last && left > 0; ++i) {
    if (chosen.segment != 0 && found.segments[i].info.number != chosen.segment) continue;
    NIP_TRY(more, show_records(*files, found, i, [&](const placed_record& record) {
              now.out() << (now.json() ? compact(to_json(record)) : one_line(record)) << '\n';
              return --left > 0;
            }));
    if (!more) break;
  }
  return exit_code::ok;
}

}  // namespace

outcome<exit_code> inspect_journal(session& now, const inspect_options& chosen) {
  if (chosen.records != 0) return list_records(now, chosen);
  NIP_TRY(seen, look(now, chosen));
  if (now.json())
    now.print_json(journal_json(chosen, seen));
  else
    print_text(now, chosen, seen);
  return exit_code::ok;
}

}  // namespace nip::cli
