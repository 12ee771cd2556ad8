#include "gateway/ws/codec.hpp"

#include <fmt/format.h>

#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <utility>

#include "gateway/ws/frame.hpp"
#include "gateway/ws/memory_stream.hpp"
#include "message/message.hpp"

namespace nip::gateway::ws {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using stream = websocket::stream<memory_stream, true>;

constexpr std::size_t step_bytes = 16 << 10;  ///< payload that Beast hands over at a time

/// Any valid handshake: a pooled stream is made by it, and its answer is thrown away.
constexpr std::string_view any_handshake =
    "GET / HTTP/1.1\r\nHost: pool\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

websocket::permessage_deflate deflate_offer(bool taken) {
  websocket::permessage_deflate made;
  made.server_enable = taken;
  made.client_no_context_takeover = made.server_no_context_takeover = true;
  return made;
}

}  // namespace

struct codec::core {
  core(boost::asio::io_context& loop, std::size_t message_bytes_max)
      : ws(memory_stream(loop.get_executor())) {
    ws.read_message_max(message_bytes_max);
    ws.auto_fragment(false);
  }

  /// Beast's own reading of a handshake head, and its answer.
  beast::error_code accept(std::string_view head, std::string& out) {
    beast::error_code why;
    beast::http::request_parser<beast::http::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(head.size() + 1));
    parser.put({head.data(), head.size()}, why);
    if (why) return why;
    ws.next_layer().load({}, out);
    ws.accept(parser.get(), why);
    return why;
  }

  stream ws;
  std::string text;
  bool inside = false;  ///< of a fragmented message
};

codec::codec(boost::asio::io_context& loop, std::size_t message_bytes_max)
    : core_(std::make_unique<core>(loop, message_bytes_max)) {}
codec::~codec() = default;

codec::event codec::feed(std::span<const char> bytes, std::string& out) {
  core& self = *core_;
  if (!self.inside) self.text.clear();
  const auto first = static_cast<unsigned char>(bytes.front());
  if ((first & 0x0f) < static_cast<unsigned>(opcode::close)) self.inside = (first & 0x80) == 0;
  self.ws.next_layer().load(bytes, out);
  try {
    for (;;) {
      const std::size_t held = self.text.size();
      self.text.resize(held + step_bytes);
      beast::error_code why;
      const auto got =
          self.ws.read_some(boost::asio::buffer(self.text.data() + held, step_bytes), why);
      self.text.resize(held + got);
      if (why == websocket::error::closed) return event::closed;
      if (why) return event::failed;
      if (self.ws.is_message_done()) break;
    }
  } catch (const starved&) {
    // The text grew for a read that brought nothing.
    self.text.resize(self.text.size() - step_bytes);
    return event::none;
  }
  self.text.reserve(self.text.size() + message::message::padding);
  return self.ws.got_text() ? event::text : event::binary;
}

std::string_view codec::message() const { return core_->text; }
bool codec::is_clean() const { return !core_->inside; }

codec_pool::codec_pool(boost::asio::io_context& loop, std::size_t message_bytes_max)
    : loop_(loop), message_bytes_max_(message_bytes_max) {}
codec_pool::~codec_pool() = default;

result<agreement> codec_pool::accept(const handshake_wish& wish, std::string& out) {
  auto fresh = std::make_unique<codec>(loop_, message_bytes_max_);
  stream& ws = fresh->core_->ws;
  agreement agreed;
  ws.set_option(deflate_offer(wish.deflate));
  ws.set_option(websocket::stream_base::decorator([&](websocket::response_type& answer) {
    agreed.deflate = answer.count(beast::http::field::sec_websocket_extensions) != 0;
    if (wish.server_name.empty()) {
      answer.erase(beast::http::field::server);
    } else {
      answer.set(beast::http::field::server,
                 beast::string_view(wish.server_name.data(), wish.server_name.size()));
    }
    if (!wish.subprotocol.empty())
      answer.set(beast::http::field::sec_websocket_protocol,
                 beast::string_view(wish.subprotocol.data(), wish.subprotocol.size()));
  }));
  const std::size_t before = out.size();
  const auto why = fresh->core_->accept(wish.head, out);
  ws.set_option(websocket::stream_base::decorator([](websocket::response_type&) {}));
  if (why) {
    out.resize(before);
    return fail(errc::invalid_argument,
                fmt::format("not a WebSocket handshake: {}", why.message()));
  }
  if (!agreed.deflate) give_back(std::move(fresh));
  return agreed;
}

std::unique_ptr<codec> codec_pool::take() {
  if (!free_.empty()) {
    auto taken = std::move(free_.back());
    free_.pop_back();
    return taken;
  }
  auto made = std::make_unique<codec>(loop_, message_bytes_max_);
  std::string answer;
  made->core_->accept(any_handshake, answer);
  return made;
}

void codec_pool::give_back(std::unique_ptr<codec> used) {
  constexpr std::size_t kept_bytes_max = 64 << 10;
  if (free_.size() >= kept_max || !used->is_clean()) return;
  if (used->core_->text.capacity() > kept_bytes_max) std::string().swap(used->core_->text);
  free_.push_back(std::move(used));
}

}  // namespace nip::gateway::ws
