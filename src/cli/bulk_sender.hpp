// Publishes many messages in bounded batches and tries again what the server has no room for yet.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/http_client.hpp"

namespace nip::cli {

/// Entries and bytes of one batch at most; the server's default body limit is 1 MiB.
inline constexpr std::size_t batch_entries_max = 500;
inline constexpr std::size_t batch_bytes_max = std::size_t{512} << 10;
/// How often one batch is tried again after 429 or 503.
inline constexpr unsigned batch_retries_max = 60;

/// What became of one line of input.
struct line_outcome {
  std::uint64_t line = 0;  ///< from 1
  bool accepted = false;
  nlohmann::json answer;  ///< {id, seq, ack, generation} or {problem}
};

/// Collects lines, sends them in order batch by batch. One thread.
class bulk_sender {
 public:
  using listener = std::function<void(const line_outcome&)>;
  using waiter = std::function<void(std::chrono::milliseconds)>;

  /// `ack` is a level's name or empty. `told` hears the outcome of every line; `wait` passes the
  /// time that the server asks for in Retry-After. `client` outlives the sender.
  bulk_sender(http_client& client, std::string ack, listener told, waiter wait);

  /// Queues one envelope; sends a batch when it is full. Fails like flush().
  outcome<void> add(std::uint64_t line, std::string envelope);
  /// Sends what is queued. Fails with exit_code::unreachable, or exit_code::failed when the server
  /// refuses a batch as a whole or has no room after batch_retries_max tries; the text says which
  /// lines may or may not have been taken.
  outcome<void> flush();

 private:
  struct entry {
    std::uint64_t line;
    std::string envelope;
  };
  outcome<void> send_once(unsigned attempt);
  void settle(const nlohmann::json& outcomes);
  std::string span_of_lines() const;

  http_client& client_;
  std::string ack_;
  listener told_;
  waiter wait_;
  std::vector<entry> queued_;
  std::size_t queued_bytes_ = 0;
  std::chrono::milliseconds pause_{};  ///< asked for by the last answer; zero: none
};

/// Retry-After in seconds as the server says it, between 0 and 60 s; 1 s when it says nothing
/// readable.
std::chrono::milliseconds retry_after(const http_response& response);

}  // namespace nip::cli
