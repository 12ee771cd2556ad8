#include <cstring>

#include "message/builder.hpp"
#include "message/codec.hpp"

namespace nip::message {

result<message_ptr> restore_message(buffer_pool& pool, codec& parser, std::string_view text,
                                    tenant_id tenant, wall_time accepted_at) {
  builder block(pool, text.size(), 0);
  std::memcpy(block.text(), text.data(), text.size());
  auto envelope = parser.parse({block.text(), text.size()});
  if (!envelope) return fail(errc::corrupt, "stored message: " + envelope.error().detail);
  if (envelope->view.id.empty() || envelope->view.timestamp.empty() ||
      envelope->text.size() != text.size())
    return fail(
        errc::corrupt,
        "stored message: the text is not canonical: no id, no timestamp, or space around it");
  // Decoded strings need room behind the text, which only the parser knows the size of.
  if (envelope->has_decoded) return make_message(pool, *envelope, {tenant, accepted_at, {}, {}});
  block.view() = envelope->view;
  return block.finish(tenant, accepted_at);
}

}  // namespace nip::message
