// The disk of a run, and how one process sees it: dead from the moment it is killed or power goes.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "support/fake_file_system.hpp"

namespace nip::simulation {

/// Messages carry `"mark":NUMBER,`; this is how the disk knows which of them have been synced.
class mark_book {
 public:
  using marks = std::set<std::uint64_t>;

  std::shared_ptr<marks> of(const std::string& path) {
    auto& found = written_[path];
    if (!found) found = std::make_shared<marks>();
    return found;
  }
  void rename(const std::string& from, const std::string& to) {
    written_[to] = of(from);
    written_.erase(from);
  }
  void sync(marks& written) { synced_.merge(written); }
  /// What was written and not synced may be there again after the next start, or not.
  void power_cut() { written_.clear(); }
  bool is_synced(std::uint64_t mark) const { return synced_.contains(mark); }

  static void collect(byte_span text, marks& into) {
    static constexpr char lead[] = "\"mark\":";
    if (text.empty()) return;
    const auto* at = reinterpret_cast<const char*>(text.data());
    const auto* end = at + text.size();
    while ((at = static_cast<const char*>(
                ::memmem(at, static_cast<std::size_t>(end - at), lead, sizeof lead - 1)))) {
      std::uint64_t mark = 0;
      for (at += sizeof lead - 1; at < end && *at >= '0' && *at <= '9'; ++at)
        mark = mark * 10 + static_cast<std::uint64_t>(*at - '0');
      into.insert(mark);
    }
  }

 private:
  std::map<std::string, std::shared_ptr<marks>> written_;
  marks synced_;
};

/// Outlives every process.
struct disk {
  test::fake_file_system files;
  mark_book marks;

  void power_cut(const test::fake_file_system::cut& how) {
    files.power_cut(how);
    marks.power_cut();
  }
};

/// One process's view. After die(), or once an operation has been struck, everything fails.
class process_files final : public file_system {
 public:
  explicit process_files(disk& on) : state_(std::make_shared<state>(on)) {}

  bool alive() const { return state_->alive; }
  void die() { state_->alive = false; }
  /// The operation that comes `countdown`th from now (write, sync, rename, …) is the last one:
  /// `strike` is called in its midst, behind or (`before`) in place of what it does.
  void strike_at(int countdown, bool before, std::function<void()> strike) {
    state_->countdown = countdown;
    state_->before = before;
    state_->strike = std::move(strike);
  }

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override {
    NIP_CHECK(state_->check(path));
    NIP_TRY(opened, state_->on.files.open(path, mode));
    return std::make_unique<process_file>(state_, std::move(opened), state_->on.marks.of(path));
  }
  status make_directories(const std::string& path) override {
    NIP_CHECK(state_->check(path));
    return state_->on.files.make_directories(path);
  }
  status sync_directory(const std::string& path) override {
    return state_->run(path, [&] { return state_->on.files.sync_directory(path); });
  }
  status rename(const std::string& from, const std::string& to) override {
    return state_->run(from, [&]() -> status {
      NIP_CHECK(state_->on.files.rename(from, to));
      state_->on.marks.rename(from, to);
      return {};
    });
  }
  status remove(const std::string& path) override {
    return state_->run(path, [&] { return state_->on.files.remove(path); });
  }
  result<bool> exists(const std::string& path) override {
    NIP_CHECK(state_->check(path));
    return state_->on.files.exists(path);
  }
  result<std::vector<std::string>> list(const std::string& directory) override {
    NIP_CHECK(state_->check(directory));
    return state_->on.files.list(directory);
  }
  result<std::unique_ptr<file_lock>> lock(const std::string& path) override {
    NIP_CHECK(state_->check(path));
    return state_->on.files.lock(path);
  }

 private:
  struct state {
    explicit state(disk& where) : on(where) {}
    status check(const std::string& path) const {
      if (!alive) return fail(errc::io, "the process is dead: " + path);
      return {};
    }
    template <class Operation>
    status run(const std::string& path, Operation&& operation) {
      NIP_CHECK(check(path));
      const bool last = countdown > 0 && --countdown == 0;
      status done;
      if (!last || !before) done = operation();
      if (!last) return done;
      strike();
      alive = false;
      return check(path);
    }
    disk& on;
    bool alive = true;
    bool before = false;
    int countdown = 0;
    std::function<void()> strike;
  };

  class process_file final : public file {
   public:
    process_file(std::shared_ptr<state> of, std::unique_ptr<file> inner,
                 std::shared_ptr<mark_book::marks> marks)
        : state_(std::move(of)), inner_(std::move(inner)), marks_(std::move(marks)) {}

    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const override {
      return inner_->read(offset, into);
    }
    status write(std::uint64_t offset, std::span<const byte_span> parts) override {
      return state_->run(path(), [&]() -> status {
        NIP_CHECK(inner_->write(offset, parts));
        for (const auto part : parts) mark_book::collect(part, *marks_);
        return {};
      });
    }
    status preallocate(std::uint64_t bytes) override {
      return state_->run(path(), [&] { return inner_->preallocate(bytes); });
    }
    status truncate(std::uint64_t bytes) override {
      return state_->run(path(), [&] { return inner_->truncate(bytes); });
    }
    status datasync() override {
      return state_->run(path(), [&]() -> status {
        NIP_CHECK(inner_->datasync());
        state_->on.marks.sync(*marks_);
        return {};
      });
    }
    result<std::uint64_t> size() const override { return inner_->size(); }
    const std::string& path() const noexcept override { return inner_->path(); }

   private:
    std::shared_ptr<state> state_;
    std::unique_ptr<file> inner_;
    std::shared_ptr<mark_book::marks> marks_;
  };

  std::shared_ptr<state> state_;
};

}  // namespace nip::simulation
