// /v4/messages: one message in, its state, its explanation, the search.
#include <algorithm>

#include "gateway/http/media_type.hpp"
#include "gateway/http/preferences.hpp"
#include "gateway/resources/cloud_event.hpp"
#include "gateway/resources/handlers.hpp"
#include "gateway/text.hpp"

namespace nip::gateway::resources {
namespace {

void submit(call& what, std::string_view envelope, const http::preferences& wishes) {
  broker::submission made;
  made.text = envelope;
  made.who = &what.shard.who;
  made.level = wishes.level;
  made.idempotency_key = what.request.idempotency_key;
  made.traceparent = what.request.traceparent;
  made.wait = wishes.wait;
  made.received = what.shard.time.both();
  made.from = what.from.address_of(what.slot);
  what.shard.counts.messages_in.add();
  what.shard.port.submit(made);
}

}  // namespace

void post_message(call& what) {
  const auto wishes = http::read_preferences(what.request, what.shard.settings.bounds.wait_max);
  if (!wishes) return what.refuse(wishes.error());
  what.slot.names_level = wishes->level.has_value();
  if (wishes->wait) {
    what.slot.wants_reply = true;
    what.slot.wait = *wishes->wait;
    what.slot.wants_event = http::names_type(what.request.accept, cloud_event_type);
  }
  const auto form = message::form_of(what.request.content_type, what.request.cloud_event);
  if (form == message::cloudevents_form::none) return submit(what, what.request.body, *wishes);
  const auto envelope = envelope_of_event(what.shard.events_in, what.request);
  if (!envelope) return what.refuse(envelope.error());
  submit(what, *envelope, *wishes);
}

void get_message(call& what) {
  what.shard.admin.message_state(what.shard.shard, what.shard.who, what.parameters[0],
                                 what.respond());
}

void explain_message(call& what) {
  what.shard.admin.explain(what.shard.shard, what.shard.who, what.parameters[0], what.respond());
}

void list_messages(call& what) {
  auto page = what.page();
  if (!page) return;
  broker::search query;
  query.from = query_value(what.request.query, "from");
  query.to = query_value(what.request.query, "to");
  query.filter = query_value(what.request.query, "filter");
  query.which = *std::move(page);
  what.shard.admin.find_messages(what.shard.shard, what.shard.who, std::move(query),
                                 what.respond());
}

}  // namespace nip::gateway::resources
