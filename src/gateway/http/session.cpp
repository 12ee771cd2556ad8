#include "gateway/http/session.hpp"

#include "gateway/resources/route_table.hpp"
#include "gateway/services.hpp"

namespace nip::gateway::http {
namespace {

/// What the access log says of a request whose peer went before its answer; never sent.
constexpr unsigned status_peer_gone = 499;

}  // namespace

session::session(services& shard, outbox& out, broker::caller self)
    : shard_(shard), out_(out), self_(self), queue_(shard.exchanges), since_(shard.time.now()) {}

session::~session() {
  // Requests whose peer went before the answer have to leave the stages too.
  for (exchange* open = queue_.front(); open != nullptr; open = open->next) {
    if (open->ready) continue;
    open->status = status_peer_gone;
    shard_.stages.leave(*open, shard_.time.now());
  }
}

bool session::takes_more() const {
  const limits& bounds = shard_.settings.bounds;
  return !reading_over_ && queue_.size() < bounds.pipeline_max &&
         out_.size() < bounds.output_bytes_max && !(upgrade_waits_ && !queue_.empty()) &&
         !holds_back();
}

std::size_t session::feed(std::span<char> bytes) {
  std::size_t used = 0;
  while ((used < bytes.size() || holds_text()) && takes_more() && upgrade_ == nullptr) {
    const auto rest = bytes.subspan(used);
    const bool streams = stream_ != nullptr;
    const std::size_t step = streams   ? feed_stream(rest)
                             : chunks_ ? feed_chunks(rest)
                                       : feed_request(rest);
    used += step;
    const bool ended = streams && stream_ == nullptr;
    if (step == 0 && !ended) break;
  }
  if (upgrade_ != nullptr) return used;
  return reading_over_ ? bytes.size() : used;
}

std::size_t session::feed_request(std::span<char> bytes) {
  request& found = shard_.request;
  const reading got = shard_.reader.read(bytes, found);
  needed_ = 0;
  switch (got.what) {
    case reading::kind::whole:
      upgrade_waits_ = found.upgrade_websocket && !queue_.empty();
      if (upgrade_waits_) return 0;
      enter(phase::idle);
      take(found);
      return got.size;
    case reading::kind::head:
      enter(phase::head);
      return 0;
    case reading::kind::body:
      enter(phase::body);
      promise_continue(found);
      needed_ = got.size;
      return 0;
    case reading::kind::chunks:
      enter(phase::body);
      promise_continue(found);
      chunks_ = std::make_unique<chunk_reader>(shard_.settings.bounds, found.head);
      return got.size;
    case reading::kind::stream:
      begin_stream(found);
      return got.size;
    case reading::kind::refused:
      break;
  }
  refuse_reading(got);
  return bytes.size();
}

std::size_t session::feed_chunks(std::span<char> bytes) {
  const reading got = chunks_->feed(bytes);
  if (got.what == reading::kind::body) return got.size;
  if (got.what == reading::kind::refused) {
    refuse_reading(got);
    return bytes.size();
  }
  enter(phase::idle);
  take(chunks_->whole());
  chunks_.reset();
  return got.size;
}

std::size_t session::feed_stream(std::span<char> bytes) {
  const exchange& slot = *queue_.back();
  const std::uint64_t before = slot.batch->opened();
  const reading got = stream_->feed(bytes);
  if (got.what == reading::kind::refused) {
    shard_.counts.protocol_errors.add();
    cut_stream(http_problem(got.status, got.detail));
    return bytes.size();
  }
  if (slot.batch->opened() != before) since_ = shard_.time.now();
  if (got.what == reading::kind::whole) end_stream();
  return got.size;
}

void session::begin_stream(request& what) {
  enter(phase::body);
  exchange& slot = open_exchange(what);
  slot.batch = std::make_unique<batch::outcomes>();
  stream_ = resources::begin_batch(shard_, *this, what, slot);
  if (!what.expects_continue || continue_said_) {
    // An empty body is over already; nothing else would say so.
    if (!what.chunked && what.content_length == 0) end_stream();
    return;
  }
  if (stream_->refusal() == nullptr) return promise_continue(what);
  // Whether the body follows all the same cannot be known.
  slot.close_after = reading_over_ = linger_ = true;
  end_stream();
}

void session::end_stream() {
  exchange& slot = *queue_.back();
  continue_said_ = continue_owed_ = false;
  slot.close_after = slot.close_after || draining_;
  reading_over_ = slot.close_after;
  enter(phase::idle);
  stream_->finish();
  const auto over = std::move(stream_);
  if (const answer* refused = over->refusal()) return give(slot, *refused);
  if (slot.batch->complete()) give(slot, resources::batch_answer(*slot.batch));
}

void session::cut_stream(const problem& why) {
  stream_->stop(why);
  queue_.back()->close_after = linger_ = true;
  end_stream();
}

void session::enter(phase next) {
  if (next == phase_ && next != phase::idle) return;  // a slow sender gains no time by dripping
  phase_ = next;
  since_ = shard_.time.now();
}

void session::promise_continue(const request& what) {
  if (!what.expects_continue || continue_said_) return;
  continue_said_ = true;
  continue_owed_ = true;
  flush_ready();
}

void session::refuse_reading(const reading& why) {
  shard_.counts.protocol_errors.add();
  exchange& slot = queue_.push(++last_ordinal_);
  slot.started = shard_.time.now();
  slot.close_after = true;
  reading_over_ = linger_ = true;
  chunks_.reset();
  refuse(slot, http_problem(why.status, why.detail));
}

void session::take(request& what) {
  continue_said_ = continue_owed_ = false;
  exchange& slot = open_exchange(what);
  reading_over_ = slot.close_after;
  passage way{what, slot, shard_.time.now()};
  if (const auto refused = shard_.stages.enter(way)) return refuse(slot, *refused);
  resources::dispatch(shard_, *this, what, slot);
}

exchange& session::open_exchange(const request& what) {
  shard_.counts.requests.add();
  exchange& slot = queue_.push(++last_ordinal_);
  slot.started = shard_.time.now();
  slot.verb = what.verb;
  slot.head_only = what.verb == method::head;
  slot.close_after = !what.keep_alive || draining_;
  return slot;
}

void session::end_of_input() {
  if (stream_) return cut_stream(http_problem(400, "the connection ended inside of the body"));
  reading_over_ = true;
  if (queue_.empty()) {
    finished_ = true;
    return;
  }
  queue_.back()->close_after = true;
}

void session::drain() {
  draining_ = true;
  if (phase_ == phase::idle) end_of_input();
}

void session::time_out() {
  shard_.counts.timeouts.add();
  if (phase_ == phase::idle) {
    finished_ = true;
    return;
  }
  if (stream_) return cut_stream(http_problem(408, "the body did not come in time"));
  const auto what = phase_ == phase::head ? "the head of the request" : "the body of the request";
  refuse_reading({reading::kind::refused, 0, 408, std::string(what) + " did not come in time"});
}

void session::upgraded() {
  upgrade_->status = 101;
  shard_.stages.leave(*upgrade_, shard_.time.now());
  upgrade_ = nullptr;
  queue_.clear();
}

void session::refuse_upgrade(const problem& why) {
  exchange& slot = *upgrade_;
  upgrade_ = nullptr;
  refuse(slot, why);
}

void session::give(std::uint64_t ordinal, const answer& what) {
  if (exchange* slot = queue_.find(ordinal >> entry_bits)) give(*slot, what);
}

void session::give(exchange& to, const answer& what) {
  shard_.writer.write(line_for(to), to, what);
  complete(to, what.status);
}

void session::refuse(exchange& to, const problem& why) {
  give(to, problem_answer(why, to.id.view()));
}

broker::caller session::address_of(const exchange& which, std::uint64_t entry) const {
  return {self_.slot, self_.epoch, which.ordinal << entry_bits | entry};
}

std::string& session::line_for(exchange& slot) {
  return &slot == queue_.front() ? out_.open() : slot.response;
}

void session::complete(exchange& slot, unsigned status) {
  slot.ready = true;
  slot.status = status;
  count(status);
  shard_.stages.leave(slot, shard_.time.now());
  flush_ready();
}

void session::count(unsigned status) {
  auto& counts = shard_.counts;
  (status >= 500   ? counts.answers_5xx
   : status >= 400 ? counts.answers_4xx
                   : counts.answers_2xx)
      .add();
}

void session::flush_ready() {
  while (!queue_.empty() && queue_.front()->ready) {
    if (!queue_.front()->response.empty()) out_.open() += queue_.front()->response;
    finished_ = finished_ || queue_.front()->close_after;
    queue_.pop();
  }
  if (queue_.empty() && phase_ == phase::idle) since_ = shard_.time.now();
  const bool next_in_line = queue_.empty() || (stream_ && queue_.size() == 1);
  if (next_in_line && continue_owed_ && !finished_) {
    continue_owed_ = false;
    out_.open() += "HTTP/1.1 100 Continue\r\n\r\n";
  }
}

}  // namespace nip::gateway::http
