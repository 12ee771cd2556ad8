#include "plugin/native/call_frame.hpp"

namespace nip::plugin::native {

namespace {

nip_view view(std::string_view text) { return {text.data(), text.size()}; }

void fill_message(nip_message& out, const message::message& in) {
  const message::fields& fields = in.view();
  out.struct_size = sizeof(nip_message);
  out.priority = static_cast<std::uint32_t>(fields.urgency);
  out.json = view(in.json());
  out.id = view(fields.id);
  out.type = view(fields.type);
  out.timestamp = view(fields.timestamp);
  out.source = view(fields.source);
  out.correlation_id = view(fields.correlation_id);
  out.data = view(fields.data);
  out.metadata = view(fields.metadata);
  out.ordering_key = view(fields.ordering_key);
  out.traceparent = view(fields.traceparent);
  out.idempotency_key = view(fields.idempotency_key);
  out.topic = view(fields.topic);
  out.reply_to = view(fields.reply_to);
  out.causation_id = view(fields.causation_id);
  out.accepted_at_ns = in.accepted_at().ns;
  out.tenant = in.tenant().value;
  out.retry_count = fields.retry_count;
  out.hops = fields.hops;
  out.opaque = &in;
}

}  // namespace

void call_slot::fill(const work& what, std::uint64_t token) {
  fill_message(message, *what.message);
  delivery.struct_size = sizeof(nip_delivery);
  delivery.slot = what.slot;
  delivery.attempt = what.attempt;
  delivery.token = token;
  delivery.seq = what.seq.value;
  delivery.deadline_ns = what.deadline.ns;
  delivery.rule = view(what.rule);
  delivery.message = &message;
  reply.clear(text_bytes_kept);
  error.clear(text_bytes_kept);
  result.struct_size = sizeof(nip_result);
  result.status = status_unset;
  result.retry_after_ns = 0;
  result.reply = what.wants_reply ? reply.raw() : nullptr;
  result.error = error.raw();
}

call_slot& call_frame::add() {
  if (used_ == slots_.size()) {
    call_slot& made = slots_.emplace_back();
    deliveries_.push_back(&made.delivery);
    results_.push_back(&made.result);
  }
  return slots_[used_++];
}

}  // namespace nip::plugin::native
