// Fails each message for its first `failures` attempts, then replies with the attempt.
#include <cstdlib>
#include <nip/plugin.hpp>
#include <stdexcept>

class flaky : public nip::plugin {
 public:
  static constexpr std::string_view config_schema = R"({
    "type": "object", "additionalProperties": false,
    "properties": {
      "failures": {"type": "integer", "minimum": 0},
      "how": {"enum": ["transient", "permanent", "throw"]},
      "retry_after_ms": {"type": "integer", "minimum": 0}
    }})";

  void configure(std::string_view config) override {
    failures_ = number(config, "\"failures\":", 2);
    retry_after_ns_ = number(config, "\"retry_after_ms\":", 0) * std::int64_t{1'000'000};
    permanent_ = config.find("permanent") != std::string_view::npos;
    throws_ = config.find("throw") != std::string_view::npos;
  }
  void handle(const nip::message& in, nip::result& out) override {
    if (in.attempt() > failures_) return out.reply("attempt", std::to_string(in.attempt()));
    if (throws_) throw std::runtime_error("flaky by a throw");
    if (permanent_) return out.fail("flaky for good");
    out.retry("flaky for now", retry_after_ns_);
  }
  nip::health health() override { return {NIP_DEGRADED, "as ever"}; }

 private:
  static std::int64_t number(std::string_view config, std::string_view key,
                             std::int64_t otherwise) {
    const auto at = config.find(key);
    return at == std::string_view::npos ? otherwise : std::atoll(config.data() + at + key.size());
  }

  std::int64_t failures_ = 2;
  std::int64_t retry_after_ns_ = 0;
  bool permanent_ = false;
  bool throws_ = false;
};

NIP_PLUGIN(flaky, "flaky", "1.2.3", "Fails first, then works")
