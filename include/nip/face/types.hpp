// What a C++ plugin sees of a delivery, its result and the broker: thin views over the C tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "nip/plugin.h"

namespace nip::face {

inline std::string_view text(nip_view view) {
  return view.size == 0 ? std::string_view() : std::string_view(view.data, view.size);
}
inline nip_view view(std::string_view text) { return {text.data(), text.size()}; }

/// One delivered message. Views are valid until handle() returns, or while the delivery is pending.
class message {
 public:
  explicit message(const nip_delivery& delivery) : delivery_(delivery), raw_(*delivery.message) {}

  std::string_view json() const { return text(raw_.json); }  ///< the whole envelope
  std::string_view id() const { return text(raw_.id); }
  std::string_view type() const { return text(raw_.type); }
  std::string_view timestamp() const { return text(raw_.timestamp); }
  std::string_view source() const { return text(raw_.source); }
  std::string_view correlation_id() const { return text(raw_.correlation_id); }
  std::string_view data() const { return text(raw_.data); }  ///< raw JSON, empty when absent
  std::string_view metadata() const {
    return text(raw_.metadata);
  }  ///< raw JSON, empty when absent
  std::string_view ordering_key() const { return text(raw_.ordering_key); }
  std::string_view traceparent() const { return text(raw_.traceparent); }
  std::string_view topic() const { return text(raw_.topic); }
  std::uint32_t priority() const { return raw_.priority; }
  std::uint32_t tenant() const { return raw_.tenant; }

  std::string_view rule() const { return text(delivery_.rule); }
  std::uint64_t seq() const { return delivery_.seq; }
  std::uint16_t slot() const { return delivery_.slot; }
  std::uint16_t attempt() const { return delivery_.attempt; }  ///< from 1
  std::uint64_t token() const { return delivery_.token; }      ///< for host::complete
  std::int64_t deadline_ns() const { return delivery_.deadline_ns; }
  /// "seq/rule/slot": the same on every attempt, so a plugin can recognise a repeat.
  std::string delivery_id() const {
    return std::to_string(seq()) + '/' + std::string(rule()) + '/' + std::to_string(slot());
  }

  const nip_message& raw() const { return raw_; }

 private:
  const nip_delivery& delivery_;
  const nip_message& raw_;
};

/// The answer to one delivery: done unless one of the others is called; the last call counts.
class result {
 public:
  explicit result(nip_result& raw) : raw_(raw) { raw_.status = NIP_DONE; }

  /// False when nobody reads a reply: building one is wasted work.
  bool wants_reply() const { return raw_.reply != nullptr; }
  /// Replies with a message of this type; `data` is JSON text. The broker fills in the rest.
  void reply(std::string_view type, std::string_view data) {
    if (!wants_reply()) return;
    write(R"({"type":")");
    write_escaped(type);
    write(R"(","data":)");
    write(data.empty() ? std::string_view("null") : data);
    write("}");
  }
  /// Replies with a whole envelope as JSON text.
  void reply_envelope(std::string_view envelope) {
    if (wants_reply()) write(envelope);
  }
  /// Failed for good: the same message would fail again.
  void fail(std::string_view why) { set(NIP_PERMANENT, 0, why); }
  /// Failed for now; `after_ns` says when a retry makes sense, 0 leaves it to the broker.
  void retry(std::string_view why, std::int64_t after_ns = 0) { set(NIP_TRANSIENT, after_ns, why); }
  /// Not finished: host::complete(in.token(), …) follows, from any thread, exactly once.
  void pending() { raw_.status = NIP_PENDING; }

 private:
  void set(std::int32_t status, std::int64_t after_ns, std::string_view why) {
    raw_.status = status;
    raw_.retry_after_ns = after_ns;
    if (raw_.error != nullptr) raw_.error->write(raw_.error->context, why.data(), why.size());
  }
  void write(std::string_view bytes) {
    raw_.reply->write(raw_.reply->context, bytes.data(), bytes.size());
  }
  void write_escaped(std::string_view bytes) {
    std::size_t clean = 0;  // where the run starts that needs no escape
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto code = static_cast<unsigned char>(bytes[i]);
      if (code >= 0x20 && code != '"' && code != '\\') continue;
      write(bytes.substr(clean, i - clean));
      write_escape(code);
      clean = i + 1;
    }
    write(bytes.substr(clean));
  }
  void write_escape(unsigned char code) {
    constexpr std::string_view hex = "0123456789abcdef";
    const char control[] = {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};
    const char quoted[] = {'\\', static_cast<char>(code)};
    write(code < 0x20 ? std::string_view(control, sizeof control)
                      : std::string_view(quoted, sizeof quoted));
  }

  nip_result& raw_;
};

/// A message kept past its call: retained when made, released when destroyed.
class kept_message {
 public:
  kept_message() = default;
  kept_message(const nip_host* host, const nip_message& raw) : host_(host), raw_(raw) {
    host_->retain(host_, &raw_);
  }
  kept_message(kept_message&& other) noexcept
      : host_(std::exchange(other.host_, nullptr)), raw_(other.raw_) {}
  kept_message& operator=(kept_message&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~kept_message() {
    if (host_ != nullptr) host_->release(host_, &raw_);
  }
  explicit operator bool() const { return host_ != nullptr; }
  const nip_message& raw() const { return raw_; }

 private:
  const nip_host* host_ = nullptr;
  nip_message raw_{};
};

/// A value that came with its release (state_done).
class owned {
 public:
  explicit owned(const nip_owned* raw) : raw_(raw != nullptr ? *raw : nip_owned{}) {}
  owned(owned&& other) noexcept : raw_(std::exchange(other.raw_, nip_owned{})) {}
  owned& operator=(owned&&) = delete;
  ~owned() {
    if (raw_.release != nullptr) raw_.release(raw_.context);
  }
  std::string_view text() const {
    return raw_.size == 0 ? std::string_view()
                          : std::string_view(static_cast<const char*>(raw_.data), raw_.size);
  }

 private:
  nip_owned raw_;
};

struct health {
  std::uint32_t state = NIP_HEALTHY;
  std::string reason;
};

struct usage {
  std::uint64_t memory_bytes = 0;
  std::uint64_t handles_open = 0;
};

}  // namespace nip::face
