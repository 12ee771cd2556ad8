#include "gateway/inflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "message/message.hpp"

namespace nip::gateway {
namespace {

constexpr std::size_t readable_behind = message::message::padding;
constexpr std::size_t first_bytes = 4096;  ///< room for a text whose size nobody knows
constexpr std::size_t usual_ratio = 4;     ///< of JSON: room for most texts at once
constexpr std::string_view gzip_magic = "\x1f\x8b";
/// What RFC 7692 (7.2.2) has the receiver put behind a message: the rest of an empty stored block.
constexpr std::string_view message_tail("\x00\x00\xff\xff", 4);
/// z_stream::data_type: a block has just ended, and no bit of the next one is held back.
constexpr int at_block_end = 128;
constexpr int data_type_bits = 63 | at_block_end;

void feed(z_stream& stream, std::string_view bytes) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads
  stream.avail_in = static_cast<uInt>(bytes.size());
}

}  // namespace

inflater::inflater(form which) : form_(which) {}
inflater::~inflater() = default;

void inflater::closer::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

inflation inflater::inflate(std::string_view packed, std::size_t bytes_max) {
  begin();
  const std::size_t guess = std::clamp(packed.size() * usual_ratio, first_bytes, kept_bytes_max);
  const std::size_t wanted = std::min(guess, bytes_max + 1) + readable_behind;
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  feed(*stream_, packed);
  inflation made =
      form_ == form::gzip ? gzip_members(packed, bytes_max) : deflated_message(packed, bytes_max);
  if (made.how == inflation::outcome::whole) made.text = {buffer_.data(), produced_};
  return made;
}

void inflater::rest() {
  if (buffer_.size() > kept_bytes_max + readable_behind) std::string().swap(buffer_);
}

void inflater::begin() {
  produced_ = 0;
  if (stream_) {
    inflateReset(stream_.get());
    return;
  }
  auto fresh = std::make_unique<z_stream>();
  const int window = form_ == form::gzip ? MAX_WBITS + 16 : -MAX_WBITS;
  if (inflateInit2(fresh.get(), window) != Z_OK) throw std::bad_alloc();
  stream_.reset(fresh.release());
}

void inflater::make_room(std::size_t bytes_max) {
  // One byte more than is allowed, which says that there is more.
  const std::size_t room_max = bytes_max + 1;
  std::size_t room = std::min(buffer_.size() - readable_behind, room_max);
  if (produced_ == room && room < room_max) {
    room = std::min(room * 2, room_max);
    buffer_.resize(room + readable_behind);
  }
  stream_->next_out = reinterpret_cast<Bytef*>(buffer_.data() + produced_);
  stream_->avail_out = static_cast<uInt>(room - produced_);
}

inflater::stop inflater::run(std::size_t bytes_max) {
  for (;;) {
    make_room(bytes_max);
    const uInt room = stream_->avail_out;
    const int how = ::inflate(stream_.get(), Z_NO_FLUSH);
    if (how == Z_MEM_ERROR) throw std::bad_alloc();
    produced_ += room - stream_->avail_out;
    if (produced_ > bytes_max) return stop::over;
    if (how == Z_STREAM_END) return stop::ended;
    if (how != Z_OK && how != Z_BUF_ERROR) return stop::damaged;
    if (stream_->avail_out != 0) return stop::hungry;
  }
}

inflation inflater::gzip_members(std::string_view packed, std::size_t bytes_max) {
  using outcome = inflation::outcome;
  if (packed.empty()) return {outcome::damaged, {}, 0, "is empty"};
  for (;;) {
    const stop why = run(bytes_max);
    const std::size_t read = packed.size() - stream_->avail_in;
    if (why == stop::over) return {outcome::over, {}, read, {}};
    if (why == stop::damaged) return {outcome::damaged, {}, read, "is no gzip data, or damaged"};
    if (why == stop::hungry) return {outcome::damaged, {}, read, "ends inside of a gzip member"};
    if (read == packed.size()) return {outcome::whole, {}, read, {}};
    if (!packed.substr(read).starts_with(gzip_magic))
      return {outcome::damaged, {}, read, "has bytes behind its last gzip member"};
    inflateReset(stream_.get());
  }
}

inflation inflater::deflated_message(std::string_view packed, std::size_t bytes_max) {
  using outcome = inflation::outcome;
  bool at_tail = false;
  for (;;) {
    const stop why = run(bytes_max);
    const std::size_t read = at_tail ? packed.size() : packed.size() - stream_->avail_in;
    if (why == stop::over) return {outcome::over, {}, read, {}};
    if (why == stop::damaged) return {outcome::damaged, {}, read, "is no deflated data"};
    if (why == stop::ended) inflateReset(stream_.get());  // a block that says it is the last one
    if (stream_->avail_in != 0) continue;
    if (at_tail) break;
    at_tail = true;
    feed(*stream_, message_tail);
  }
  if ((stream_->data_type & data_type_bits) != at_block_end)
    return {outcome::damaged, {}, packed.size(), "ends inside of a deflated block"};
  return {outcome::whole, {}, packed.size(), {}};
}

}  // namespace nip::gateway
