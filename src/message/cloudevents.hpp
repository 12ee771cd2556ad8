// CloudEvents 1.0 in and out: structured and batched JSON, and the binary form of the HTTP binding.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "message/codec.hpp"
#include "message/message.hpp"

namespace nip::message {

enum class cloudevents_form : std::uint8_t {
  none,        ///< not a CloudEvent: a NIP envelope, say
  structured,  ///< Content-Type application/cloudevents+json
  batch,       ///< Content-Type application/cloudevents-batch+json
  binary,      ///< a ce-specversion header
};

/// Which form a request has, by its content type (parameters ignored) and its `ce-specversion`
/// header.
cloudevents_form form_of(std::string_view content_type, bool has_ce_specversion) noexcept;

/// One HTTP header; the name may be of any case.
struct header {
  std::string_view name;
  std::string_view value;
};

/// What a request of the binary form is made of.
struct binary_event {
  std::vector<std::pair<std::string, std::string>> headers;  ///< ce-id, ce-source, …
  std::string content_type;                                  ///< empty when there is no data
  std::string body;
};

/// Turns CloudEvents into the text of a NIP envelope, which then goes through the codec as any
/// other. The mapping is in docs/reference/message.md. One a shard; reuses its buffers; not
/// thread-safe.
class cloudevents_reader {
 public:
  /// Attributes of one event, extensions included.
  static constexpr std::size_t attributes_max = 128;
  /// Events of one batch.
  static constexpr std::size_t batch_max = 10'000;
  /// Text of one batch.
  static constexpr std::size_t batch_bytes_max = std::size_t{16} << 20;

  explicit cloudevents_reader(codec_limits limits = {});
  ~cloudevents_reader();

  /// The envelope of one event in JSON. Fails with errc::parse, errc::invalid_argument (an
  /// attribute is missing, twice, of a wrong type or name), errc::unsupported (another specversion)
  /// or errc::too_large.
  result<std::string> structured(std::string_view json);
  /// One outcome an entry of the array. Fails as a whole when the text is not a JSON array, or with
  /// errc::too_large when it has more entries than batch_max.
  result<std::vector<result<std::string>>> batch(std::string_view json);
  /// The envelope of an event whose attributes are headers; headers without `ce-` are passed over.
  result<std::string> binary(std::span<const header> headers, std::string_view content_type,
                             std::string_view body);

 private:
  struct core;
  std::unique_ptr<core> core_;
};

/// Turns messages into CloudEvents; what the reader made of one comes out as it was. One a shard;
/// not thread-safe.
class cloudevents_writer {
 public:
  cloudevents_writer();
  ~cloudevents_writer();

  /// Appends the message as one JSON event; a batch is these with commas between, in brackets.
  void append_structured(std::string& out, const message& from);
  binary_event binary(const message& from);

 private:
  struct core;
  std::unique_ptr<core> core_;
};

}  // namespace nip::message
