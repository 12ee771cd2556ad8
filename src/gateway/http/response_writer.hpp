// Writes HTTP/1.1 answers; the parts that do not change are made once a second.
#pragma once

#include <string>
#include <string_view>

#include "gateway/http/exchange.hpp"
#include "gateway/options.hpp"
#include "gateway/problem.hpp"
#include "gateway/turn_clock.hpp"

namespace nip::gateway::http {

/// An answer as a handler gives it; the session adds what belongs to the connection.
struct answer {
  unsigned status = 200;
  std::string_view content_type = "application/json";  ///< a literal; empty: no body at all
  std::string fields;                                  ///< more header lines, each with its "\r\n"
  std::string body;
};

/// Appends a header line to `answer::fields`. A value with a line end would forge a header, so its
/// control characters are dropped.
void add_field(answer& to, std::string_view name, std::string_view value);

/// The answer to a problem: application/problem+json, and Retry-After where the problem has one.
answer problem_answer(const problem& what, std::string_view request_id);

/// What the fast answer to one accepted message says.
struct acceptance_facts {
  std::string_view id;
  std::uint64_t seq = 0;
  std::uint64_t generation = 0;
  message::ack_level level = message::ack_level::memory;
  bool duplicate = false;
  std::string_view state;  ///< "state" member; empty: none
};

/// The JSON object {"id","seq","ack","generation"} of an acceptance.
void append_acceptance(std::string& out, const acceptance_facts& facts);
/// `id` as one path segment.
void append_path_segment(std::string& out, std::string_view id);

/// One a shard.
class response_writer {
 public:
  response_writer(const options& settings, const turn_clock& time);

  /// Makes the constant parts anew when the second has changed; once a turn.
  void refresh();
  void write(std::string& out, const exchange& to, const answer& what) const;
  /// 202 with Location; no allocation once `out` is warm.
  void write_accepted(std::string& out, const exchange& to, const acceptance_facts& facts);

 private:
  const turn_clock& time_;
  std::string server_line_;
  std::string date_of_;   ///< the date that the lines below were made for
  std::string common_;    ///< Server and Date
  std::string accepted_;  ///< status line, common_, Content-Type of a 202
  std::string body_;      ///< scratch
};

}  // namespace nip::gateway::http
