#include "cli/journal_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bus/journal/outcome_run.hpp"
#include "cli/format.hpp"
#include "cli/table.hpp"

namespace nip::cli {
namespace {

using bus::maintenance::damage;
using bus::maintenance::placed_record;

constexpr std::size_t line_text_max = 120;
/// Progress is shown anew after this many bytes.
constexpr std::uint64_t progress_step_bytes = 32u << 20;

std::string cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80U)
    --bytes_max;  // a character stays whole
  return std::string(text.substr(0, bytes_max)) + "…";
}

const char* word_of(bus::outcome_kind kind) {
  switch (kind) {
    case bus::outcome_kind::done:
      return "done";
    case bus::outcome_kind::retry:
      return "retry";
    case bus::outcome_kind::dead:
      return "dead";
    case bus::outcome_kind::expired:
      return "expired";
    case bus::outcome_kind::redriven:
      return "redriven";
    case bus::outcome_kind::purged:
      return "purged";
  }
  return "unknown";
}

const char* word_of(bus::journal::record_kind kind) {
  using enum bus::journal::record_kind;
  switch (kind) {
    case message:
      return "message";
    case outcome:
      return "outcome";
    case outcome_run:
      return "outcomes";
    case plan:
      return "plan";
    case checkpoint:
      break;
    case audit:
      return "audit";
    case schedule:
      return "schedule";
    case cursor:
      return "cursor";
  }
  return "unknown";
}

void add_message(const bus::message_record& message, std::size_t text_max, nlohmann::json& to) {
  to["seq"] = message.seq.value;
  to["tenant"] = message.tenant.value;
  to["tenant_seq"] = message.tenant_seq.value;
  to["at"] = format_rfc3339(message.accepted_at);
  to["generation"] = message.generation.value;
  to["plan_key"] = fmt::format("{:016x}", message.plan_key);
  to["envelope"] = cut(message.envelope, text_max);
}

void add_outcomes(const bus::journal::record_view& record, std::size_t text_max,
                  nlohmann::json& to) {
  auto all = nlohmann::json::array();
  (void)bus::journal::visit_outcomes(record, [&](const bus::outcome_record& each) {
    nlohmann::json one{{"seq", each.seq.value},         {"delivery", each.delivery},
                       {"outcome", word_of(each.kind)}, {"attempt", each.attempt},
                       {"at", format_rfc3339(each.at)}, {"target", each.target}};
    if (!each.text.empty()) one["text"] = cut(each.text, text_max);
    if (each.next_at.ns != 0) one["next_at"] = format_rfc3339(each.next_at);
    all.push_back(std::move(one));
    return true;
  });
  to["outcomes"] = std::move(all);
}

/// What follows place and kind on a line.
std::string summary_of(const bus::journal::record_view& record) {
  using namespace bus::journal;
  if (const auto message = decode_message(record); record.kind == record_kind::message && message)
    return fmt::format("{} {} {}", message->seq.value, format_rfc3339(message->accepted_at),
                       message->envelope);
  if (record.kind == record_kind::outcome || record.kind == record_kind::outcome_run) {
    std::string text;
    (void)visit_outcomes(record, [&](const bus::outcome_record& each) {
      text += fmt::format("{}{}.{} {} at {}", text.empty() ? "" : ", ", each.seq.value,
                          each.delivery, word_of(each.kind), each.target);
      return text.size() < line_text_max;
    });
    return text;
  }
  if (const auto plan = decode_plan(record); record.kind == record_kind::plan && plan)
    return fmt::format("{:016x}, {} bytes", plan->key, plan->plan.size());
  if (const auto note = decode_note(record)) return std::string(note->bytes);
  return fmt::format("{} bytes", record.fields.size());
}

}  // namespace

nlohmann::json to_json(const std::vector<damage>& damaged) {
  auto all = nlohmann::json::array();
  for (const auto& each : damaged)
    all.push_back({{"file", each.file},
                   {"offset", each.offset},
                   {"bytes", each.bytes},
                   {"reason", each.reason}});
  return all;
}

void print_damage(session& now, const std::vector<damage>& damaged) {
  for (const auto& each : damaged)
    now.out() << fmt::format("{} {} offset {}, {} bytes: {}\n", now.paint()(colour::red, "damaged"),
                             each.file, each.offset, each.bytes, each.reason);
}

nlohmann::json to_json(const placed_record& record, std::size_t text_max) {
  using namespace bus::journal;
  nlohmann::json made{{"segment", record.segment},
                      {"offset", record.offset},
                      {"kind", word_of(record.record.kind)}};
  switch (record.record.kind) {
    case record_kind::message:
      if (const auto message = decode_message(record.record)) add_message(*message, text_max, made);
      break;
    case record_kind::outcome:
    case record_kind::outcome_run:
      add_outcomes(record.record, text_max, made);
      break;
    case record_kind::plan:
      if (const auto plan = decode_plan(record.record)) {
        made["plan_key"] = fmt::format("{:016x}", plan->key);
        made["bytes"] = plan->plan.size();
      }
      break;
    default:
      if (const auto note = decode_note(record.record)) {
        made["at"] = format_rfc3339(note->at);
        made["tenant"] = note->tenant.value;
        made["text"] = cut(note->bytes, text_max);
      }
      break;
  }
  return made;
}

std::string one_line(const placed_record& record) {
  return fmt::format("{}:{} {} {}", record.segment, record.offset, word_of(record.record.kind),
                     one_line(summary_of(record.record), line_text_max));
}

progress_line::progress_line(session& now, std::string what, std::uint64_t expected)
    : now_(now),
      what_(std::move(what)),
      expected_(expected),
      on_(now.io().err_is_terminal && !now.json()) {}

progress_line::~progress_line() {
  if (on_ && shown_ != 0) now_.err() << "\r\x1b[K" << std::flush;
}

bus::maintenance::progress progress_line::tell() {
  if (!on_) return {};
  return [this](std::uint64_t bytes) {
    if (bytes >= shown_ + progress_step_bytes) show(bytes);
  };
}

void progress_line::show(std::uint64_t bytes) {
  shown_ = bytes;
  const std::string share = expected_ == 0
                                ? std::string()
                                : fmt::format(" of {}", bytes_text(static_cast<double>(expected_)));
  now_.err() << fmt::format("\r\x1b[K{}: {}{}", what_, bytes_text(static_cast<double>(bytes)),
                            share)
             << std::flush;
}

}  // namespace nip::cli
