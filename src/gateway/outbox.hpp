// Bytes on their way to one peer, in a buffer that is lent by the shard while there are any.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nip::gateway {

/// Buffers of one shard that wait for the next user. One thread.
class buffer_shelf {
 public:
  static constexpr std::size_t kept_max = 256;  ///< buffers
  static constexpr std::size_t kept_bytes_max = std::size_t{128}
                                                << 10;  ///< capacity of one; larger are freed

  /// An empty buffer, warm when there is one.
  std::unique_ptr<std::string> take();
  void give_back(std::unique_ptr<std::string> buffer);

 private:
  std::vector<std::unique_ptr<std::string>> shelf_;
};

/// Owned by a session. At rest it is three words and holds no buffer.
class outbox {
 public:
  explicit outbox(buffer_shelf& shelf) : shelf_(&shelf) {}
  ~outbox();
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;

  /// The buffer to append to. Valid until sent() or release.
  std::string& open() {
    if (!buffer_) buffer_ = shelf_->take();
    return *buffer_;
  }
  /// What is still to be sent.
  std::string_view pending() const {
    return buffer_ ? std::string_view(*buffer_).substr(sent_) : std::string_view{};
  }
  std::size_t size() const { return buffer_ ? buffer_->size() - sent_ : 0; }
  bool empty() const { return size() == 0; }
  /// The first `bytes` of pending() are gone; an empty buffer goes back to the shelf.
  void sent(std::size_t bytes);

 private:
  buffer_shelf* shelf_;
  std::unique_ptr<std::string> buffer_;
  std::size_t sent_ = 0;
};

}  // namespace nip::gateway
