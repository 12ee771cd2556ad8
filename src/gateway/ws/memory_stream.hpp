// A stream for Beast that reads from bytes in hand and writes to a string.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <span>
#include <string>

namespace nip::gateway::ws {

/// Thrown when the bytes in hand are used up. Not an error code: any error, would_block too, fails
/// a Beast stream for good, while this passes through and leaves it where it was, between two
/// frames.
struct starved {};

/// Synchronous side only. The bytes and the string outlive the calls that use them.
class memory_stream {
 public:
  using executor_type = boost::asio::io_context::executor_type;

  /// Nothing is ever posted to `where`; Beast wants an executor for timers that stay unused.
  explicit memory_stream(executor_type where) : where_(where) {}
  executor_type get_executor() const noexcept { return where_; }

  void load(std::span<const char> in, std::string& out) {
    in_ = in;
    out_ = &out;
  }

  template <class Buffers>
  std::size_t read_some(const Buffers& into, boost::beast::error_code& ec) {
    ec = {};
    if (in_.empty()) throw starved{};
    const std::size_t got =
        boost::asio::buffer_copy(into, boost::asio::const_buffer(in_.data(), in_.size()));
    in_ = in_.subspan(got);
    return got;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& into) {
    boost::beast::error_code ec;
    return read_some(into, ec);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from, boost::beast::error_code& ec) {
    ec = {};
    std::size_t written = 0;
    for (auto it = boost::asio::buffer_sequence_begin(from);
         it != boost::asio::buffer_sequence_end(from); ++it) {
      const boost::asio::const_buffer part = *it;
      out_->append(static_cast<const char*>(part.data()), part.size());
      written += part.size();
    }
    return written;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from) {
    boost::beast::error_code ec;
    return write_some(from, ec);
  }

 private:
  executor_type where_;
  std::span<const char> in_;
  std::string* out_ = nullptr;
};

/// Beast ends a stream by this: there is nothing to shut down here.
inline void teardown(boost::beast::role_type, memory_stream&, boost::beast::error_code& ec) {
  ec = {};
}
inline void beast_close_socket(memory_stream&) {}

}  // namespace nip::gateway::ws
