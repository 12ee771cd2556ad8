// What a plugin reports from other threads, carried to the shard that waits for it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/executor.hpp"
#include "plugin/plugin.hpp"

namespace nip::plugin::native {

constexpr std::size_t emissions_waiting_max = 1024;  // then publish() answers NIP_E_BUSY
constexpr std::size_t inbox_bytes_kept = std::size_t{256}
                                         << 10;  // of reply text, between two turns

/// The shard's side of an inbox.
class receiver {
 public:
  virtual ~receiver() = default;
  virtual void on_completion(const completion& result) = 0;
  virtual void on_emission(const emission& what) = 0;
};

/// First in, first out, from any thread to one loop. Posts once for all that arrives before the
/// loop comes to it. What is open is bounded by the slots, what is emitted by
/// emissions_waiting_max. Made shared: the posted work keeps it alive; after close() nothing is
/// posted or received any more.
class inbox : public std::enable_shared_from_this<inbox> {
 public:
  /// `to` is valid until close().
  inbox(executor& loop, receiver& to) : loop_(loop), receiver_(&to) {}

  /// [any thread] Copies the texts.
  void push(std::span<const completion> results);
  void push(const completion& result) { push(std::span(&result, 1)); }
  /// [any thread] False when too many wait; nothing was taken then.
  bool push(const emission& what);
  /// [any thread] Calls `then` on the loop, after everything that was pushed before.
  void push(std::function<void()> then);
  /// [loop] Drops what waits; the receiver is not called again.
  void close();

 private:
  /// One thing that waits; texts are ranges of its page's bytes.
  struct item {
    enum kind_t : std::uint8_t { result, emitted, call } kind = result;
    completion about;
    message::message_ptr cause;
    message::ack_level level{};
    std::size_t first = 0;  // reply or envelope
    std::size_t first_size = 0;
    std::size_t second_size = 0;  // error, behind it
    std::function<void()> then;
  };
  struct page {
    std::vector<item> items;
    std::string bytes;
    std::size_t emissions = 0;
    void clear();
  };

  void post_locked();
  void drain();
  void deliver(item& one);

  executor& loop_;
  receiver* receiver_;  // the loop's; null after close()
  std::mutex mutex_;    // guards what follows but `reading_`
  bool closed_ = false;
  bool posted_ = false;
  page filling_;
  page reading_;  // the loop's
};

}  // namespace nip::plugin::native
