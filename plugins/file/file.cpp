// Appends messages to a file, one JSON line each.
#include <nip/plugin.hpp>

#include <memory>
#include <string>

#include "rotating_file.hpp"

class file_writer : public nip::plugin {
 public:
  static constexpr std::uint32_t execution = NIP_POOL;
  static constexpr std::uint32_t instances = NIP_SINGLE;  // a file has one writer
  static inline const std::string_view config_schema = file_plugin::file_schema();

  void configure(std::string_view config) override {
    config_ = file_plugin::parse_file_config(config);
  }
  void start() override { file_ = std::make_unique<file_plugin::rotating_file>(config_); }

  /// One write, and one sync, for the whole batch: it is done or failed together.
  void handle_batch(std::span<const nip_delivery* const> in,
                    std::span<nip_result* const> out) override {
    lines_.clear();
    for (const nip_delivery* one : in) add(nip::message(*one));
    const std::string failed = file_->append(lines_, broker().wall());
    for (nip_result* one : out) {
      nip::result answer(*one);
      if (!failed.empty()) answer.retry(failed);
    }
    failing_ = failed;
    if (failed.empty()) broker().count("bytes", static_cast<double>(lines_.size()));
    if (lines_.capacity() > bytes_kept) lines_.shrink_to_fit();
  }
  void handle(const nip::message&, nip::result&) override {}

  nip::health health() override {
    if (!failing_.empty()) return {NIP_UNHEALTHY, failing_};
    return {NIP_HEALTHY, std::to_string(file_->size()) + " bytes, rotated " +
                             std::to_string(file_->rotations()) + " times"};
  }
  nip::usage usage() override { return {.memory_bytes = lines_.capacity(), .handles_open = 2}; }
  void stop() override { file_.reset(); }

 private:
  static constexpr std::size_t bytes_kept = std::size_t{1}
                                            << 20;  // of the line buffer, between batches

  /// JSON may hold line breaks between its tokens, and only there: a space means the same.
  void add(const nip::message& in) {
    const std::size_t from = lines_.size();
    lines_ += config_.writes_data_only ? (in.data().empty() ? "null" : in.data()) : in.json();
    for (std::size_t i = from; i < lines_.size(); ++i)
      if (lines_[i] == '\n' || lines_[i] == '\r') lines_[i] = ' ';
    lines_ += '\n';
  }

  file_plugin::file_config config_;
  std::unique_ptr<file_plugin::rotating_file> file_;
  std::string lines_;
  std::string failing_;  // why the last batch failed; empty: it did not
};

NIP_PLUGIN(file_writer, "file", "1.0.0", "Appends messages to a file as JSON lines, with rotation")
