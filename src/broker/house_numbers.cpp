// The broker in numbers: statistics as JSON and metrics for Prometheus.
#include <map>
#include <set>

#include "broker/house.hpp"

namespace nip::broker {
namespace {

using nlohmann::json;
using observability::metric_type;

template <class Pick>
std::uint64_t sum(const std::vector<std::unique_ptr<shard>>& shards, Pick&& pick) {
  std::uint64_t total = 0;
  for (const auto& each : shards) total += pick(each->counters()).value();
  return total;
}

template <class Pick>
observability::histogram_snapshot merged(const std::vector<std::unique_ptr<shard>>& shards,
                                         Pick&& pick) {
  observability::histogram_snapshot all;
  for (const auto& each : shards) all.merge(pick(each->counters()));
  return all;
}

struct named_counter {
  const char* name;
  const char* help;
  const observability::counter& (*pick)(const shard_counters&);
};

constexpr named_counter plain[] = {
    {"nip_messages_received_total", "Submissions that came in, refused ones too.",
     [](const shard_counters& c) -> auto& { return c.received; }},
    {"nip_messages_duplicate_total", "Repeats of a message that was accepted before.",
     [](const shard_counters& c) -> auto& { return c.duplicates; }},
    {"nip_messages_unmatched_total", "Messages that no rule matched.",
     [](const shard_counters& c) -> auto& { return c.unmatched; }},
    {"nip_messages_emitted_total", "Messages that plugins emitted.",
     [](const shard_counters& c) -> auto& { return c.emitted; }},
    {"nip_emissions_refused_total", "Messages of plugins that were not accepted.",
     [](const shard_counters& c) -> auto& { return c.emissions_refused; }},
    {"nip_outcomes_lost_total",
     "Outcomes that the journal did not take: redelivered after a restart.",
     [](const shard_counters& c) -> auto& { return c.outcomes_lost; }},
    {"nip_notes_lost_total", "Cursors and audit entries that the journal did not take.",
     [](const shard_counters& c) -> auto& { return c.notes_lost; }},
    {"nip_replies_total", "Replies that plugins gave.",
     [](const shard_counters& c) -> auto& { return c.replies; }},
    {"nip_deliveries_done_total", "Deliveries that succeeded.",
     [](const shard_counters& c) -> auto& { return c.delivered; }},
    {"nip_deliveries_retried_total", "Attempts that failed and are followed by another.",
     [](const shard_counters& c) -> auto& { return c.retried; }},
    {"nip_deliveries_dead_total", "Deliveries that became dead letters.",
     [](const shard_counters& c) -> auto& { return c.dead; }},
    {"nip_deliveries_expired_total", "Deliveries whose deadline passed.",
     [](const shard_counters& c) -> auto& { return c.expired; }},
    {"nip_deliveries_dropped_total", "Expired deliveries of rules that say drop.",
     [](const shard_counters& c) -> auto& { return c.dropped; }},
    {"nip_events_total", "Messages given to subscribers.",
     [](const shard_counters& c) -> auto& { return c.events; }},
    {"nip_messages_scheduled_total", "Messages that were accepted for a later time.",
     [](const shard_counters& c) -> auto& { return c.scheduled; }},
    {"nip_deliveries_parked_total", "Deliveries that went to wait on disk.",
     [](const shard_counters& c) -> auto& { return c.parked; }},
    {"nip_messages_unreadable_total",
     "Messages with open deliveries that could not be read back; the next start tries again.",
     [](const shard_counters& c) -> auto& { return c.unreadable; }},
    {"nip_events_missed_total", "Messages that did not fit a subscriber's buffer.",
     [](const shard_counters& c) -> auto& { return c.missed; }},
};

struct named_stage {
  const char* name;
  const observability::histogram& (*pick)(const shard_counters&);
};

constexpr named_stage stages[] = {
    {"parse", [](const shard_counters& c) -> auto& { return c.parse; }},
    {"route", [](const shard_counters& c) -> auto& { return c.route; }},
    {"make_durable", [](const shard_counters& c) -> auto& { return c.make_durable; }},
    {"accept", [](const shard_counters& c) -> auto& { return c.accept; }},
    {"deliver", [](const shard_counters& c) -> auto& { return c.deliver; }},
    {"whole", [](const shard_counters& c) -> auto& { return c.whole; }},
};

constexpr std::size_t errc_count = static_cast<std::size_t>(errc::internal) + 1;

void collect_messages(observability::exposition& out,
                      const std::vector<std::unique_ptr<shard>>& shards) {
  for (const auto& each : plain) {
    out.family(each.name, each.help, metric_type::counter);
    out.sample({}, sum(shards, each.pick));
  }
  out.family("nip_messages_accepted_total", "Messages accepted, by acknowledgement level.",
             metric_type::counter);
  for (unsigned level = 0; level < 4; ++level)
    out.sample({{"ack", message::to_string(static_cast<message::ack_level>(level))}},
               sum(shards, [&](const auto& c) -> auto& { return c.accepted[level]; }));
  out.family("nip_messages_refused_total", "Messages refused, by reason.", metric_type::counter);
  for (std::size_t code = 0; code < errc_count; ++code)
    out.sample({{"reason", to_string(static_cast<errc>(code))}},
               sum(shards, [&](const auto& c) -> auto& { return c.refused[code]; }));
  out.family("nip_stage_seconds", "Time in a stage of the walk, of sampled messages.",
             metric_type::histogram);
  for (const auto& each : stages) out.sample({{"stage", each.name}}, merged(shards, each.pick));
}

/// Per plugin, summed over shards; at most a second old.
void collect_targets(observability::exposition& out,
                     const std::vector<std::unique_ptr<shard>>& shards) {
  std::map<std::string, target_numbers> all;
  for (const auto& each : shards)
    for (const auto& seen : each->targets_seen()) {
      auto& sum_of = all[seen.name];
      sum_of.queued += seen.queued;
      sum_of.parked += seen.parked;
      sum_of.in_flight += seen.in_flight;
      sum_of.done += seen.done;
      sum_of.failed += seen.failed;
      sum_of.timed_out += seen.timed_out;
      sum_of.late += seen.late;
      sum_of.opened += seen.opened;
      sum_of.shut += seen.shut;
      sum_of.probes += seen.probes;
      sum_of.moved += seen.moved;
    }
  const auto family = [&](const char* name, const char* help, metric_type type,
                          std::uint64_t target_numbers::* which) {
    out.family(name, help, type);
    for (const auto& [plugin, numbers] : all) out.sample({{"plugin", plugin}}, numbers.*which);
  };
  family("nip_target_queued", "Deliveries that wait for a plugin.", metric_type::gauge,
         &target_numbers::queued);
  family("nip_target_parked", "Deliveries for a plugin that wait on disk.", metric_type::gauge,
         &target_numbers::parked);
  family("nip_target_in_flight", "Deliveries that a plugin works on.", metric_type::gauge,
         &target_numbers::in_flight);
  family("nip_target_done_total", "Attempts that succeeded.", metric_type::counter,
         &target_numbers::done);
  family("nip_target_failed_total", "Attempts that failed.", metric_type::counter,
         &target_numbers::failed);
  family("nip_target_timed_out_total", "Attempts that were not answered in time.",
         metric_type::counter, &target_numbers::timed_out);
  family("nip_target_late_total", "Answers to attempts that had been given up.",
         metric_type::counter, &target_numbers::late);
  family("nip_target_breakers_open", "Shards on which a plugin's circuit breaker is not closed.",
         metric_type::gauge, &target_numbers::shut);
  family("nip_target_breaker_opened_total", "Times that a plugin's circuit breaker opened.",
         metric_type::counter, &target_numbers::opened);
  family("nip_target_probes_total", "Attempts to find out whether a plugin works again.",
         metric_type::counter, &target_numbers::probes);
  family("nip_target_moved_total",
         "Deliveries that waited for a plugin when its breaker opened, and went to another.",
         metric_type::counter, &target_numbers::moved);
}

void collect_journal(observability::exposition& out, const bus::bus_stats& journal) {
  out.family("nip_journal_syncs_total", "Times the journal was synced.", metric_type::counter);
  out.sample({}, journal.syncs);
  out.family("nip_journal_bytes_total", "Bytes written to the journal.", metric_type::counter);
  out.sample({}, journal.bytes_written);
  out.family("nip_journal_refused_total", "Appends refused: pending bytes or disk budget.",
             metric_type::counter);
  out.sample({}, journal.refused_full);
  out.family("nip_journal_disk_bytes", "Bytes that the journal takes on disk.", metric_type::gauge);
  out.sample({}, journal.bytes_on_disk);
  out.family("nip_journal_checkpoints_total", "Checkpoints written.", metric_type::counter);
  out.sample({}, journal.checkpoints);
  out.family("nip_journal_upkeep_failures_total",
             "Rounds of the journal's housekeeping that the disk spoiled; they are repeated.",
             metric_type::counter);
  out.sample({}, journal.upkeep_failures);
  out.family("nip_journal_removed_segments_total", "Journal files that retention removed.",
             metric_type::counter);
  out.sample({}, journal.segments_removed);
  out.family("nip_journal_shrunk_segments_total", "Journal files that retention made smaller.",
             metric_type::counter);
  out.sample({}, journal.segments_shrunk);
  out.family("nip_journal_damaged_segments",
             "Journal files past retention that are kept because they are damaged.",
             metric_type::gauge);
  out.sample({}, journal.segments_damaged);
  out.family("nip_journal_scrubbed_bytes_total",
             "Bytes of full journal files that were read again to see that they are sound.",
             metric_type::counter);
  out.sample({}, journal.scrubbed_bytes);
  out.family("nip_journal_scrubbed_segments_total",
             "Journal files that were read again to their end.", metric_type::counter);
  out.sample({}, journal.scrubbed_segments);
  out.family("nip_journal_damaged_ranges",
             "Ranges of journal files that are known to be damaged since start.",
             metric_type::gauge);
  out.sample({}, journal.damaged_ranges);
  out.family("nip_journal_sync_seconds", "Time of the last syncs.", metric_type::gauge);
  out.sample({{"quantile", "0.5"}}, static_cast<double>(journal.sync_p50.count()) / 1e9);
  out.sample({{"quantile", "0.99"}}, static_cast<double>(journal.sync_p99.count()) / 1e9);
}

void collect_letters(observability::exposition& out, const letter_counters& letters,
                     const job_counters& jobs) {
  out.family("nip_dead_letter_actions_total", "Dead letters that somebody did something about.",
             metric_type::counter);
  out.sample({{"action", "redriven"}}, letters.redriven.load());
  out.sample({{"action", "redriven_anew"}}, letters.redriven_anew.load());
  out.sample({{"action", "redrive_refused"}}, letters.redrives_refused.load());
  out.sample({{"action", "purged"}}, letters.purged.load());
  out.family("nip_replay_messages_total", "Messages of replays and of redrives that ran as jobs.",
             metric_type::counter);
  out.sample({{"outcome", "sent"}}, jobs.sent.load());
  out.sample({{"outcome", "refused"}}, jobs.refused.load());
  out.family("nip_replay_waits_total", "Times that a replay found no room and waited.",
             metric_type::counter);
  out.sample({}, jobs.waits.load());
}

void collect_rules(observability::exposition& out, const router::ruleset& rules,
                   const std::vector<std::unique_ptr<shard>>& shards) {
  out.family("nip_rule_errors_total", "Conditions that were run and were errors.",
             metric_type::counter);
  std::uint64_t errors = 0;
  for (const auto& each : shards) errors += each->condition_errors();
  out.sample({}, errors);
  const auto* index = rules.index();
  if (index == nullptr) return;
  out.family("nip_rules_indexed", "Rules, by how much of their condition the index decides.",
             metric_type::gauge);
  for (const auto how : {router::indexing::whole, router::indexing::partly, router::indexing::none})
    out.sample({{"indexed", router::to_string(how)}}, std::uint64_t{index->count(how)});
  out.family(
      "nip_rules_delta",
      "Rules that were changed since all were compiled; those in force are tried one by one.",
      metric_type::gauge);
  out.sample({}, std::uint64_t{rules.delta().size()});
  out.family("nip_rule_index_bytes", "Memory that the index of rules takes.", metric_type::gauge);
  out.sample({}, std::uint64_t{index->bytes()});
  const auto& patterns = index->patterns();
  out.family("nip_rule_patterns", "Regular expressions of rules, by how they are searched for.",
             metric_type::gauge);
  out.sample({{"search", "together"}}, std::uint64_t{patterns.size() - patterns.alone()});
  out.sample({{"search", "alone"}}, std::uint64_t{patterns.alone()});
  out.family(
      "nip_rule_pattern_failures_total",
      "Times that patterns were searched for one by one because a set of them had not enough "
      "memory, under the rules in force.",
      metric_type::counter);
  out.sample({}, patterns.failures());
  out.family("nip_rule_runs_total",
             "Conditions that were run because the index does not decide them, under the rules in "
             "force.",
             metric_type::counter);
  for (const auto& each : rules.runs())
    out.sample({{"rule", each.rule.empty() ? "(others)" : each.rule}}, each.runs);
}

}  // namespace

router::ruleset_ptr house::rules_to_show() const {
  const std::lock_guard held(rules_lock_);
  return rules_shown_;
}

void house::show_rules(router::ruleset_ptr rules) {
  const std::lock_guard held(rules_lock_);
  rules_shown_ = std::move(rules);
}

std::string house::metrics() const {
  observability::exposition out;
  out.family("nip_info", "Version of this nipd.", metric_type::gauge);
  out.sample({{"version", NIP_VERSION}}, 1);
  out.family("nip_generation", "Generation in force.", metric_type::gauge);
  out.sample({}, generation_number_.load());
  collect_messages(out, shards_);
  collect_targets(out, shards_);
  collect_rules(out, *rules_to_show(), shards_);
  collect_journal(out, parts_.events.stats());
  out.family("nip_memory_leased_bytes", "Bytes of the message budget in use.", metric_type::gauge);
  out.sample({}, shared_.memory.leased());
  out.family("nip_memory_budget_bytes", "The message budget.", metric_type::gauge);
  out.sample({}, shared_.memory.max());
  out.family("nip_dead_letters", "Dead letters that wait for somebody.", metric_type::gauge);
  out.sample({}, static_cast<std::uint64_t>(shared_.dead.size()));
  collect_letters(out, shared_.letter_counts, shared_.job_counts);
  out.family("nip_idempotency_keys", "Keys in the idempotency window.", metric_type::gauge);
  out.sample({}, static_cast<std::uint64_t>(shared_.keys.size()));
  for (const auto& each : collectors_) each(out);
  return out.text();
}

std::vector<std::string> house::open_breakers() const {
  std::set<std::string> names;
  for (const auto& each : shards_)
    for (auto& seen : each->targets_seen())
      if (seen.shut > 0) names.insert(std::move(seen.name));
  return {names.begin(), names.end()};
}

void house::stats(unsigned shard, respond done) {
  ask_shards(
      [](class shard& one) {
        json targets = json::object();
        for (const auto& [name, to] : one.deliveries().targets())
          if (to->spec_)
            targets[name] = {{"queued", to->queued()},
                             {"parked", to->backlog_.size()},
                             {"in_flight", to->in_flight_},
                             {"done", to->stats_.done.value()},
                             {"failed", to->stats_.failed.value()}};
        return json{{"open", one.open_messages()},
                    {"scheduled", one.scheduled()},
                    {"plugins", std::move(targets)},
                    {"memory_bytes", one.deliveries().memory_used()}};
      },
      [this, shard, done = std::move(done)](std::vector<json> answers) mutable {
        answer(shard, done, describe_numbers(answers));
      });
}

json house::describe_numbers(const std::vector<json>& answers) const {
  json out = json::object();
  for (const auto& each : plain) {
    std::string name = each.name;  // "nip_deliveries_done_total" → "deliveries_done"
    out[name.substr(4, name.size() - 10)] = sum(shards_, each.pick);
  }
  for (unsigned level = 0; level < 4; ++level)
    out["messages_accepted"]
       [std::string(message::to_string(static_cast<message::ack_level>(level)))] =
           sum(shards_, [&](const auto& c) -> auto& { return c.accepted[level]; });
  out["messages_refused"] = json::object();
  for (std::size_t code = 0; code < errc_count; ++code)
    if (const auto count = sum(shards_, [&](const auto& c) -> auto& { return c.refused[code]; }))
      out["messages_refused"][std::string(to_string(static_cast<errc>(code)))] = count;
  for (const auto& each : stages) {
    const auto all = merged(shards_, each.pick);
    out["stages_us"][each.name] = {{"count", all.count()},
                                   {"p50", static_cast<double>(all.quantile(0.5).count()) / 1e3},
                                   {"p99", static_cast<double>(all.quantile(0.99).count()) / 1e3}};
  }
  const auto journal = parts_.events.stats();
  out["journal"] = {{"messages", journal.messages},
                    {"syncs", journal.syncs},
                    {"bytes_written", journal.bytes_written},
                    {"bytes_on_disk", journal.bytes_on_disk},
                    {"segments", journal.segments},
                    {"sync_p50_us", static_cast<double>(journal.sync_p50.count()) / 1e3},
                    {"sync_p99_us", static_cast<double>(journal.sync_p99.count()) / 1e3}};
  out["generation"] = current().id.value;
  out["dead_letters"] = shared_.dead.size();
  out["memory"] = {{"leased_bytes", shared_.memory.leased()},
                   {"budget_bytes", shared_.memory.max()}};
  out["shards"] = answers;
  return out;
}

void house::config(unsigned shard, respond done) {
  on_control(shard, std::move(done), [this]() -> result<json> { return parts_.files.describe(); });
}

}  // namespace nip::broker
