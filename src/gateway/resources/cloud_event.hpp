// CloudEvents 1.0 at the HTTP port: which requests carry them, and the envelopes that they become.
#pragma once

#include <string>

#include "base/result.hpp"
#include "gateway/http/request.hpp"
#include "message/cloudevents.hpp"

namespace nip::gateway::resources {

inline constexpr std::string_view cloud_event_type = "application/cloudevents+json";

/// The envelope of the one event in a request, of structured or binary form, with message::padding
/// spare bytes behind it. Fails as message::cloudevents_reader does.
result<std::string> envelope_of_event(message::cloudevents_reader& reader,
                                      const http::request& request);

/// Makes the spare bytes behind an envelope that parsers may read.
void pad(std::string& envelope);

}  // namespace nip::gateway::resources
