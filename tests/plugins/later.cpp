// Answers every message from a thread of its own; emits a copy first when its type is "emit".
#include <condition_variable>
#include <deque>
#include <mutex>
#include <nip/plugin.hpp>
#include <string>
#include <thread>

class later : public nip::plugin {
 public:
  void start() override {
    thread_ = std::thread([this] { serve(); });
  }
  void handle(const nip::message& in, nip::result& out) override {
    out.pending();
    const std::lock_guard lock(mutex_);
    waiting_.push_back({in.token(), in.type() == "emit", broker().keep(in)});
    came_.notify_one();
  }
  void cancel(std::uint64_t token) noexcept override {
    broker().count("cancelled");
    static_cast<void>(token);
  }
  void published(std::uint64_t token, std::int32_t status, std::string_view why) override {
    broker().metric(NIP_METRIC_GAUGE, "published", status, "why", why.empty() ? "none" : why);
    static_cast<void>(token);
  }
  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      came_.notify_one();
    }
    thread_.join();
  }

 private:
  struct job {
    std::uint64_t token;
    bool emits;
    nip::kept_message message;
  };

  void serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      came_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      job next = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      finish(next);
      lock.lock();
    }
  }
  void finish(const job& next) {
    const nip_message& message = next.message.raw();
    if (next.emits) broker().publish(R"({"type":"emitted"})", 77, &message, NIP_ACK_MEMORY);
    const std::string reply =
        R"({"type":"later","data":)" + std::string(message.data.data, message.data.size) + "}";
    broker().done(next.token, reply);
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<job> waiting_;
  bool ended_ = false;
  std::thread thread_;
};

NIP_PLUGIN(later, "later", "1.0.0", "Answers from another thread")
