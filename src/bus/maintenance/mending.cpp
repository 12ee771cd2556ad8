#include "bus/maintenance/mending.hpp"

#include <algorithm>
#include <filesystem>

#include "bus/journal/checkpoint.hpp"
#include "bus/journal/repair.hpp"
#include "bus/journal/segment_file.hpp"
#include "bus/journal/table_file.hpp"

namespace nip::bus::maintenance {
namespace {

using namespace journal;

constexpr std::string_view quarantine_name = "quarantine";

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

bool is_derived(const std::string& name) {
  return parse_table_name(name) || parse_checkpoint_name(name);
}

/// Segments that are not written to any more and have no table.
status plan_tables(file_system& files, const std::string& directory, mending_plan& plan) {
  const survey& found = plan.seen.found;
  for (std::size_t i = 0; i < found.last && i < found.segments.size(); ++i) {
    const segment_info& info = found.segments[i].info;
    const std::string name = table_name(info.number);
    const bool unsound = std::ranges::find(plan.unsound, name) != plan.unsound.end();
    NIP_TRY(there, files.exists(path_in(directory, name)));
    if (info.bytes <= tabled_bytes_max && (unsound || !there || !info.table))
      plan.tables.push_back(i);
  }
  return {};
}

/// Moves a file aside, under a name that is free there.
status put_aside(file_system& files, const std::string& directory, const std::string& name) {
  const std::string folder = path_in(directory, quarantine_name);
  NIP_CHECK(files.make_directories(folder));
  std::string target = path_in(folder, name);
  for (int copy = 2;; ++copy) {
    NIP_TRY(there, files.exists(target));
    if (!there) break;
    target = path_in(folder, name + "-" + std::to_string(copy));
  }
  NIP_CHECK(files.rename(path_in(directory, name), target));
  return files.sync_directory(folder);
}

status make_table(file_system& files, const std::string& directory, const survey& found,
                  const found_segment& segment) {
  NIP_TRY(source, files.open(segment.path, open_mode::read));
  number_ledger unused;
  const position end{segment.info.number, segment.info.summary.data_end};
  NIP_TRY(made, digest_segment(*source, found.journal_id, end, segment_header_bytes, unused));
  NIP_TRY(saved, save_table(files, directory, made.header, made.contents));
  (void)saved;
  return {};
}

}  // namespace

bool mending_plan::nothing_to_do() const {
  return unfinished.empty() && unsound.empty() && orphans.empty() && tables.empty() &&
         seen.found.report.cut_bytes == 0 && seen.found.report.quarantined.empty();
}

result<mending_plan> plan_mending(file_system& files, const std::string& directory) {
  NIP_CHECK(refuse_unfinished_restore(files, directory));
  mending_plan plan;
  NIP_TRY(seen, verify_journal(files, directory));
  for (const damage& each : seen.damaged)
    if (const auto name = name_of(each.file); is_derived(name)) plan.unsound.push_back(name);
  plan.seen = std::move(seen);
  NIP_TRY(names, files.list(directory));
  for (const auto& name : names) {
    if (name.ends_with(".tmp")) plan.unfinished.push_back(name);
    const auto number = parse_table_name(name);
    const bool has_segment =
        std::ranges::any_of(plan.seen.found.segments,
                            [&](const found_segment& each) { return each.info.number == number; });
    if (number && !has_segment) plan.orphans.push_back(name);
  }
  NIP_CHECK(plan_tables(files, directory, plan));
  return plan;
}

status mend(file_system& files, const std::string& directory, const mending_plan& plan) {
  for (const auto& name : plan.unfinished)
    NIP_CHECK(remove_if_there(files, path_in(directory, name)));
  NIP_CHECK(repair_journal(files, directory, plan.seen.found));
  for (const auto& name : plan.unsound) NIP_CHECK(put_aside(files, directory, name));
  for (const auto& name : plan.orphans) NIP_CHECK(remove_if_there(files, path_in(directory, name)));
  for (const std::size_t index : plan.tables)
    NIP_CHECK(make_table(files, directory, plan.seen.found, plan.seen.found.segments[index]));
  return files.sync_directory(directory);
}

}  // namespace nip::bus::maintenance
