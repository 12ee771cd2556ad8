// What every command is given: the global options, the streams, and a way to the server.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/http_client.hpp"
#include "cli/outcome.hpp"
#include "cli/paint.hpp"
#include "cli/streams.hpp"

namespace nip::cli {

/// The options before or after any command.
struct global_options {
  std::string server = "http://127.0.0.1:8080";
  bool json = false;            ///< output for programs
  double timeout_seconds = 30;  ///< of one request; 0 is no bound
  bool no_color = false;
};

/// One run of `nip`. Lives on the stack of run().
class session {
 public:
  session(const global_options& chosen, streams& io)
      : io_(io), options_(chosen), paint_(io.out_is_terminal && !chosen.no_color) {}

  std::ostream& out() { return io_.out; }
  std::ostream& err() { return io_.err; }
  streams& io() { return io_; }
  const global_options& options() const { return options_; }
  bool json() const { return options_.json; }
  const painter& paint() const { return paint_; }

  /// Fails with exit_code::usage when --server is no address.
  outcome<server_address> server() const { return parse_server(options_.server); }
  /// A client for the server; connects at its first request. Fails as server() does.
  outcome<http_client> connect() const;
  std::chrono::milliseconds timeout() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(options_.timeout_seconds * 1000));
  }

  /// Prints `value` as JSON: on one line with --json, indented otherwise.
  void print_json(const nlohmann::json& value);
  /// A line for people, left out with --json.
  void say(std::string_view line);

 private:
  streams& io_;
  const global_options& options_;
  painter paint_;
};

/// What a command line asks for, run once parsing is through.
using action = std::function<outcome<exit_code>(session&)>;

}  // namespace nip::cli
