// Throws out of handle_batch() at the first message of the type "poison".
#include <nip/plugin.hpp>
#include <stdexcept>

class throws_batch : public nip::plugin {
 public:
  void handle_batch(std::span<const nip_delivery* const> in,
                    std::span<nip_result* const> out) override {
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (nip::message(*in[i]).type() == "poison")
        throw std::runtime_error("no memory for this batch");
      nip::result done(*out[i]);
    }
  }
  void handle(const nip::message&, nip::result&) override {}
};

NIP_PLUGIN(throws_batch, "throws_batch", "1.0.0", "Throws out of a batch")
