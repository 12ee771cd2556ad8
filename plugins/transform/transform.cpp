// Makes one message of another, and replies with it or publishes it.
#include <nip/plugin.hpp>

#include <memory>
#include <unordered_map>

#include "shaper.hpp"

namespace {

constexpr std::string_view schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "set": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
    "merge": {"type": "object"},
    "drop_if": {"type": "string", "minLength": 1},
    "publish": {"type": "boolean"},
    "to_topic": {"type": "string", "minLength": 1},
    "ack": {"enum": ["memory", "buffered", "fsync", "replicated"]}
  }
})";

}  // namespace

class transformer : public nip::plugin {
 public:
  static constexpr bool idempotent = true;
  static constexpr std::string_view config_schema = schema;

  void configure(std::string_view config) override {
    shaper_ = std::make_unique<transform::shaper>(config);
    publishes_ = shaper_->publishes();
    level_ = shaper_->level();
  }

  void handle(const nip::message& in, nip::result& out) override {
    transform::shaped made = shaper_->apply({in.json(), in.type(), in.data(), in.metadata()});
    if (made.what == transform::shaped::failed) return out.fail(made.text);
    if (made.what == transform::shaped::dropped) return broker().count("dropped");
    if (!publishes_) return out.reply_envelope(made.text);
    const auto code = broker().publish(made.text, in.token(), &in.raw(), level_);
    if (code == NIP_E_BUSY) return out.retry("too many emitted messages wait to be accepted");
    if (code != NIP_OK) return out.fail("the broker refuses to publish the result");
    if (out.wants_reply()) replies_[in.token()] = std::move(made.text);
    out.pending();
  }

  /// The delivery is done when what came of it is safe.
  void published(std::uint64_t token, std::int32_t status, std::string_view why) override {
    const auto reply = replies_.extract(token);
    if (status == NIP_OK) {
      broker().done(token, reply.empty() ? std::string_view() : reply.mapped());
    } else if (status == NIP_E_BUSY) {
      broker().retry(token, why);
    } else {
      broker().fail(token, why);
    }
  }

 private:
  std::unique_ptr<transform::shaper> shaper_;
  bool publishes_ = false;
  std::uint32_t level_ = NIP_ACK_FSYNC;
  std::unordered_map<std::uint64_t, std::string>
      replies_;  // of open deliveries: at most in_flight_max
};

NIP_PLUGIN(transformer, "transform", "1.0.0",
           "Builds another message by CEL expressions and JSON Merge Patch, and replies with it or "
           "publishes it")
