// The body of a batch on its way: bytes in, entries to the broker, as many as the window lets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/client.hpp"
#include "gateway/batch/entry_splitter.hpp"
#include "gateway/batch/outcomes.hpp"
#include "gateway/gzip_stream.hpp"
#include "gateway/http/body_taker.hpp"
#include "gateway/http/request_reader.hpp"
#include "gateway/http/response_writer.hpp"

namespace nip::gateway {
struct services;
}

namespace nip::gateway::batch {

/// What the head of the request says.
struct terms {
  form which = form::array;
  bool cloud_events = false;
  bool gzip = false;
  std::optional<message::ack_level> level;
  std::string traceparent;
  std::string request_id;
};

/// Owned by its connection until the body is over; one thread. What an entry came to is kept by the
/// exchange, which outlives this.
class body final : public http::body_taker {
 public:
  /// `first` is the address of entry 0, the ordinals behind it are those of the others.
  body(services& shard, const http::request& head, terms agreed, outcomes& into,
       broker::caller first);
  /// For a request that is refused as it stands: the body is read and thrown away.
  body(services& shard, const http::request& head, outcomes& into, http::answer refusal);
  ~body() override;

  /// Takes what there is room for off `bytes`, which message::padding readable bytes follow; `size`
  /// of the answer is how much. kind whole: the body is over and used up; body: there is more to
  /// come, or no room; else the framing is broken.
  http::reading feed(std::span<const char> bytes);
  /// False while the window is full: nothing is taken until half of it is free.
  bool has_room() const;
  /// Text is held back that has no bytes of the body left to come with.
  bool holds_text() const {
    return gzip_ && !is_deaf() &&
           (!gzip_->text().empty() || gzip_->has_more() || inflated_ != gzip_stream::outcome::fine);
  }
  /// Takes no more entries: `why` is the outcome of the next one, or of all when there was none.
  void stop(const problem& why);
  /// The body is over: what is left of its text is looked at. Then refusal() answers, or the
  /// outcomes do when they are complete.
  void finish();
  /// The answer to the whole batch: no entry was taken.
  const http::answer* refusal() const { return refusal_ ? &*refusal_ : nullptr; }

  std::size_t take(std::string_view bytes) override;

 private:
  void inflate_and_cut(std::string_view& packed);
  void cut(std::string_view& text);
  void handle(const piece& found);
  void submit(std::string_view text);
  void refuse_entry(const error& why, std::size_t bytes);
  void stop_inflating(gzip_stream::outcome why);
  bool is_deaf() const { return refusal_.has_value() || into_.stopped(); }

  services& shard_;
  outcomes& into_;
  terms agreed_;
  broker::caller first_;
  entry_splitter splitter_;
  std::unique_ptr<gzip_stream> gzip_;
  gzip_stream::outcome inflated_ = gzip_stream::outcome::fine;  ///< of its last run
  std::unique_ptr<http::chunk_reader> chunks_;  ///< null: `left_` says where the body ends
  std::uint64_t left_ = 0;
  std::optional<http::answer> refusal_;
  bool framed_ = false;  ///< the last byte of the body was taken
  bool held_ = false;
};

}  // namespace nip::gateway::batch
