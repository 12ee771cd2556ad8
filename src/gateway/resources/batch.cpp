// /v4/messages:batch: many messages in one request, one outcome an entry.
#include "gateway/batch/body.hpp"
#include "gateway/http/media_type.hpp"
#include "gateway/http/preferences.hpp"
#include "gateway/resources/call.hpp"
#include "gateway/resources/content_coding.hpp"
#include "gateway/resources/route_table.hpp"
#include "gateway/text.hpp"

namespace nip::gateway::resources {
namespace {

constexpr std::string_view batch_path = "/v4/messages:batch";

result<batch::terms> terms_of(const call& what) {
  NIP_TRY(wishes, http::read_preferences(what.request, what.shard.settings.bounds.wait_max));
  const std::string_view type = what.request.content_type;
  batch::terms agreed;
  agreed.cloud_events = message::form_of(type, false) == message::cloudevents_form::batch;
  if (equals_ignoring_case(http::essence(type), "application/x-ndjson"))
    agreed.which = batch::form::lines;
  agreed.gzip = coding_of(what.request) == coding::gzip;
  agreed.level = wishes.level;
  agreed.traceparent = what.request.traceparent;
  agreed.request_id = what.slot.id.view();
  return agreed;
}

/// What the stages or the head of the request say against it.
std::optional<http::answer> objection(call& what) {
  passage way{what.request, what.slot, what.shard.time.now()};
  if (const auto refused = what.shard.stages.enter(way))
    return http::problem_answer(*refused, what.slot.id.view());
  const auto found = what.shard.routes.find(what.request.verb, what.request.path);
  return objection_to(what, *std::get<match>(found).found);
}

}  // namespace

bool takes_body_as_it_comes(http::method verb, std::string_view path) {
  return verb == http::method::post && path == batch_path;
}

std::unique_ptr<batch::body> begin_batch(services& shard, http::session& from,
                                         const http::request& what, http::exchange& slot) {
  call made{shard, from, what, slot, {}};
  auto refused = objection(made);
  if (!refused) {
    auto agreed = terms_of(made);
    if (agreed)
      return std::make_unique<batch::body>(shard, what, *std::move(agreed), *slot.batch,
                                           from.address_of(slot));
    refused = http::problem_answer(make_problem(agreed.error()), slot.id.view());
  }
  return std::make_unique<batch::body>(shard, what, *slot.batch, *std::move(refused));
}

http::answer batch_answer(const batch::outcomes& batch) {
  http::answer made;
  made.status = batch.refused() == 0 ? 202 : 207;
  made.body = batch.text();
  return made;
}

}  // namespace nip::gateway::resources
