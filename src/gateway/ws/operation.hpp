// The frames that a client of nip.v4.json sends besides bare envelopes, parsed and checked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "message/levels.hpp"

namespace nip::message {
class json_parser;
}

namespace nip::gateway::ws {

enum class verb : std::uint8_t {
  publish,
  request,
  subscribe,
  unsubscribe,
  ack,
  nack,
  credit,
  ping
};

/// One {"op": ...} frame. Views live until the next parse or until the frame's bytes go.
struct operation {
  verb op = verb::ping;
  std::string_view message;                ///< raw JSON of the envelope; its bytes are in the frame
  std::vector<std::string_view> messages;  ///< the same of each entry
  bool has_messages = false;
  std::optional<message::ack_level> level;
  std::optional<nanoseconds> wait;
  std::string_view topic;
  std::string_view filter;
  std::string_view from;  ///< raw JSON; empty when absent
  std::string_view name;
  std::string_view overflow;
  std::optional<std::uint64_t> credit;
  std::optional<std::uint64_t> sub;
  std::optional<std::uint64_t> n;
  std::optional<std::uint64_t> seq;
  std::optional<std::uint64_t> upto;
  std::vector<std::uint64_t> seqs;
  bool has_seqs = false;
  std::optional<nanoseconds> delay;
  std::string_view ref;  ///< raw JSON string or number that answers repeat; empty: none
};

/// True when `text`, a JSON object, has a top-level key "op"; an envelope may not have one. Cheap
/// when the word does not occur.
bool is_operation(std::string_view text);

/// One a shard; not thread-safe.
class operation_parser {
 public:
  /// `bytes_max` bounds one frame.
  explicit operation_parser(std::size_t bytes_max);
  ~operation_parser();

  /// `text` is valid UTF-8, followed by message::padding readable bytes. The operation lives
  /// until the next call. Fails with errc::parse, errc::invalid_argument or errc::too_large.
  result<const operation*> parse(std::string_view text);
  /// After a failure: the frame meant to publish, so that it takes an ordinal.
  bool meant_to_publish() const { return meant_to_publish_; }
  /// After a failure: the frame's ref, when it was understood.
  std::string_view ref() const { return found_.ref; }

 private:
  status read(std::string_view text);
  status check();

  std::unique_ptr<message::json_parser> json_;
  operation found_;
  std::string_view op_name_;
  bool meant_to_publish_ = false;
};

}  // namespace nip::gateway::ws
