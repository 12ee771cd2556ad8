// /v4/messages:batch: many messages in one request, one outcome an entry.
#include "gateway/http/media_type.hpp"
#include "gateway/http/preferences.hpp"
#include "gateway/resources/cloud_event.hpp"
#include "gateway/resources/handlers.hpp"
#include "gateway/resources/json_items.hpp"
#include "gateway/text.hpp"

namespace nip::gateway::resources {
namespace {

/// The body of a batch, cut into entries.
result<std::vector<std::string_view>> items_of(const call& what) {
  const std::size_t entries_max = what.shard.settings.bounds.batch_entries_max;
  return equals_ignoring_case(http::essence(what.request.content_type), "application/x-ndjson")
             ? line_items(what.request.body, entries_max)
             : array_items(what.request.body, entries_max);
}

problem no_entry() {
  return make_problem(errc::invalid_argument, "the batch has no entry; send at least one");
}

void submit(call& what, std::string_view envelope, std::optional<message::ack_level> level,
            const broker::caller& from) {
  broker::submission made;
  made.text = envelope;
  made.who = &what.shard.who;
  made.level = level;
  made.traceparent = what.request.traceparent;
  made.received = what.shard.time.both();
  made.from = from;
  what.shard.counts.messages_in.add();
  what.shard.port.submit(made);
}

/// An entry as it is: an envelope, or why it is none.
using entry = result<std::string_view>;

/// Opens one outcome for each entry and submits them. Afterwards the exchange may be gone.
void submit_all(call& what, std::span<const entry> entries,
                std::optional<message::ack_level> level) {
  what.slot.names_level = level.has_value();
  what.slot.batch = std::make_unique<http::batch_outcomes>();
  what.slot.batch->entries.resize(entries.size());
  what.slot.batch->open = entries.size();
  broker::caller from = what.from.address_of(what.slot);
  for (const entry& one : entries) {
    if (one) {
      submit(what, *one, level, from);
    } else {
      what.from.on_refused(from.ordinal, one.error());
    }
    ++from.ordinal;
  }
}

void post_events(call& what, std::optional<message::ack_level> level) {
  auto events = what.shard.events_in.batch(what.request.body);
  if (!events) return what.refuse(events.error());
  if (events->empty()) return what.refuse(no_entry());
  std::vector<entry> entries;
  for (auto& event : *events) {
    if (event) pad(*event);
    entries.push_back(event ? entry(*event) : entry(std::unexpect, event.error()));
  }
  submit_all(what, entries, level);
}

}  // namespace

void post_batch(call& what) {
  const auto wishes = http::read_preferences(what.request, what.shard.settings.bounds.wait_max);
  if (!wishes) return what.refuse(wishes.error());
  if (message::form_of(what.request.content_type, false) == message::cloudevents_form::batch)
    return post_events(what, wishes->level);
  const auto items = items_of(what);
  if (!items) return what.refuse(items.error());
  if (items->empty()) return what.refuse(no_entry());
  submit_all(what, std::vector<entry>(items->begin(), items->end()), wishes->level);
}

http::answer batch_answer(const http::batch_outcomes& batch) {
  http::answer made;
  made.status = batch.refused == 0 ? 202 : 207;
  made.body = R"({"accepted":)";
  append_decimal(made.body, batch.entries.size() - batch.refused);
  made.body += R"(,"refused":)";
  append_decimal(made.body, batch.refused);
  made.body += R"(,"items":[)";
  for (const std::string& entry : batch.entries) {
    made.body += entry;
    made.body += ',';
  }
  made.body.back() = ']';
  made.body += '}';
  return made;
}

}  // namespace nip::gateway::resources
