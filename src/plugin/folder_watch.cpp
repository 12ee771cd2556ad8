// Tells when plugin folders change, by inotify on a thread of its own.
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <thread>

#include "plugin/catalogue.hpp"

namespace nip::plugin {

namespace {

constexpr int quiet_ms = 200;  // without another change, before `changed` is called
constexpr int changing_ms_max =
    1000;                        // a folder that never gets quiet is still reported this often
constexpr int missing_ms = 500;  // between two looks for a folder that does not exist yet
constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/// Closes its descriptor.
struct descriptor_t {
  int fd = -1;
  ~descriptor_t() {
    if (fd >= 0) ::close(fd);
  }
};

/// The folders, the inotify queue, and the name filter. One thread.
class folder_events {
 public:
  folder_events(int fd, std::vector<std::filesystem::path> folders)
      : fd_(fd), folders_(std::move(folders)) {}

  /// Begins to watch folders that are there and were not watched; true when there was one.
  bool add_missing() {
    bool added = false;
    for (const auto& folder : folders_) {
      const int watch = ::inotify_add_watch(fd_, folder.c_str(), events);
      if (watch >= 0 && watched_.try_emplace(watch, folder).second) added = true;
    }
    return added;
  }
  bool all_there() const { return watched_.size() == folders_.size(); }

  /// Reads what waits; true when some of it concerns a library.
  bool read() {
    alignas(inotify_event) std::array<char, 16384> buffer;
    bool concerns = false;
    for (ssize_t n; (n = ::read(fd_, buffer.data(), buffer.size())) > 0;)
      for (ssize_t at = 0; at < n;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        concerns |= take(*event);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    return concerns;
  }

 private:
  bool take(const inotify_event& event) {
    if ((event.mask & IN_MOVE_SELF) != 0) ::inotify_rm_watch(fd_, event.wd);
    if ((event.mask & IN_IGNORED) != 0) watched_.erase(event.wd);
    if ((event.mask & (IN_IGNORED | IN_Q_OVERFLOW)) != 0) return true;
    const std::string_view name = event.len > 0 ? event.name : "";
    return !name.starts_with('.') && name.ends_with(".so");
  }

  int fd_;
  std::vector<std::filesystem::path> folders_;
  std::map<int, std::filesystem::path> watched_;
};

class inotify_watch final : public folder_watch {
 public:
  inotify_watch(int queue, int end, std::vector<std::filesystem::path> folders, executor& control,
                std::function<void()> changed)
      : queue_{queue},
        end_{end},
        control_(control),
        changed_(std::make_shared<callback>(std::move(changed))) {
    folder_events about(queue, std::move(folders));
    about.add_missing();  // here, so that nothing after the constructor is missed
    thread_ = std::thread([this, about = std::move(about)]() mutable { serve(about); });
    ::pthread_setname_np(thread_.native_handle(), "nip-watch");
  }

  ~inotify_watch() override {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(end_.fd, &one, sizeof one));
    thread_.join();
    changed_->wanted.store(false);
  }

 private:
  struct callback {
    explicit callback(std::function<void()> f) : call(std::move(f)) {}
    std::function<void()> call;
    std::atomic<bool> wanted{true};
  };

  /// Waits for changes or the end; -1 waits for ever. False at the end.
  bool wait(int timeout_ms, bool& readable) {
    pollfd both[] = {{queue_.fd, POLLIN, 0}, {end_.fd, POLLIN, 0}};
    const int ready = ::poll(both, 2, timeout_ms);
    readable = ready > 0 && (both[0].revents & POLLIN) != 0;
    return (both[1].revents & POLLIN) == 0;
  }

  void serve(folder_events& about) {
    bool readable = false;
    while (wait(about.all_there() ? -1 : missing_ms, readable)) {
      const bool concerns = readable && about.read();
      const bool added = about.add_missing();
      if (!concerns && !added) continue;
      if (!settle(about)) return;
      control_.post([it = changed_] {
        if (it->wanted.load()) it->call();
      });
    }
  }

  /// Until quiet_ms pass without a change, at most changing_ms_max. False at the end.
  bool settle(folder_events& about) {
    bool readable = false;
    for (int rounds = changing_ms_max / quiet_ms; rounds > 0; --rounds) {
      if (!wait(quiet_ms, readable)) return false;
      if (!readable) return true;
      about.read();
    }
    return true;
  }

  descriptor_t queue_;
  descriptor_t end_;
  executor& control_;
  std::shared_ptr<callback> changed_;
  std::thread thread_;
};

}  // namespace

result<std::unique_ptr<folder_watch>> watch_folders(std::vector<std::filesystem::path> directories,
                                                    executor& control,
                                                    std::function<void()> changed) {
  const int queue = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (queue < 0)
    return fail_errno(errno,
                      "cannot watch plugin folders (set watch: false, or raise "
                      "fs.inotify.max_user_instances)");
  const int end = ::eventfd(0, EFD_CLOEXEC);
  if (end < 0) {
    const int reason = errno;
    ::close(queue);
    return fail_errno(reason, "cannot watch plugin folders");
  }
  return std::make_unique<inotify_watch>(queue, end, std::move(directories), control,
                                         std::move(changed));
}

}  // namespace nip::plugin
