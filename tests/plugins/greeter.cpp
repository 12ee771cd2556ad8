#include <nip/plugin.hpp>

class greeter : public nip::plugin {
 public:
  void handle(const nip::message&, nip::result& out) override {
    out.reply("greeting", R"({"text":"hello"})");
  }
};
NIP_PLUGIN(greeter, "greeter", "1.0.0", "Says hello")
