// Writes small pieces behind a string with one check of room for all of them.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace nip {

/// Makes room for `bytes_max` behind `out`, takes pieces, and cuts what was not used when it goes.
/// More than `bytes_max` must not be put in. Lives on the stack of whoever writes; a dozen appends
/// to the string itself cost several times as much.
class text_tail {
 public:
  /// Digits of the longest 64-bit number.
  static constexpr std::size_t decimal_bytes_max = 20;

  text_tail(std::string& out, std::size_t bytes_max) : out_(out) {
    const auto from = out.size();
    out.resize(from + bytes_max);
    at_ = out.data() + from;
  }
  ~text_tail() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }
  text_tail(const text_tail&) = delete;
  text_tail& operator=(const text_tail&) = delete;

  void put(std::string_view text) noexcept {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put(char c) noexcept { *at_++ = c; }
  void put_decimal(std::uint64_t number) noexcept {
    at_ = std::to_chars(at_, at_ + decimal_bytes_max, number).ptr;
  }

 private:
  std::string& out_;
  char* at_;
};

}  // namespace nip
