// Reads HTTP/1.1 requests out of bytes: Beast's parser, strict where request smuggling begins.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gateway/http/body_taker.hpp"
#include "gateway/http/request.hpp"
#include "gateway/options.hpp"

namespace nip::gateway::http {

/// What came of one look at the bytes.
struct reading {
  enum class kind : std::uint8_t {
    whole,    ///< `size` bytes were one request
    head,     ///< the head is not whole yet
    body,     ///< the head is whole, the body is not; `size` is what the request will take in all
    chunks,   ///< the head is whole (`size` bytes), the chunked body is not: needs a chunk_reader
    stream,   ///< the head is whole (`size` bytes), its body is to be handled as it comes
    refused,  ///< not a request that is served: answer `status` with `detail` and close
  };
  kind what = kind::head;
  std::size_t size = 0;
  unsigned status = 400;
  std::string detail;
};

/// One a shard. Keeps no state of a connection: what is not whole is looked at again with more
/// behind.
class request_reader {
 public:
  explicit request_reader(const limits& bounds);
  ~request_reader();

  /// Looks at `bytes`, which begin with a request. `into` is filled for kind whole, and but for its
  /// body for body, chunks and stream; its views point into `bytes`, or into the reader for the
  /// body of chunks (valid until the next call).
  reading read(std::span<const char> bytes, request& into);

 private:
  const limits& bounds_;
  std::string chunks_;
};

/// Collects one chunked request that did not come at once, or hands its body on as it comes. Owned
/// by its connection meanwhile.
class chunk_reader {
 public:
  /// `head` is the request's head as the reader found it.
  /// `taker`: gets the body, which then is no part of whole(); null: it is collected.
  chunk_reader(const limits& bounds, std::string_view head, body_taker* taker = nullptr);
  ~chunk_reader();

  /// Takes what it can of `bytes`; `size` of the answer is how much that was. kind body: wants
  /// more, and gets the rest that it left again; kind whole: request() is complete; else refused.
  reading feed(std::span<const char> bytes);
  /// Views point into this object.
  request& whole();

 private:
  struct core;
  std::unique_ptr<core> core_;
};

}  // namespace nip::gateway::http
