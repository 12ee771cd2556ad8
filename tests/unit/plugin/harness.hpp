// What plugin tests share: a shard's loop that is turned by hand, a host that takes notes,
// messages, specs.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "message/codec.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/native/library.hpp"

namespace nip::plugin::test {

/// A loop on the test's own thread: runs what is posted while turn_until() waits for something.
class hand_loop final : public executor {
 public:
  static constexpr std::chrono::seconds patience{20};  // then the test fails

  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    ++posted_;
    came_.notify_one();
  }
  /// Runs what is posted until `reached`; false when it is not reached in time.
  bool turn_until(const std::function<bool()>& reached) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!reached()) {
      std::function<void()> next;
      {
        std::unique_lock lock(mutex_);
        if (!came_.wait_until(lock, end, [this] { return !work_.empty(); })) return false;
        next = std::move(work_.front());
        work_.pop_front();
      }
      next();
    }
    return true;
  }
  /// Runs what is posted now, and what that posts.
  void turn() {
    while (true) {
      std::function<void()> next;
      {
        const std::lock_guard lock(mutex_);
        if (work_.empty()) return;
        next = std::move(work_.front());
        work_.pop_front();
      }
      next();
    }
  }
  std::size_t posted() {
    const std::lock_guard lock(mutex_);
    return posted_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::function<void()>> work_;
  std::size_t posted_ = 0;
};

/// A manual_clock that workers may read while the test drives it.
class shared_clock final : public clock_source {
 public:
  mono_time mono() const noexcept override { return {mono_ns_.load()}; }
  wall_time wall() const noexcept override { return {wall_ns_.load()}; }
  void advance(nanoseconds by) {
    mono_ns_ += by.count();
    wall_ns_ += by.count();
  }
  void jump_wall(nanoseconds by) { wall_ns_ += by.count(); }

 private:
  std::atomic<std::int64_t> mono_ns_{1'000'000'000};
  std::atomic<std::int64_t> wall_ns_{1'700'000'000'000'000'000};
};

/// A completion with its own texts.
struct note {
  std::uint64_t token;
  handled status;
  nanoseconds retry_after;
  std::string reply;
  std::string error;
};

class recording_host final : public host {
 public:
  void complete(instance& from, const completion& result) override {
    notes.push_back({result.token, result.status, result.retry_after, std::string(result.reply),
                     std::string(result.error)});
    events.push_back("complete " + std::to_string(result.token));
    if (on_complete) on_complete(from, result);
  }
  void publish(instance& from, const emission& what) override {
    emissions.emplace_back(what.envelope);
    causes.push_back(what.cause);
    events.push_back("publish");
    from.published(what.token, {});
  }

  std::vector<note> notes;
  std::vector<std::string> emissions;
  std::vector<message::message_ptr> causes;
  std::vector<std::string> events;
  std::function<void(instance&, const completion&)> on_complete;
};

/// What plugins said, under a lock: they say it from any thread.
struct heard {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::vector<std::string> metrics;  // "name value" or "name{value} value"

  taps listening() {
    return {.log =
                [this](std::string_view, log_level, std::string_view line) {
                  const std::lock_guard lock(mutex);
                  lines.emplace_back(line);
                },
            .metric =
                [this](std::string_view, const metric_sample& sample) {
                  const std::lock_guard lock(mutex);
                  std::string name(sample.name);
                  if (!sample.label.empty()) name += "{" + std::string(sample.label_value) + "}";
                  metrics.push_back(name + " " + std::to_string(static_cast<long>(sample.value)));
                }};
  }
  bool has_metric(const std::string& wanted) {
    const std::lock_guard lock(mutex);
    return std::find(metrics.begin(), metrics.end(), wanted) != metrics.end();
  }
  bool has_line(std::string_view part) {
    const std::lock_guard lock(mutex);
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  }
};

inline std::filesystem::path test_plugin(const std::string& name) {
  return std::filesystem::path(NIP_BINARY_DIR) / "tests" / "plugins" / (name + ".so");
}
inline std::filesystem::path shipped_plugin(const std::string& name) {
  return std::filesystem::path(NIP_BINARY_DIR) / "bin" / "plugins" / (name + ".so");
}

/// The spec of the first plugin in a file.
inline spec_ptr spec_of(const std::filesystem::path& file,
                        nlohmann::json config = nlohmann::json::object()) {
  bool mapped = false;
  auto loaded = library::load(file, mapped);
  if (!loaded) throw std::runtime_error(loaded.error().detail);
  spec made;
  made.code = *loaded;
  made.about = made.code->plugins().front();
  made.set.name = made.about.name;
  made.set.config = std::move(config);
  return std::make_shared<const spec>(std::move(made));
}

/// A folder that goes away with the test.
class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "nip-plugin-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }
  /// As an installer does it: a hidden name, then a rename.
  std::filesystem::path install(const std::filesystem::path& from, const std::string& as) const {
    std::filesystem::copy_file(from, path_ / ("." + as),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::rename(path_ / ("." + as), path_ / as);
    return path_ / as;
  }

 private:
  std::filesystem::path path_;
};

/// A shard with a runtime: hands over messages and waits for what becomes of them.
class shard_test : public testing::Test {
 protected:
  instance_context where() { return {.shard = 0, .loop = loop_, .owner = owner_, .clock = clock_}; }

  result<std::unique_ptr<instance>> try_create(const spec_ptr& what) {
    return runtime_->create(what, where());
  }
  std::unique_ptr<instance> create(const spec_ptr& what) {
    auto made = try_create(what);
    if (!made) throw std::runtime_error(made.error().detail);
    return *std::move(made);
  }

  work make_work(std::string_view type, std::string_view data = "{}", std::uint16_t attempt = 1) {
    return make_work_of(R"({"id":"m-)" + std::to_string(count_ + 1) + R"(","type":")" +
                            std::string(type) + R"(","timestamp":"2026-01-02T03:04:05Z","data":)" +
                            std::string(data) + "}",
                        attempt);
  }
  work make_work_of(std::string text, std::uint16_t attempt = 1) {
    ++count_;
    const std::size_t size = text.size();
    text.append(message::message::padding, ' ');
    auto parsed = codec_.parse(std::string_view(text).substr(0, size));
    if (!parsed) throw std::runtime_error(parsed.error().detail);
    work one;
    one.token = count_;
    message::acceptance accepted;
    accepted.now = clock_.wall();
    one.message = message::make_message(pool_, *parsed, accepted);
    one.seq = seq_t(count_ * 10);
    one.rule = "rule-a";
    one.attempt = attempt;
    one.wants_reply = true;
    return one;
  }
  /// Hands over one message and waits for its end.
  note ask(instance& plugin, const work& one) {
    const std::size_t before = owner_.notes.size();
    plugin.handle({&one, 1});
    EXPECT_TRUE(loop_.turn_until([&] { return owner_.notes.size() > before; })) << "no completion";
    return owner_.notes.empty() ? note{} : owner_.notes.back();
  }
  void stop(std::unique_ptr<instance>& plugin) {
    bool stopped = false;
    plugin->stop([&] { stopped = true; });
    EXPECT_TRUE(loop_.turn_until([&] { return stopped; })) << "it did not stop";
    plugin.reset();
  }

  buffer_pool pool_;
  message::codec codec_;
  shared_clock clock_;
  hand_loop loop_;
  recording_host owner_;
  heard heard_;
  std::unique_ptr<runtime> runtime_ = make_runtime({}, heard_.listening());
  std::uint64_t count_ = 0;
};

}  // namespace nip::plugin::test
