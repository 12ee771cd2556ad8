// The only maker of messages: one block with the message, its text, decoded strings and padding.
#pragma once

#include <string_view>

#include "base/buffer_pool.hpp"
#include "message/message.hpp"

namespace nip::message {

/// Fills one block. Lives on the stack of make_message and restore_message.
class builder {
 public:
  /// A block with room for `text_bytes` of text and `decoded_bytes` of decoded strings behind it.
  builder(buffer_pool& pool, std::size_t text_bytes, std::size_t decoded_bytes);
  ~builder();
  builder(const builder&) = delete;
  builder& operator=(const builder&) = delete;

  /// Where the text goes; as many bytes as were asked for.
  char* text() noexcept { return text_; }
  /// Puts one decoded string behind the text.
  std::string_view add_decoded(std::string_view decoded) noexcept;
  fields& view() noexcept { return message_->fields_; }
  /// Hands the message out; the builder is empty afterwards.
  message_ptr finish(tenant_id tenant, wall_time accepted_at) noexcept;

 private:
  message* message_;
  char* text_;
  char* decoded_end_;
};

}  // namespace nip::message
