// Takes `delay_ms` of its config for each message.
#include <chrono>
#include <cstdlib>
#include <nip/plugin.hpp>
#include <thread>

class slow : public nip::plugin {
 public:
  static constexpr std::uint32_t execution = NIP_POOL;
  static constexpr std::string_view config_schema =
      R"({"type": "object", "properties": {"delay_ms": {"type": "integer", "minimum": 0}}})";

  void configure(std::string_view config) override {
    if (const auto colon = config.find(':'); colon != std::string_view::npos)
      delay_ = std::chrono::milliseconds(std::atoi(config.data() + colon + 1));
  }
  void handle(const nip::message& in, nip::result& out) override {
    std::this_thread::sleep_for(delay_);
    out.reply(in.type(), in.data());
  }

 private:
  std::chrono::milliseconds delay_{10};
};

NIP_PLUGIN(slow, "slow", "1.0.0", "Echoes after a while")
