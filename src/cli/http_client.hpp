// One kept-alive HTTP connection to nipd, and its answers as values.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/server_address.hpp"

namespace nip::cli {

struct http_request {
  std::string method = "GET";
  std::string path;  ///< with query, already escaped: "/v4/rules?limit=10"
  std::string body = {};
  std::vector<std::string> headers = {};                  ///< "Name: value"
  std::optional<std::chrono::milliseconds> timeout = {};  ///< instead of the client's own
};

struct http_response {
  long status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// Keeps its connection between requests. One thread.
class http_client {
 public:
  /// `timeout` bounds each request as a whole; zero means no bound.
  http_client(server_address server, std::chrono::milliseconds timeout);
  ~http_client();
  http_client(http_client&&) noexcept;

  /// Sends the request and gives whatever status came back. Fails with exit_code::unreachable when
  /// there was no complete answer, and says why and what to try.
  outcome<http_response> send(const http_request& request);

  const server_address& server() const { return server_; }

 private:
  struct handle;
  server_address server_;
  std::chrono::milliseconds timeout_;
  std::unique_ptr<handle> curl_;
};

/// Percent-encodes what is not unreserved (RFC 3986), for one path segment or query value.
std::string url_escape(std::string_view text);

}  // namespace nip::cli
