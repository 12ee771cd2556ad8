#include "gateway/resources/cloud_event.hpp"

#include <vector>

#include "gateway/http/response_writer.hpp"
#include "gateway/resources/route_table.hpp"
#include "gateway/services.hpp"

namespace nip::gateway::resources {

void pad(std::string& envelope) { envelope.reserve(envelope.size() + message::message::padding); }

result<std::string> envelope_of_event(message::cloudevents_reader& reader,
                                      const http::request& request) {
  result<std::string> made;
  if (request.cloud_event) {
    std::vector<message::header> headers;
    for (const http::header& field : request.headers())
      headers.push_back({field.name, field.value});
    made = reader.binary(headers, request.content_type, request.body);
  } else {
    made = reader.structured(request.body);
  }
  if (made) pad(*made);
  return made;
}

void write_reply(services& shard, http::answer& to, const message::message& reply, bool as_event) {
  if (!as_event) {
    to.body = reply.json();
    return;
  }
  to.content_type = cloud_event_type;
  shard.events_out.append_structured(to.body, reply);
}

}  // namespace nip::gateway::resources
