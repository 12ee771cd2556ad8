// Any bytes as an envelope: refused with a reason, or a message whose text reads back to the same
// fields.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "message/codec.hpp"

namespace {

using namespace nip;

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const message::fields& a, const message::fields& b) {
  return a.id == b.id && a.type == b.type && a.timestamp == b.timestamp && a.source == b.source &&
         a.correlation_id == b.correlation_id && a.data == b.data && a.metadata == b.metadata &&
         a.tenant == b.tenant && a.ordering_key == b.ordering_key &&
         a.traceparent == b.traceparent && a.idempotency_key == b.idempotency_key &&
         a.topic == b.topic && a.reply_to == b.reply_to && a.causation_id == b.causation_id &&
         a.deadline == b.deadline && a.urgency == b.urgency && a.hops == b.hops &&
         a.retry_count == b.retry_count && a.mandatory == b.mandatory;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static message::codec parser;
  static buffer_pool pool;
  std::string text(reinterpret_cast<const char*>(bytes), size);
  text.append(message::message::padding, '"');  // padding of the worst kind
  const auto envelope = parser.parse(std::string_view(text).substr(0, size));
  if (!envelope) {
    require(envelope.error().detail.starts_with("envelope: "));
    return 0;
  }
  const bool traced = size % 2 == 0;
  const auto made = message::make_message(
      pool, *envelope,
      {default_tenant, wall_time{1'795'313'407'123'000'000}, "01890a5d-ac96-774b-bcce-b302099a8057",
       traced ? "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" : ""});
  text.assign(size, 'x');  // nothing may point here any more
  const std::string stored(made->json());
  const auto restored =
      message::restore_message(pool, parser, stored, made->tenant(), made->accepted_at());
  require(restored.has_value());
  require((*restored)->json() == made->json());
  require(same((*restored)->view(), made->view()));
  require(!made->view().id.empty() && !made->view().type.empty());
  require(!traced || !made->view().traceparent.empty());
  return 0;
}
