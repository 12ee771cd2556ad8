// `nip journal`: looks at a journal's folder, repairs it, backs it up and puts a backup back.
#include "cli/commands/journal.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <memory>

#include "bus/journal/segment_file.hpp"
#include "bus/maintenance/backup.hpp"
#include "bus/maintenance/inspection.hpp"
#include "bus/maintenance/mending.hpp"
#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "cli/journal_report.hpp"
#include "security/audit_chain.hpp"

namespace nip::cli {
namespace {

using namespace bus::maintenance;

std::string size_text(std::uint64_t bytes) { return bytes_text(static_cast<double>(bytes)); }

exit_code code_of(const std::vector<damage>& damaged) {
  return damaged.empty() ? exit_code::ok : exit_code::failed;
}

// verify

/// A backup is also compared with its manifest.
status verify_files(const std::string& path, std::vector<damage>& damaged) {
  const auto said = read_manifest(path);
  if (!said && said.error().code == errc::not_found) return {};
  if (!said && said.error().code == errc::io) return std::unexpected(said.error());
  const std::string place = fmt::format("{}/{}", path, manifest_name);
  if (!said) {
    damaged.push_back({place, 0, 0, said.error().detail});
    return {};
  }
  posix_file_system disk;
  for (const auto& each : said->files) {
    const std::string name = fmt::format("{}/{}", path, each.name);
    auto file = disk.open(name, open_mode::read);
    if (!file) {
      damaged.push_back({name, 0, each.bytes, "the manifest names this file, and it is not there"});
      continue;
    }
    NIP_TRY(sum, checksum_of(**file));
    if (sum != each.checksum)
      damaged.push_back({name, 0, each.bytes, "the file is not what the manifest says"});
  }
  return {};
}

/// Follows the audit trail through the journal.
result<security::audit_check> verify_trail(file_system& files, const bus::journal::survey& found) {
  security::audit_check trail;
  const auto follow = [&](const placed_record& each) {
    if (each.record.kind != bus::journal::record_kind::audit) return true;
    if (const auto entry = bus::journal::decode_note(each.record)) trail.see(entry->bytes);
    return true;
  };
  for (std::size_t i = 0; i <= found.last; ++i) NIP_CHECK(show_records(files, found, i, follow));
  return trail;
}

nlohmann::json verdict_json(const std::string& path, const std::optional<std::string>& holder,
                            const verification& seen, const security::audit_check& trail) {
  const auto& report = seen.found.report;
  return {{"path", path},
          {"sound", seen.damaged.empty() && !trail.broken()},
          {"held_by", holder ? nlohmann::json(*holder) : nlohmann::json()},
          {"segments", report.segments},
          {"messages", report.messages},
          {"bytes", report.bytes},
          {"tables", seen.tables},
          {"tables_missing", seen.tables_missing},
          {"checkpoints", seen.checkpoints},
          {"audit_entries", trail.entries()},
          {"audit_broken", trail.broken() ? nlohmann::json(*trail.broken()) : nlohmann::json()},
          {"unacknowledged_bytes", report.cut_bytes},
          {"damaged", to_json(seen.damaged)}};
}

outcome<exit_code> verify(session& now, const std::string& path) {
  raise_descriptor_limit();
  NIP_TRY(holder, journal_holder(path));
  progress_line line(now, "reading", 0);
  NIP_TRY(files, snapshot::take(path, line.tell()));
  NIP_TRY(seen, verify_journal(*files, path));
  NIP_CHECK(verify_files(path, seen.damaged));
  NIP_TRY(trail, verify_trail(*files, seen.found));
  const auto& report = seen.found.report;
  const bool sound = seen.damaged.empty() && !trail.broken();
  const auto code = sound ? exit_code::ok : exit_code::failed;
  if (now.json()) {
    now.print_json(verdict_json(path, holder, seen, trail));
    return code;
  }
  if (trail.broken())
    now.out() << fmt::format("{} the audit trail: {}\n", now.paint()(colour::red, "broken"),
                             *trail.broken());
  print_damage(now, seen.damaged);
  now.out() << fmt::format("{} messages in {} segments, {}; {} tables and {} checkpoints\n",
                           with_commas(report.messages), report.segments, size_text(report.bytes),
                           seen.tables, seen.checkpoints);
  if (seen.tables_missing != 0)
    now.out() << fmt::format("{} tables are not there yet; nipd makes them\n", seen.tables_missing);
  if (holder)
    now.out() << fmt::format("{} has it open: read up to segment {}, offset {}\n", *holder,
                             seen.found.tail.segment, seen.found.tail.offset);
  else if (report.cut_bytes != 0)
    now.out() << fmt::format("{} behind its end were never acknowledged; opening cuts them off\n",
                             size_text(report.cut_bytes));
  if (trail.entries() != 0)
    now.out() << fmt::format("{} entries of the audit trail\n", with_commas(trail.entries()));
  if (sound)
    now.out() << fmt::format("{}: {}\n", now.paint()(colour::green, "sound"), path);
  else if (!seen.damaged.empty())
    now.out() << fmt::format("{}: {} ranges are damaged\n", path, seen.damaged.size());
  return code;
}

// repair

void print_plan(session& now, const mending_plan& plan, bool done) {
  const auto& report = plan.seen.found.report;
  const auto say = [&](std::string_view before, std::string_view after, const std::string& rest) {
    now.out() << (done ? after : before) << ' ' << rest << '\n';
  };
  for (const auto& each : plan.unfinished) say("would remove", "removed", each + ", unfinished");
  if (report.cut_bytes != 0)
    say("would cut", "cut",
        fmt::format("{} bytes that were never acknowledged, behind segment {}, offset {}",
                    report.cut_bytes, plan.seen.found.tail.segment, plan.seen.found.tail.offset));
  for (const auto& each : report.quarantined)
    say("would copy", "copied",
        fmt::format("to quarantine/: {} offset {}, {} bytes: {}", each.file, each.offset,
                    each.bytes, each.reason));
  for (const auto& each : plan.unsound)
    say("would move", "moved", fmt::format("to quarantine/: {}", each));
  for (const auto& each : plan.orphans)
    say("would remove", "removed", each + ", whose segment is gone");
  for (const std::size_t index : plan.tables)
    say("would make", "made",
        fmt::format("the table of segment {}", plan.seen.found.segments[index].info.number));
  if (plan.nothing_to_do()) now.out() << "nothing to do\n";
}

nlohmann::json plan_json(const mending_plan& plan, bool done) {
  auto tables = nlohmann::json::array();
  for (const std::size_t index : plan.tables)
    tables.push_back(plan.seen.found.segments[index].info.number);
  return {{"done", done},
          {"cut_bytes", plan.seen.found.report.cut_bytes},
          {"damaged", to_json(plan.seen.found.report.quarantined)},
          {"moved_to_quarantine", plan.unsound},
          {"removed", plan.orphans},
          {"unfinished_removed", plan.unfinished},
          {"tables_made", std::move(tables)}};
}

/// As opening does, except that nothing is served and no batch is written.
outcome<exit_code> repair(session& now, const std::string& path, bool dry_run) {
  posix_file_system disk;
  raise_descriptor_limit();
  // A journal must be there before a lock file is made.
  if (const auto seen = snapshot::take(path); !seen) return std::unexpected(failure(seen.error()));
  NIP_TRY(lock, disk.lock(bus::journal::path_in(path, "lock")));
  (void)lock;  // held until the end
  NIP_TRY(plan, plan_mending(disk, path));
  if (!dry_run) NIP_CHECK(mend(disk, path, plan));
  if (now.json())
    now.print_json(plan_json(plan, !dry_run));
  else
    print_plan(now, plan, !dry_run);
  return exit_code::ok;
}

// backup and restore

void print_report(session& now, const backup_report& report, std::string_view verb,
                  const std::string& from, const std::string& to) {
  if (now.json()) {
    now.print_json(
        {{"from", from},
         {"to", to},
         {"messages", report.made.messages},
         {"next_seq", report.made.next_seq},
         {"end", {{"segment", report.made.end.segment}, {"offset", report.made.end.offset}}},
         {"made", format_rfc3339(report.made.made)},
         {"files", report.made.files.size()},
         {"bytes", report.bytes},
         {"cloned", report.cloned},
         {"linked", report.linked},
         {"copied", report.copied},
         {"damaged", to_json(report.damaged)}});
    return;
  }
  print_damage(now, report.damaged);
  now.out() << fmt::format(
      "{} {} to {}: {} messages in {} files, {} ({} cloned, {} linked, {} "
      "copied); read back and checked\n",
      verb, from, to, with_commas(report.made.messages), report.made.files.size(),
      size_text(report.bytes), report.cloned, report.linked, report.copied);
}

outcome<exit_code> backup(session& now, const std::string& path, const std::string& folder,
                          bool links) {
  raise_descriptor_limit();
  const system_clock clock;
  progress_line line(now, "reading back", 0);
  NIP_TRY(report, back_up(path, folder, links, clock, line.tell()));
  print_report(now, report, "backed up", path, folder);
  return code_of(report.damaged);
}

outcome<exit_code> restore(session& now, const std::string& folder, const std::string& path) {
  progress_line line(now, "copying", 0);
  NIP_TRY(report, restore_backup(folder, path, line.tell()));
  print_report(now, report, "restored", folder, path);
  return code_of(report.damaged);
}

// the command line

void add_looking(CLI::App& to, action& chosen) {
  auto looked = std::make_shared<inspect_options>();
  auto* inspecting =
      to.add_subcommand("inspect", "its segments, or with --records what is in them");
  inspecting->add_option("path", looked->path, "the journal's folder")->required();
  inspecting->add_option("--segment", looked->segment, "only the segment with this number");
  inspecting->add_option("--records", looked->records, "show this many records, one a line");
  inspecting->callback([looked, &chosen] {
    chosen = [looked](session& now) { return inspect_journal(now, *looked); };
  });

  auto path = std::make_shared<std::string>();
  auto* verifying = to.add_subcommand("verify", "read everything and check every checksum");
  verifying->add_option("path", *path, "the folder of a journal, or of a backup")->required();
  verifying->callback(
      [path, &chosen] { chosen = [path](session& now) { return verify(now, *path); }; });

  auto broken = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  auto* repairing = to.add_subcommand("repair", "do what opening it would do; no nipd may have it");
  repairing->add_option("path", *broken, "the journal's folder")->required();
  repairing->add_flag("--dry-run", *dry_run, "only say what would be done");
  repairing->callback([broken, dry_run, &chosen] {
    chosen = [broken, dry_run](session& now) { return repair(now, *broken, *dry_run); };
  });
}

void add_copying(CLI::App& to, action& chosen) {
  struct places {
    std::string from;
    std::string to;
    bool copies = false;
  };
  auto out = std::make_shared<places>();
  auto* saving = to.add_subcommand("backup", "copy it, also while a nipd writes to it");
  saving->add_option("path", out->from, "the journal's folder")->required();
  saving->add_option("folder", out->to, "where to: empty, or not there")->required();
  saving->add_flag("--copy", out->copies, "never link a file of the journal into the backup");
  saving->callback([out, &chosen] {
    chosen = [out](session& now) { return backup(now, out->from, out->to, !out->copies); };
  });

  auto in = std::make_shared<places>();
  auto* putting = to.add_subcommand("restore", "put a backup into a new journal's folder");
  putting->add_option("folder", in->from, "the backup")->required();
  putting->add_option("path", in->to, "the journal's folder: empty, or not there")->required();
  putting->callback(
      [in, &chosen] { chosen = [in](session& now) { return restore(now, in->from, in->to); }; });
}

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void add_journal(CLI::App& app, action& chosen) {
  auto* sub = app.add_subcommand("journal", "a journal's folder: inspect, verify, repair, back up");
  sub->require_subcommand(1);
  add_looking(*sub, chosen);
  add_copying(*sub, chosen);
}

}  // namespace nip::cli
