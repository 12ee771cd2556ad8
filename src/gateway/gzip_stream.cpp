#include "gateway/gzip_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "message/message.hpp"

namespace nip::gateway {
namespace {

constexpr char first_gzip_byte = '\x1f';

}  // namespace

void gzip_stream::closer::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

gzip_stream::gzip_stream(bounds allowed)
    : buffer_(piece_bytes + message::message::padding, '\0'), allowed_(allowed) {
  auto fresh = std::make_unique<z_stream>();
  if (inflateInit2(fresh.get(), MAX_WBITS + 16) != Z_OK) throw std::bad_alloc();
  stream_.reset(fresh.release());
}

gzip_stream::~gzip_stream() = default;

gzip_stream::outcome gzip_stream::begin_member(std::string_view packed) {
  if (place_ == place::damaged || place_ == place::not_gzip) return outcome::damaged;
  if (place_ == place::behind_member) {
    if (packed.front() != first_gzip_byte) {
      place_ = place::not_gzip;
      return outcome::damaged;
    }
    inflateReset(stream_.get());
  }
  place_ = place::in_member;
  return outcome::fine;
}

gzip_stream::outcome gzip_stream::run(std::string_view& packed) {
  filled_ = used_ = 0;
  while (full_ || !packed.empty()) {
    if (place_ != place::in_member && begin_member(packed) != outcome::fine)
      return outcome::damaged;
    // Never past a multiple of piece_bytes, where the ratio is looked at, nor more than one byte
    // over the bound: what comes out does not depend on how the body is cut on its way.
    const std::uint64_t room =
        std::min(piece_bytes - made_ % piece_bytes, allowed_.bytes_max + 1 - made_);
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // only read
    stream_->avail_in = static_cast<uInt>(packed.size());
    stream_->next_out = reinterpret_cast<Bytef*>(buffer_.data() + filled_);
    stream_->avail_out = static_cast<uInt>(std::min<std::uint64_t>(room, piece_bytes - filled_));
    const uInt wanted = stream_->avail_out;
    const int how = ::inflate(stream_.get(), Z_NO_FLUSH);
    if (how == Z_MEM_ERROR) throw std::bad_alloc();
    const std::size_t made = wanted - stream_->avail_out;
    const std::size_t taken = packed.size() - stream_->avail_in;
    packed.remove_prefix(taken);
    read_ += taken;
    made_ += made;
    filled_ += made;
    full_ = how != Z_STREAM_END && stream_->avail_out == 0;
    if (how == Z_STREAM_END) {
      place_ = place::behind_member;
    } else if (how != Z_OK && how != Z_BUF_ERROR) {
      place_ = place::damaged;
      return outcome::damaged;
    }
    if (const outcome bounded = check_bounds(); bounded != outcome::fine) return bounded;
    if (filled_ == piece_bytes || made_ % piece_bytes == 0) break;
  }
  return outcome::fine;
}

gzip_stream::outcome gzip_stream::check_bounds() {
  if (made_ > allowed_.bytes_max) {
    --filled_;
    return outcome::over_bytes;
  }
  if (made_ % piece_bytes == 0 && made_ > read_ * allowed_.ratio_max) return outcome::over_ratio;
  return outcome::fine;
}

std::string_view gzip_stream::why() const {
  switch (place_) {
    case place::nowhere:
      return "is empty";
    case place::in_member:
      return "ends inside of a gzip member";
    case place::behind_member:
      return {};
    case place::damaged:
      return "is no gzip data, or damaged";
    case place::not_gzip:
      return "has bytes behind its last gzip member";
  }
  return {};
}

}  // namespace nip::gateway
