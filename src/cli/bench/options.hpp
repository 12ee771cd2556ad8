// What `nip bench` is asked to do, and what it found.
#pragma once

#include <cstdint>
#include <string>

#include "cli/bench/histogram.hpp"
#include "cli/server_address.hpp"

namespace nip::cli::bench {

enum class traffic : std::uint8_t {
  http,     ///< POST /v4/messages, pipelined; done at the answer
  ws,       ///< bare envelopes on /v4/stream; done at `accepted`
  request,  ///< op request on /v4/stream; done at `reply`
};

struct options {
  server_address server;
  traffic kind = traffic::ws;
  unsigned connections = 8;
  unsigned window = 0;     ///< in flight a connection; 0: window_of() chooses
  std::size_t size = 256;  ///< bytes of one envelope
  double seconds = 5;      ///< measured, after the warm-up
  double warmup_seconds = 0.5;
  double rate = 0;  ///< open loop, messages a second in all; 0: closed loop
  std::string ack;  ///< level asked for; empty: the server's default
  std::string type = "bench.order";
};

inline constexpr unsigned connections_max = 50'000;
inline constexpr unsigned window_max = 65'536;

/// The window in force: enough to keep the server busy in a closed loop, and out of the way in an
/// open one.
constexpr unsigned window_of(const options& chosen) {
  if (chosen.window != 0) return chosen.window;
  if (chosen.rate > 0) return 1024;
  return chosen.kind == traffic::http ? 1 : 64;
}

struct findings {
  std::uint64_t completed = 0;  ///< in the measured time, refused ones too
  std::uint64_t refused = 0;
  std::uint64_t unfinished =
      0;  ///< open loop: due and not done at the end; their age so far is in `latency`
  std::string first_refusal;  ///< its text
  double seconds = 0;         ///< measured
  double client_cpu = 0;      ///< cores that the client itself used
  histogram latency;          ///< nanoseconds; from the intended time of sending in an open loop
};

}  // namespace nip::cli::bench
