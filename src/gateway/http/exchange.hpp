// One HTTP request between its arrival and its answer, and the order in which answers leave.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "gateway/batch/outcomes.hpp"
#include "gateway/http/request.hpp"
#include "message/levels.hpp"

namespace nip::gateway::http {

/// A request id as it is echoed: the client's own when it is plain enough, else made.
class request_id {
 public:
  static constexpr std::size_t size_max = 64;

  std::string_view view() const { return {text_, size_}; }
  void clear() { size_ = 0; }
  /// Takes `text`, of at most size_max bytes.
  void assign(std::string_view text);

 private:
  std::uint8_t size_ = 0;
  char text_[size_max];
};

/// Owned by the session while it is open, by the pool between two requests.
struct exchange {
  exchange* next = nullptr;
  std::uint64_t ordinal = 0;
  mono_time started;
  method verb = method::other;
  bool ready = false;        ///< the answer is complete
  bool close_after = false;  ///< the connection ends with this answer
  bool head_only = false;    ///< HEAD: the body is left out
  bool counted = false;      ///< by the stage "limits"
  bool wants_reply = false;  ///< Prefer: wait was given
  bool wants_event = false;  ///< Accept asks for the reply as a CloudEvent
  bool names_level = false;  ///< Prefer: ack was given
  unsigned status = 0;       ///< of the answer
  nanoseconds wait{};        ///< as granted
  request_id id;
  std::string log_line;  ///< method and target, kept by the stage "access_log" only
  std::string response;  ///< the whole answer, while earlier ones are missing

  // The acceptance, while a reply is waited for.
  std::string accepted_id;
  std::uint64_t seq = 0;
  std::uint64_t generation = 0;
  message::ack_level level = message::ack_level::memory;
  bool duplicate = false;

  std::unique_ptr<batch::outcomes> batch;

  void reset();
};

/// Exchanges of one shard that wait for the next request.
class exchange_pool {
 public:
  static constexpr std::size_t kept_max = 4096;

  std::unique_ptr<exchange> take();
  void give_back(std::unique_ptr<exchange> what);

 private:
  std::vector<std::unique_ptr<exchange>> free_;
};

/// The open exchanges of one connection, oldest first. Two words at rest.
class exchange_queue {
 public:
  explicit exchange_queue(exchange_pool& pool) : pool_(&pool) {}
  ~exchange_queue() { clear(); }
  exchange_queue(const exchange_queue&) = delete;
  exchange_queue& operator=(const exchange_queue&) = delete;

  bool empty() const { return head_ == nullptr; }
  std::uint32_t size() const { return size_; }
  exchange* front() { return head_; }
  exchange* back() { return tail_; }
  /// A new one at the end. It lives until pop() reaches it or clear().
  exchange& push(std::uint64_t ordinal);
  /// The open one with this ordinal; null when there is none.
  exchange* find(std::uint64_t ordinal);
  void pop();
  void clear();

 private:
  exchange_pool* pool_;
  exchange* head_ = nullptr;
  exchange* tail_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace nip::gateway::http
