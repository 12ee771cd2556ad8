// Blocks in handle() until a byte can be read from the descriptor `gate` of its config.
#include <unistd.h>

#include <cstdlib>
#include <nip/plugin.hpp>

class blocks : public nip::plugin {
 public:
  static constexpr std::uint32_t execution = NIP_POOL;
  static constexpr std::uint32_t in_flight_max = 4;
  static constexpr std::uint32_t batch_max = 1;
  static constexpr std::string_view config_schema =
      R"({"type": "object", "required": ["gate"], "properties": {"gate": {"type": "integer"}}})";

  void configure(std::string_view config) override {
    gate_ = std::atoi(config.data() + config.find(':') + 1);
  }
  void handle(const nip::message&, nip::result& out) override {
    char byte = 0;
    if (::read(gate_, &byte, 1) != 1) out.retry("the gate is closed");
  }

 private:
  int gate_ = -1;
};

NIP_PLUGIN(blocks, "blocks", "1.0.0", "Blocks until its gate opens")
