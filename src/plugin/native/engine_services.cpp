// What a plugin asks of its engine, from inside a call or from a thread of its own.
#include <fmt/format.h>

#include <algorithm>

#include "plugin/native/engine.hpp"

namespace nip::plugin::native {

namespace {

constexpr std::size_t emission_bytes_max =
    reply_bytes_max;  // the broker's own limit comes after it

std::string_view text(nip_view view) {
  return view.data == nullptr ? std::string_view() : std::string_view(view.data, view.size);
}

const message::message* message_of(const nip_message* raw) {
  if (raw == nullptr || !NIP_HAS(nip_message, raw, opaque)) return nullptr;
  return static_cast<const message::message*>(raw->opaque);
}

}  // namespace

void engine::log(std::uint32_t level, std::string_view line) {
  voice_.log(static_cast<log_level>(std::min(level, NIP_LOG_ERROR)), line);
}

std::int64_t engine::now(std::uint32_t clock) const {
  return clock == NIP_CLOCK_WALL ? clock_.wall().ns : clock_.mono().ns;
}

std::int32_t engine::publish(const nip_emission& emission) {
  if (emission.envelope.size > emission_bytes_max) return NIP_E_TOO_LARGE;
  if (emission.envelope.data == nullptr || emission.level > NIP_ACK_REPLICATED)
    return NIP_E_INVALID;
  const message::message_ptr cause(message_of(emission.cause));
  const auto level = static_cast<message::ack_level>(emission.level);
  if (is_handling()) {
    if (emissions_.size() >= emissions_waiting_max) return NIP_E_BUSY;
    emissions_.push_back({waiting_for(emission.cause), std::string(text(emission.envelope)), cause,
                          level, emission.token});
    return NIP_OK;
  }
  const auto port = home();
  if (port == nullptr) return NIP_E_BUSY;
  const bool taken = port->push({.envelope = text(emission.envelope),
                                 .cause = cause,
                                 .level = level,
                                 .token = emission.token});
  return taken ? NIP_OK : NIP_E_BUSY;
}

std::int32_t engine::complete(std::uint64_t token, const nip_completion& completion) {
  if (completion.reply.size > reply_bytes_max) return NIP_E_TOO_LARGE;
  const auto who = open_.claim(token);
  if (!who) {
    violated(fmt::format(
        "completed token {:#x}, which is not open: a second time, after it was cancelled, "
        "or never given out",
        token));
    return NIP_E_UNKNOWN_TOKEN;
  }
  std::string note;
  auto result = judge(completion.status, completion.retry_after_ns, text(completion.reply),
                      text(completion.error).substr(0, error_bytes_max), note);
  result.token = who->token;
  handled_.fetch_add(1, std::memory_order_relaxed);
  if (result.status != handled::done) failed_.fetch_add(1, std::memory_order_relaxed);
  who->to->push(result);
  if (starved_.exchange(false)) wake_();
  return NIP_OK;
}

void engine::set_error(std::string_view reason) {
  if (!is_inside()) return violated("called set_error outside of a call; it is ignored");
  reason_ = reason.substr(0, error_bytes_max);
}

std::int32_t engine::metric(const nip_metric& sample) { return voice_.metric(sample); }

void engine::retain(const nip_message& raw) {
  intrusive_ptr_add_ref(message_of(&raw));
  retained_.fetch_add(1, std::memory_order_relaxed);
}

void engine::release(const nip_message& raw) {
  // One more release than retains would free a message under somebody else's feet.
  if (retained_.fetch_sub(1, std::memory_order_relaxed) > 0)
    return intrusive_ptr_release(message_of(&raw));
  retained_.fetch_add(1, std::memory_order_relaxed);
  violated("released a message more often than it retained any; ignored");
}

void engine::violated(std::string_view what) {
  violations_.fetch_add(1, std::memory_order_relaxed);
  voice_.log(log_level::warn, what);
}

std::shared_ptr<inbox> engine::home() {
  const std::lock_guard lock(ports_mutex_);
  return ports_.empty() ? nullptr : ports_.front();
}

/// The inbox of the delivery whose message caused an emission; the batch's first one otherwise.
inbox* engine::waiting_for(const nip_message* cause) {
  for (std::size_t i = 0; cause != nullptr && i < frame_.size() && frame_to_.size() > 1; ++i)
    if (frame_[i].message.opaque == cause->opaque) return frame_to_[i];
  return frame_to_.front();
}

}  // namespace nip::plugin::native
