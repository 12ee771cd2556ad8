// Takes everything and keeps only counts: the end of a rule that is there to be counted, and of
// benchmarks.
#include <nip/plugin.hpp>

#include <map>
#include <string>

class sink : public nip::plugin {
 public:
  static constexpr bool idempotent = true;
  static constexpr std::string_view config_schema =
      R"({"type": "object", "additionalProperties": false})";
  static constexpr std::string_view manifest = R"({"metrics": ["messages", "bytes"]})";

  void handle_batch(std::span<const nip_delivery* const> in,
                    std::span<nip_result* const> out) override {
    for (std::size_t i = 0; i < in.size(); ++i) {
      count(nip::message(*in[i]));
      nip::result answer(*out[i]);  // done, and nothing to say
    }
    report();
  }
  void handle(const nip::message& in, nip::result&) override { count(in); }

  nip::health health() override {
    return {NIP_HEALTHY, std::to_string(total_) + " messages taken"};
  }
  nip::usage usage() override {
    return {.memory_bytes = types_.size() * sizeof(tally), .handles_open = 0};
  }

 private:
  static constexpr std::size_t types_max =
      256;  // counted apart; further ones are counted as "other"

  struct tally {
    double fresh = 0;  // since the last report
    double bytes = 0;
  };

  void count(const nip::message& in) {
    ++total_;
    tally& of_type = find(in.type());
    ++of_type.fresh;
    of_type.bytes += static_cast<double>(in.json().size());
  }
  tally& find(std::string_view type) {
    const auto known = types_.find(type);
    if (known != types_.end()) return known->second;
    return types_[types_.size() < types_max ? std::string(type) : "other"];
  }
  /// One metric call a type and batch, not one a message.
  void report() {
    for (auto& [type, of_type] : types_) {
      if (of_type.fresh == 0) continue;
      broker().count("messages", of_type.fresh, "type", type);
      broker().count("bytes", of_type.bytes, "type", type);
      of_type = {};
    }
  }

  std::uint64_t total_ = 0;
  std::map<std::string, tally, std::less<>> types_;
};

NIP_PLUGIN(sink, "sink", "1.0.0", "Counts messages by type and keeps nothing else")
