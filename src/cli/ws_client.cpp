#include "cli/ws_client.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace nip::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

constexpr std::size_t message_bytes_max = std::size_t{64} << 20;  // a batch of events in one frame
constexpr std::chrono::milliseconds no_timeout = std::chrono::hours(24);

std::unexpected<failure> silent(const server_address& server,
                                const boost::system::error_code& code) {
  return stop(
      exit_code::unreachable,
      fmt::format("nipd does not answer at {} ({}). Is it running? Start it with \"nipd --config "
                  "config/nip.yaml\", or name another server with --server or NIP_SERVER",
                  server.url(), code.message()));
}

}  // namespace

struct ws_client::core {
  asio::io_context loop{1};
  websocket::stream<beast::tcp_stream> stream{loop};
  beast::flat_buffer buffer;
  server_address server;

  /// Runs what was started until it ends or the time is over.
  boost::system::error_code finish(boost::system::error_code& code,
                                   std::chrono::milliseconds timeout) {
    loop.restart();
    loop.run_for(timeout.count() > 0 ? timeout : no_timeout);
    if (loop.stopped()) return code;
    beast::get_lowest_layer(stream).cancel();
    loop.run();
    return asio::error::timed_out;
  }
};

ws_client::ws_client(std::unique_ptr<core> made) : core_(std::move(made)) {}
ws_client::~ws_client() = default;
ws_client::ws_client(ws_client&&) noexcept = default;

outcome<ws_client> ws_client::open(const server_address& server, const std::string& target,
                                   std::chrono::milliseconds timeout) {
  if (server.tls)
    return stop(exit_code::usage,
                fmt::format("{}: streams over TLS are not spoken by this version; use http://",
                            server.url()));
  auto made = std::make_unique<core>();
  made->server = server;
  boost::system::error_code code;
  tcp::resolver resolver(made->loop);
  const auto found = resolver.resolve(server.host, std::to_string(server.port), code);
  if (code) return silent(server, code);
  auto& transport = beast::get_lowest_layer(made->stream);
  transport.async_connect(found,
                          [&](boost::system::error_code ended, const auto&) { code = ended; });
  if (made->finish(code, timeout)) return silent(server, code ? code : asio::error::timed_out);
  transport.socket().set_option(tcp::no_delay(true), code);

  websocket::response_type response;
  made->stream.read_message_max(message_bytes_max);
  made->stream.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(beast::http::field::sec_websocket_protocol, "nip.v4.json");
    request.set(beast::http::field::user_agent, "nip/4");
  }));
  made->stream.async_handshake(response, server.authority(), target,
                               [&](boost::system::error_code ended) { code = ended; });
  if (const auto ended = made->finish(code, timeout); ended == websocket::error::upgrade_declined)
    return stop(exit_code::failed,
                fmt::format("{} refuses the stream: {} {}", server.url(), response.result_int(),
                            std::string_view(response.reason())));
  else if (ended)
    return silent(server, ended);
  return ws_client(std::move(made));
}

outcome<void> ws_client::send(std::string_view text) {
  boost::system::error_code code;
  core_->stream.text(true);
  core_->stream.write(asio::buffer(text), code);
  if (code) return silent(core_->server, code);
  return {};
}

outcome<std::string> ws_client::receive() {
  boost::system::error_code code;
  core_->buffer.clear();
  core_->stream.read(core_->buffer, code);
  if (!code) return beast::buffers_to_string(core_->buffer.data());
  if (code != websocket::error::closed) return silent(core_->server, code);
  const auto& reason = core_->stream.reason();
  return stop(exit_code::unreachable,
              fmt::format("{} ended the stream: {} {}", core_->server.url(),
                          static_cast<int>(reason.code), std::string_view(reason.reason)));
}

void ws_client::close() {
  boost::system::error_code ignored;
  core_->stream.close(websocket::close_code::normal, ignored);
}

}  // namespace nip::cli
