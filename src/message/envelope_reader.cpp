#include "message/envelope_reader.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/clock.hpp"
#include "message/topic.hpp"
#include "message/traceparent.hpp"

namespace nip::message {

using simdjson::dom::element_type;

namespace {

/// For a key whose size was looked at already: a comparison of constant length is a few loads,
/// where == calls memcmp.
template <std::size_t N>
bool reads(std::string_view key, const char (&name)[N]) noexcept {
  return std::memcmp(key.data(), name, N - 1) == 0;
}

}  // namespace

bool envelope_reader::read(simdjson::dom::object envelope) {
  member_cursor cursor(text_, structurals_);
  // No structured binding: its copy reads 16 bytes right behind two stores of 8, which stalls.
  for (auto at = envelope.begin(); at != envelope.end(); ++at)
    if (!take({at.key(), at.value(), cursor.next()})) return false;
  // The object itself is one level.
  if (cursor.depth() + 1 > limits_.depth_max) return refuse_depth();
  return !out_.view.type.empty() || refuse_missing_type();
}

bool envelope_reader::take(const entry& e) {
  fields& f = out_.view;
  switch (e.key.size()) {
    case 2:
      if (reads(e.key, "id")) return first(e, seen_, 0) && take_id(e);
      break;
    case 4:
      if (reads(e.key, "type")) return first(e, seen_, 1) && take_type(e);
      if (reads(e.key, "data")) {
        if (!first(e, seen_, 2)) return false;
        if (e.value.is_null()) return true;
        out_.data = e.value;
        f.data = e.raw.value;
        return true;
      }
      break;
    case 6:
      if (reads(e.key, "source")) return first(e, seen_, 3) && take_string(e, f.source);
      break;
    case 8:
      if (reads(e.key, "metadata")) return first(e, seen_, 4) && take_metadata(e);
      break;
    case 9:
      if (reads(e.key, "timestamp")) return first(e, seen_, 5) && take_timestamp(e);
      break;
    case 14:
      if (reads(e.key, "correlation_id"))
        return first(e, seen_, 6) && take_string(e, f.correlation_id);
      break;
    default:
      break;
  }
  return refuse_unknown(e);
}

bool envelope_reader::take_metadata(const entry& e) {
  if (e.value.is_null()) {
    out_.null_at.metadata = e.raw.value_at - structurals_[0];
    return true;
  }
  simdjson::dom::object members;
  if (e.value.get(members) != simdjson::SUCCESS) return refuse_type(e, "an object");
  out_.metadata = e.value;
  out_.view.metadata = e.raw.value;
  member_cursor cursor(text_, e.raw.value_index);
  for (auto at = members.begin(); at != members.end(); ++at)
    if (!take_known({at.key(), at.value(), cursor.next(), true})) return false;
  return true;
}

bool envelope_reader::take_known(const entry& e) {
  fields& f = out_.view;
  const auto unseen = [&](unsigned bit) { return first(e, seen_metadata_, bit); };
  switch (e.key.size()) {
    case 4:
      if (reads(e.key, "hops")) return unseen(0) && take_number(e, f.hops);
      break;
    case 5:
      if (reads(e.key, "topic")) return unseen(1) && take_topic(e, f.topic);
      if (reads(e.key, "delay")) return unseen(12) && take_due(e);
      break;
    case 6:
      if (reads(e.key, "tenant")) return unseen(2) && take_string(e, f.tenant);
      break;
    case 8:
      if (reads(e.key, "priority")) return unseen(3) && take_priority(e);
      if (reads(e.key, "deadline")) return unseen(4) && take_deadline(e);
      if (reads(e.key, "reply_to")) return unseen(5) && take_topic(e, f.reply_to);
      break;
    case 9:
      if (reads(e.key, "mandatory")) return unseen(6) && take_flag(e, f.mandatory);
      break;
    case 10:
      if (reads(e.key, "deliver_at")) return unseen(13) && take_due(e);
      break;
    case 11:
      if (reads(e.key, "retry_count")) return unseen(7) && take_number(e, f.retry_count);
      if (reads(e.key, "traceparent")) return unseen(8) && take_traceparent(e);
      break;
    case 12:
      if (reads(e.key, "ordering_key")) return unseen(9) && take_string(e, f.ordering_key);
      if (reads(e.key, "causation_id")) return unseen(10) && take_string(e, f.causation_id);
      break;
    case 15:
      if (reads(e.key, "idempotency_key")) return unseen(11) && take_string(e, f.idempotency_key);
      break;
    default:
      break;
  }
  return true;  // every other key is the user's own
}

bool envelope_reader::first(const entry& e, std::uint32_t& seen, unsigned bit) {
  const std::uint32_t mask = std::uint32_t{1} << bit;
  if ((seen & mask) != 0) return refuse(e, "is there twice; keep one of them");
  seen |= mask;
  return true;
}

bool envelope_reader::take_string(const entry& e, std::string_view& into) {
  if (e.value.is_null()) return true;
  if (!e.value.is_string()) return refuse_type(e, "a string");
  const std::string_view text = e.value.get_string().value_unsafe();
  if (text.size() > limits_.id_bytes_max)
    return refuse(
        e, fmt::format("has {} bytes, over the limit of {}", text.size(), limits_.id_bytes_max));
  // An escape always makes the decoded text shorter, so equal sizes mean that there is none.
  if (text.size() + 2 == e.raw.value.size()) {
    into = e.raw.value.substr(1, text.size());
    return true;
  }
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20)
      return refuse(e, "holds a control character (an escape below U+0020)");
  into = text;
  out_.has_decoded = true;
  return true;
}

