// Counts its lifecycle and its messages, and replies with the counts. Refuses to start when told
// to.
#include <nip/plugin.hpp>
#include <stdexcept>

class counter : public nip::plugin {
 public:
  static constexpr bool idempotent = true;
  static constexpr std::uint32_t instances = NIP_SINGLE;
  static constexpr double cost = 0.25;

  void configure(std::string_view config) override {
    if (config.find("\"refuse\":\"configure\"") != std::string_view::npos)
      throw std::invalid_argument("told to refuse its config");
    refuse_start_ = config.find("\"refuse\":\"start\"") != std::string_view::npos;
  }
  void start() override {
    if (refuse_start_) throw std::runtime_error("told not to start");
    broker().metric(NIP_METRIC_GAUGE, "running", 1);
  }
  void handle_batch(std::span<const nip_delivery* const> in,
                    std::span<nip_result* const> out) override {
    ++batches_;
    nip::plugin::handle_batch(in, out);
  }
  void handle(const nip::message& in, nip::result& out) override {
    ++messages_;
    out.reply("counted", "{\"messages\":" + std::to_string(messages_) + ",\"batches\":" +
                             std::to_string(batches_) + ",\"id\":\"" + in.delivery_id() + "\"}");
  }
  nip::usage usage() override { return {.memory_bytes = 4096, .handles_open = 3}; }
  void stop() override { broker().metric(NIP_METRIC_GAUGE, "running", 0); }

 private:
  bool refuse_start_ = false;
  std::uint64_t messages_ = 0;
  std::uint64_t batches_ = 0;
};

NIP_PLUGIN(counter, "counter", "2.0.0", "Counts what happens to it")
