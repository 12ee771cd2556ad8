// The messages that a shard remembers after they ended, for GET by id and `explain`.
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "delivery/dispatcher.hpp"

namespace nip::broker {

/// A remembered message in the form of a flight again. Good until the next turn.
class recalled {
 public:
  recalled();
  const delivery::flight& flight() const { return flight_; }

 private:
  friend class history;
  delivery::flight flight_;
  std::deque<delivery::delivery> deliveries_;
};

/// One a shard, on its thread. A message that went well at once is written down in a few words, one
/// behind the other, and its flight is used again while it is still in the caches; one with a
/// story (a failure, a choice among candidates, a reply, stage times) keeps its flight.
class history {
 public:
  struct bounds {
    std::size_t messages_max;
    std::size_t bytes_max;
  };
  history(delivery::dispatcher& flights, bounds most);

  /// Takes a closed flight over. It may be somebody else's when this returns.
  void add(delivery::flight& ended);

  /// The newest message of `tenant` with this id among those whose flights went on; `restore` makes
  /// a message of its text again.
  template <class Restore>
  std::unique_ptr<recalled> find(tenant_id tenant, std::string_view id, Restore&& restore) const {
    const auto* found = find_note(tenant, id);
    if (!found) return nullptr;
    auto message = restore(text_of(*found), found->tenant, found->accepted_at);
    if (!message) return nullptr;
    return recall(*found, std::move(*message));
  }

  std::size_t size() const { return notes_.size() + whole_.size(); }
  std::size_t bytes() const { return note_bytes_ + whole_bytes_; }

 private:
  /// How one delivery went; these stand in front of the message's text.
  struct delivery_note {
    delivery::target* to = nullptr;
    nanoseconds took{};
    std::uint16_t index = 0;
    std::uint16_t chosen = 0;
  };
  struct note {
    router::plan_ptr plan;
    std::uint64_t number = 0;  ///< of the message in this history
    std::size_t at = 0;        ///< of its deliveries and its text, in the ring
    std::uint32_t text_bytes = 0;
    std::uint32_t id_at = 0;  ///< in the text
    std::uint32_t id_bytes = 0;
    std::uint16_t deliveries = 0;
    message::ack_level level = message::ack_level::memory;
    tenant_id tenant;
    seq_t seq;
    tenant_seq_t tenant_seq;
    mono_time accepted;
    wall_time accepted_at;

    std::size_t text_at() const { return at + deliveries * sizeof(delivery_note); }
    std::size_t end() const { return text_at() + text_bytes; }
  };
  struct kept {
    delivery::flight* flight;
    std::uint64_t number;
  };

  static bool went_well_at_once(const delivery::flight& ended);
  void write_down(const delivery::flight& ended);
  std::size_t make_room(std::size_t bytes);
  void keep_whole(delivery::flight& ended);
  void forget_oldest();
  void forget_note();
  void fetch_what_goes_next() const;
  const note* find_note(tenant_id tenant, std::string_view id) const;
  std::string_view text_of(const note& of) const {
    return {ring_.get() + of.text_at(), of.text_bytes};
  }
  std::unique_ptr<recalled> recall(const note& of, message::message_ptr message) const;

  delivery::dispatcher& flights_;
  const bounds most_;
  std::uint64_t number_ = 0;
  boost::circular_buffer<note> notes_;
  std::unique_ptr<char[]> ring_;  ///< bytes_max long; takes memory as far as it was written to
  std::size_t ring_end_ = 0;      ///< behind the newest note's text
  std::size_t note_bytes_ = 0;
  boost::circular_buffer<kept> whole_;
  std::size_t whole_bytes_ = 0;
};

}  // namespace nip::broker
