#include "broker/message_range.hpp"

#include <fmt/format.h>

#include <charconv>

namespace nip::broker {

result<range_bound> parse_bound(std::string_view name, const std::string& text) {
  if (text.empty()) return range_bound{};
  std::uint64_t seq = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (wrong == std::errc{} && end == text.data() + text.size()) return range_bound{seq, {}};
  if (const auto time = parse_rfc3339(text)) return range_bound{{}, *time};
  return fail(errc::invalid_argument,
              fmt::format("{}: expected a seq or an RFC 3339 time, got \"{}\"", name, text));
}

placing message_range::place(tenant_seq_t seq, wall_time accepted_at) const {
  if (from.seq && seq.value < *from.seq) return placing::before;
  if (from.time && accepted_at < *from.time) return placing::before;
  if (to.seq && seq.value > *to.seq) return placing::behind;
  // Shards read their clocks apart, so a later number may have an earlier time.
  if (to.time && accepted_at > *to.time) return placing::before;
  return placing::within;
}

status stored_filter::use(const std::string& cel) {
  if (cel.empty()) return {};
  NIP_TRY(handle, expressions_.add(cel));
  filter_ = handle;
  return {};
}

const message::parsed* stored_filter::read(std::string_view envelope) {
  text_.assign(envelope);
  text_.append(message::message::padding, '\0');
  auto in = codec_.parse(std::string_view(text_).substr(0, envelope.size()));
  if (!in) return nullptr;
  in_ = *in;
  return &in_;
}

bool stored_filter::passes() {
  if (!filter_) return true;
  expressions_.bind(in_, filled());
  return expressions_.value(*filter_).is_true();
}

}  // namespace nip::broker