bool envelope_reader::take_type(const entry& e) {
  if (!take_string(e, out_.view.type)) return false;
  return !out_.view.type.empty() || refuse_type(e, "a string that is not empty");
}

bool envelope_reader::take_id(const entry& e) {
  fields& f = out_.view;
  if (!take_string(e, f.id)) return false;
  if (e.value.is_null()) {
    out_.null_at.id = e.raw.value_at - structurals_[0];
    return true;
  }
  f.client_id = true;
  return !f.id.empty() || refuse(e, "is empty; leave it out and one is made");
}

bool envelope_reader::take_timestamp(const entry& e) {
  fields& f = out_.view;
  if (!take_string(e, f.timestamp)) return false;
  if (e.value.is_null()) {
    out_.null_at.timestamp = e.raw.value_at - structurals_[0];
    return true;
  }
  if (const auto time = parse_rfc3339(f.timestamp); !time) return refuse(e, time.error().detail);
  return true;
}

bool envelope_reader::take_deadline(const entry& e) {
  fields& f = out_.view;
  if (!take_string(e, f.deadline)) return false;
  if (e.value.is_null() || parse_duration(f.deadline) || parse_rfc3339(f.deadline)) return true;
  return refuse_type(e, "an RFC 3339 time or a duration such as \"30s\"");
}

/// One of the two keys, each with its own form.
bool envelope_reader::take_due(const entry& e) {
  fields& f = out_.view;
  if (!f.due.empty()) return refuse(e, "does not go with the other of deliver_at and delay");
  if (!take_string(e, f.due)) return false;
  if (e.value.is_null()) return true;
  if (e.key == "delay")
    return parse_duration(f.due) || refuse_type(e, "a duration such as \"30s\"");
  return parse_rfc3339(f.due) || refuse_type(e, "an RFC 3339 time");
}

bool envelope_reader::take_topic(const entry& e, std::string_view& into) {
  if (!take_string(e, into)) return false;
  if (e.value.is_null() || is_topic(into)) return true;
  return refuse_type(e, "a topic: words with dots between, no spaces, no wildcards");
}

bool envelope_reader::take_traceparent(const entry& e) {
  fields& f = out_.view;
  if (!take_string(e, f.traceparent)) return false;
  if (e.value.is_null()) {
    out_.null_at.traceparent = e.raw.value_at - structurals_[0];
    return true;
  }
  if (is_traceparent(f.traceparent)) return true;
  return refuse_type(e, "the W3C form 00-<32 hex>-<16 hex>-<2 hex>");
}

bool envelope_reader::take_priority(const entry& e) {
  if (e.value.is_null()) return true;
  if (e.value.is_string()) {
    if (const auto urgency = parse_priority(e.value.get_string().value_unsafe())) {
      out_.view.urgency = *urgency;
      return true;
    }
  }
  return refuse_type(e, "one of \"low\", \"normal\", \"high\", \"critical\"");
}

bool envelope_reader::take_flag(const entry& e, bool& into) {
  if (e.value.is_null()) return true;
  if (e.value.get(into) == simdjson::SUCCESS) return true;
  return refuse_type(e, "true or false");
}

template <class Number>
bool envelope_reader::take_number(const entry& e, Number& into) {
  if (e.value.is_null()) return true;
  constexpr std::uint64_t most = std::numeric_limits<Number>::max();
  std::uint64_t number = 0;
  // is_uint64() tells 2 from 2.0, which get() would take for the same.
  const bool whole = e.value.type() == element_type::INT64 || e.value.is_uint64();
  if (!whole || e.value.get(number) != simdjson::SUCCESS || number > most)
    return refuse_type(e, fmt::format("a whole number from 0 to {}", most));
  into = static_cast<Number>(number);
  return true;
}

}  // namespace nip::message
