// Replies with the type and the data that came in. The smallest plugin, and the yardstick of a
// plugin call.
#include <nip/plugin.hpp>

class echo : public nip::plugin {
 public:
  static constexpr bool idempotent = true;
  static constexpr std::string_view config_schema = R"({
    "type": "object",
    "additionalProperties": false,
    "properties": {"type": {"type": "string", "minLength": 1, "maxLength": 256}}
  })";

  void configure(std::string_view config) override {
    // The schema leaves only {} and {"type": "…"}: the value is what stands between its quotes.
    const auto colon = config.find(':');
    if (colon == std::string_view::npos) return;
    const auto first = config.find('"', colon) + 1;
    fixed_type_ = config.substr(first, config.rfind('"') - first);
  }

  void handle(const nip::message& in, nip::result& out) override {
    if (fixed_type_.empty()) return out.reply(in.type(), in.data());
    if (!out.wants_reply()) return;
    out.reply_envelope(R"({"type":")" + fixed_type_ + R"(","data":)" +
                       std::string(in.data().empty() ? "null" : in.data()) + "}");
  }

 private:
  std::string fixed_type_;  // JSON text between the quotes; empty: the type that came in
};

NIP_PLUGIN(echo, "echo", "1.0.0", "Replies with the type and data of the message")
