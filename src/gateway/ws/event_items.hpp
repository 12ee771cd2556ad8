// The text of events on their way to subscribers: made once a turn, however many hear of a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/client.hpp"

namespace nip::gateway::ws {

/// One a shard, on its thread. Items lie in one block of text in the order in which they were first
/// asked for, joined by commas, so that subscribers who hear the same get it by one copy.
class event_items {
 public:
  /// Bytes of the block; beyond it the items so far are forgotten, and made again when asked for.
  static constexpr std::size_t block_bytes_max = std::size_t{4} << 20;

  /// Bytes that append() will append.
  static std::size_t size_of(std::span<const broker::event> items);
  /// Appends `{"seq":1,"message":{...}},{"seq":2,...` for at least one item.
  void append(std::string& out, std::span<const broker::event> items);
  /// Ends a turn: lets the messages go.
  void clear();

  /// Items that were made so far, ever.
  std::uint64_t made() const { return made_; }

 private:
  struct item {
    broker::event of;  ///< kept, so that no other message can take its address meanwhile
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  std::size_t place_of(const broker::event& what, std::size_t guess);
  std::size_t make(const broker::event& what);

  std::string block_;
  std::vector<item> items_;
  std::unordered_map<const message::message*, std::size_t> place_;
  std::uint64_t made_ = 0;
};

}  // namespace nip::gateway::ws
