// Writes a line "DELIVERY-ID MESSAGE-ID" for each delivery to the file `path` before it is done.
// With `once` only for delivery ids that the file does not hold yet, as an idempotent consumer
// does. While somebody holds the file `gate` locked for itself it takes nothing.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nip/plugin.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_set>
#include <vector>

class recorder : public nip::plugin {
 public:
  static constexpr std::uint32_t execution = NIP_POOL;
  static constexpr std::uint32_t instances = NIP_SINGLE;  // a file has one writer
  static constexpr bool idempotent = true;

  ~recorder() override {
    if (file_ >= 0) ::close(file_);
  }
  void configure(std::string_view config) override {
    const auto chosen = nlohmann::json::parse(config);
    path_ = chosen.at("path").get<std::string>();
    gate_ = chosen.value("gate", "");
    once_ = chosen.value("once", false);
  }
  void start() override {
    if (once_) remember();
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (file_ < 0) throw std::runtime_error("cannot open " + path_);
  }
  void handle_batch(std::span<const nip_delivery* const> in,
                    std::span<nip_result* const> out) override {
    pass_gate();
    fresh_.clear();
    std::string lines;
    try {
      for (const nip_delivery* one : in) add(nip::message(*one), lines);
    } catch (...) {  // no memory: there was no effect, so there is nothing to remember
      forget();
      throw;
    }
    const bool written =
        ::write(file_, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
    if (!written) forget();
    for (nip_result* one : out) {
      nip::result answer(*one);
      if (!written) answer.retry("cannot write to " + path_);
    }
  }
  void handle(const nip::message&, nip::result&) override {}

 private:
  /// Waits while a test holds the file locked for itself alone.
  void pass_gate() {
    if (gate_.empty()) return;
    const int gate = ::open(gate_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0640);
    if (gate < 0) throw std::runtime_error("cannot open " + gate_);
    while (::flock(gate, LOCK_SH) != 0 && errno == EINTR) {
    }
    ::close(gate);
  }
  void add(const nip::message& in, std::string& lines) {
    const auto delivery = in.delivery_id();
    if (once_) {
      if (seen_.contains(delivery)) return;
      fresh_.push_back(delivery);
      seen_.insert(delivery);
    }
    lines.append(delivery).append(" ").append(in.id()).append("\n");
  }

  void forget() {
    for (const auto& each : fresh_) seen_.erase(each);
  }

  /// What the file holds; a line that a kill cut short was never an effect, and goes.
  void remember() {
    std::ifstream kept(path_);
    std::uintmax_t whole = 0;
    for (std::string line; std::getline(kept, line) && !kept.eof(); whole += line.size() + 1)
      seen_.insert(line.substr(0, line.find(' ')));
    if (std::filesystem::exists(path_)) std::filesystem::resize_file(path_, whole);
  }

  std::string path_;
  std::string gate_;
  bool once_ = false;
  int file_ = -1;
  std::unordered_set<std::string> seen_;
  std::vector<std::string> fresh_;  ///< those of the batch at hand
};

NIP_PLUGIN(recorder, "recorder", "1.0.0", "Writes down which deliveries came")
