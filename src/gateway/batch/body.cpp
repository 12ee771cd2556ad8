#include "gateway/batch/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/problem.hpp"
#include "gateway/services.hpp"

namespace nip::gateway::batch {
namespace {

error error_of(errc code, std::string detail) {
  return {code, std::move(detail), std::source_location::current()};
}

}  // namespace

body::body(services& shard, const http::request& head, terms agreed, outcomes& into,
           broker::caller first)
    : shard_(shard),
      into_(into),
      agreed_(std::move(agreed)),
      first_(first),
      splitter_(agreed_.which, shard.settings.bounds.body_bytes_max),
      left_(head.content_length) {
  const limits& bounds = shard.settings.bounds;
  if (head.chunked) chunks_ = std::make_unique<http::chunk_reader>(bounds, head.head, this);
  if (!agreed_.gzip) return;
  shard.counts.inflated.add();
  gzip_ = std::make_unique<gzip_stream>(
      gzip_stream::bounds{bounds.batch_bytes_max, bounds.compression_ratio_max});
}

body::body(services& shard, const http::request& head, outcomes& into, http::answer refusal)
    : body(shard, head, terms{}, into, {}) {
  refusal_ = std::move(refusal);
}

body::~body() = default;

http::reading body::feed(std::span<const char> bytes) {
  using kind = http::reading::kind;
  http::reading got{kind::body, 0, 0, {}};
  if (holds_text()) take({});
  if (!framed_ && has_room()) {
    if (chunks_) {
      got = chunks_->feed(bytes);
      framed_ = got.what == kind::whole;
    } else {
      const auto part = bytes.first(std::min<std::uint64_t>(bytes.size(), left_));
      got.size = take({part.data(), part.size()});
      left_ -= got.size;
      framed_ = left_ == 0;
    }
  }
  if (got.what == kind::refused) return got;
  got.what = framed_ && !holds_text() ? kind::whole : kind::body;
  return got;
}

bool body::has_room() const {
  if (!held_ || is_deaf()) return true;
  const limits& bounds = shard_.settings.bounds;
  return into_.waiting() * 2 <= bounds.batch_window_max &&
         into_.waiting_bytes() * 2 <= bounds.batch_window_bytes_max;
}

std::size_t body::take(std::string_view bytes) {
  std::string_view rest = bytes;
  if (gzip_) {
    inflate_and_cut(rest);
  } else {
    cut(rest);
  }
  return is_deaf() ? bytes.size() : bytes.size() - rest.size();
}

void body::inflate_and_cut(std::string_view& packed) {
  while (!is_deaf()) {
    std::string_view text = gzip_->text();
    const std::size_t size = text.size();
    cut(text);
    gzip_->use(size - text.size());
    if (!text.empty() || held_) return;
    if (inflated_ != gzip_stream::outcome::fine) return stop_inflating(inflated_);
    if (packed.empty() && !gzip_->has_more()) return;
    inflated_ = gzip_->run(packed);  // what it made in front of a fault counts
  }
}

void body::cut(std::string_view& text) {
  const limits& bounds = shard_.settings.bounds;
  while (!is_deaf()) {
    if (!has_room()) return;
    held_ = false;
    if (text.empty()) return;
    const piece found = splitter_.next(text);
    if (found.what == piece::kind::hungry) return;
    handle(found);
    held_ = into_.waiting() >= bounds.batch_window_max ||
            into_.waiting_bytes() >= bounds.batch_window_bytes_max;
    if (held_) shard_.counts.batch_holds.add();
  }
}

void body::handle(const piece& found) {
  const limits& bounds = shard_.settings.bounds;
  const std::uint64_t number = into_.opened();
  if (found.what == piece::kind::fault)
    return stop(make_problem(
        errc::parse, fmt::format("batch: byte {}, entry {}: {}; nothing behind it was looked at",
                                 found.at, number, found.text)));
  if (number == bounds.batch_entries_max)
    return stop(make_problem(
        errc::too_large,
        fmt::format("the batch has more than {} entries (api_gateway.limits.batch_entries); "
                    "nothing from byte {} on was taken; send several",
                    bounds.batch_entries_max, found.at)));
  if (found.what == piece::kind::entry) return submit(found.text);
  refuse_entry(error_of(errc::too_large,
                        fmt::format("entry {} at byte {} of the batch has more than {} bytes "
                                    "(api_gateway.limits.body_bytes); send less in one message",
                                    number, found.at, bounds.body_bytes_max)),
               0);
}

void body::submit(std::string_view text) {
  broker::submission made;
  std::string envelope;
  made.text = text;
  if (agreed_.cloud_events) {
    auto event = shard_.events_in.structured(text);
    if (!event) return refuse_entry(event.error(), text.size());
    envelope = *std::move(event);
    envelope.reserve(envelope.size() + message::message::padding);
    made.text = envelope;
  }
  made.who = &shard_.who;
  made.level = agreed_.level;
  made.traceparent = agreed_.traceparent;
  made.received = shard_.time.both();
  made.from = first_;
  made.from.ordinal += into_.open(text.size());
  shard_.counts.messages_in.add();
  shard_.port.submit(made);
}

void body::refuse_entry(const error& why, std::size_t bytes) {
  std::string outcome = R"({"problem":)";
  append_json(outcome, why);
  outcome += '}';
  into_.settle(into_.open(bytes), outcome, true);
}

void body::stop_inflating(gzip_stream::outcome why) {
  const limits& bounds = shard_.settings.bounds;
  shard_.counts.inflate_refused.add();
  const std::uint64_t read = gzip_->bytes_read();
  switch (why) {
    case gzip_stream::outcome::over_bytes:
      return stop(make_problem(
          errc::too_large,
          fmt::format("the gzip body inflates to more than {} bytes "
                      "(api_gateway.limits.batch_bytes) after {} of its bytes; send several",
                      bounds.batch_bytes_max, read)));
    case gzip_stream::outcome::over_ratio:
      return stop(make_problem(
          errc::too_large,
          fmt::format("the gzip body inflates to more than {} times its bytes "
                      "(api_gateway.limits.compression_ratio) after {} of them; send it without "
                      "Content-Encoding",
                      bounds.compression_ratio_max, read)));
    default:
      return stop(make_problem(
          errc::parse, fmt::format("the body {} (at byte {}); send gzip as of RFC 1952, or leave "
                                   "Content-Encoding out",
                                   gzip_->why(), read)));
  }
}

void body::stop(const problem& why) {
  if (is_deaf()) return;
  if (into_.opened() == 0) {
    refusal_ = http::problem_answer(why, agreed_.request_id);
    return;
  }
  into_.stop();
  std::string outcome = R"({"problem":)";
  append_json(outcome, why);
  outcome += '}';
  into_.settle(into_.open(0), outcome, true);
}

void body::finish() {
  if (!is_deaf() && gzip_ && !gzip_->why().empty()) stop_inflating(gzip_stream::outcome::damaged);
  if (!is_deaf()) {
    const piece last = splitter_.finish();
    if (last.what != piece::kind::hungry) handle(last);
  }
  if (!is_deaf() && into_.opened() == 0)
    stop(make_problem(errc::invalid_argument, "the batch has no entry; send at least one"));
  into_.end();
}

}  // namespace nip::gateway::batch
