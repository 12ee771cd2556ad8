#include "broker/history.hpp"

#include <algorithm>
#include <cstring>

namespace nip::broker {
namespace {

/// A note takes at least this much of the ring, so that no more of them than fit are planned for.
constexpr std::size_t text_bytes_min = 64;

constexpr std::size_t aligned(std::size_t at) {
  constexpr std::size_t unit = alignof(std::max_align_t);
  return (at + unit - 1) / unit * unit;
}

}  // namespace

recalled::recalled() : flight_([] {}) {}

history::history(delivery::dispatcher& flights, bounds most)
    : flights_(flights),
      most_{std::min(most.messages_max, most.bytes_max / text_bytes_min), most.bytes_max},
      notes_(most_.messages_max),
      ring_(std::make_unique_for_overwrite<char[]>(most_.bytes_max)),
      whole_(most_.messages_max) {}

void history::add(delivery::flight& ended) {
  ++number_;
  if (!went_well_at_once(ended)) {
    keep_whole(ended);
  } else {
    write_down(ended);
    flights_.release(ended);
  }
  while (size() > 0 && (size() > most_.messages_max || bytes() > most_.bytes_max)) forget_oldest();
}

/// Its note and its text say all that there is to say.
bool history::went_well_at_once(const delivery::flight& ended) {
  if (ended.sampled || ended.guest || ended.wants_reply || ended.reply) return false;
  if (!ended.plan->dead_reason().empty()) return false;
  const auto text = ended.message->json();
  const auto id = ended.message->view().id;
  // An id that had escapes stands decoded behind the text.
  if (id.data() < text.data() || id.data() + id.size() > text.data() + text.size()) return false;
  return std::ranges::all_of(ended.deliveries, [](const delivery::delivery* one) {
    return one->state == delivery::delivery_state::done && one->attempt == 1 && one->step == 0 &&
           one->to && !one->explored && !one->probe && one->failures.empty() &&
           one->scores.empty() && one->error.empty();
  });
}

void history::write_down(const delivery::flight& ended) {
  const auto text = ended.message->json();
  const auto ends_bytes = ended.deliveries.size() * sizeof(delivery_note);
  if (ends_bytes + text.size() > most_.bytes_max || most_.messages_max == 0) return;
  if (size() >= most_.messages_max) forget_oldest();
  const auto at = make_room(ends_bytes + text.size());
  char* out = ring_.get() + at;
  for (const auto* one : ended.deliveries) {
    const delivery_note end{one->to, one->took, one->index, one->chosen};
    std::memcpy(out, &end, sizeof end);
    out += sizeof end;
  }
  std::memcpy(out, text.data(), text.size());
  const auto id = ended.message->view().id;
  notes_.push_back(
      {ended.plan, number_, at, static_cast<std::uint32_t>(text.size()),
       static_cast<std::uint32_t>(id.data() - text.data()), static_cast<std::uint32_t>(id.size()),
       static_cast<std::uint16_t>(ended.deliveries.size()), ended.level, ended.message->tenant(),
       ended.seq, ended.tenant_seq, ended.accepted, ended.message->accepted_at()});
  ring_end_ = notes_.back().end();
  note_bytes_ += ring_end_ - at;
}

/// Where `bytes` can be written; the oldest notes that lie there are forgotten. Goes back to the
/// start of the ring as soon as there is room, so that no more of it is used than is needed.
std::size_t history::make_room(std::size_t bytes) {
  if (notes_.empty()) return 0;
  auto begin = aligned(ring_end_);
  const auto oldest = notes_.front().at;
  if (oldest < ring_end_ && bytes <= oldest) return 0;
  if (begin + bytes > most_.bytes_max) {
    while (!notes_.empty() && notes_.front().at >= ring_end_) forget_note();
    begin = 0;
  }
  while (!notes_.empty() && notes_.front().at >= begin && notes_.front().at < begin + bytes)
    forget_note();
  return begin;
}

void history::keep_whole(delivery::flight& ended) {
  if (most_.messages_max == 0) return flights_.release(ended);
  if (size() >= most_.messages_max) forget_oldest();
  whole_.push_back({&ended, number_});
  whole_bytes_ += ended.message->footprint();
  fetch_what_goes_next();
}

void history::forget_oldest() {
  if (whole_.empty() || (!notes_.empty() && notes_.front().number < whole_.front().number))
    return forget_note();
  auto& oldest = *whole_.front().flight;
  whole_.pop_front();
  whole_bytes_ -= oldest.message->footprint();
  flights_.release(oldest);
}

void history::forget_note() {
  note_bytes_ -= notes_.front().end() - notes_.front().at;
  notes_.pop_front();
}

/// Flights that were kept have left the caches by the time they go. Every new one takes the memory
/// of one that went, so what will be touched next is fetched while others are worked on: first the
/// flight, then what it points to, then the text.
void history::fetch_what_goes_next() const {
  constexpr std::size_t far = 24, middle = 16, near = 8;
  constexpr std::size_t line = 64;
  if (whole_.size() <= far || whole_.size() < notes_.size()) return;
  const auto fetch = [](const void* from, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; at += line)
      __builtin_prefetch(static_cast<const char*>(from) + at, 1);
  };
  fetch(whole_[far].flight, sizeof(delivery::flight));
  const auto& middling = *whole_[middle].flight;
  fetch(middling.message.get(), sizeof(message::message));
  if (!middling.deliveries.empty()) fetch(middling.deliveries.front(), sizeof(delivery::delivery));
  const auto text = whole_[near].flight->message->json();
  fetch(text.data(), text.size());
}

const history::note* history::find_note(tenant_id tenant, std::string_view id) const {
  for (auto at = notes_.rbegin(); at != notes_.rend(); ++at)
    if (at->tenant == tenant && text_of(*at).substr(at->id_at, at->id_bytes) == id) return &*at;
  return nullptr;
}

std::unique_ptr<recalled> history::recall(const note& of, message::message_ptr message) const {
  auto out = std::make_unique<recalled>();
  auto& flight = out->flight_;
  flight.message = std::move(message);
  flight.plan = of.plan;
  flight.seq = of.seq;
  flight.tenant_seq = of.tenant_seq;
  flight.level = of.level;
  flight.accepted = of.accepted;
  for (std::size_t i = 0; i < of.deliveries; ++i) {
    delivery_note end;
    std::memcpy(&end, ring_.get() + of.at + i * sizeof end, sizeof end);
    auto& one = out->deliveries_.emplace_back([] {});
    one.owner = &flight;
    one.index = end.index;
    one.attempt = 1;
    one.chosen = end.chosen;
    one.state = delivery::delivery_state::done;
    one.to = end.to;
    one.took = end.took;
    flight.deliveries.push_back(&one);
  }
  return out;
}

}  // namespace nip::broker
