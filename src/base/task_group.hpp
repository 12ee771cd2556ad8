// Owns what has been started: each activity has a name, a cancel and an end, and nothing is
// detached.
#pragma once

#include <boost/intrusive/list.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timer_wheel.hpp"

namespace nip {

/// One started activity: a session, a poll, a delivery. A member of what it stands for; letting go
/// of it (destruction, end(), assignment) says that the activity has ended. Moving it costs no
/// allocation.
class ticket : public boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  ticket() = default;
  ticket(ticket&& other) noexcept;
  ticket& operator=(ticket&& other) noexcept;
  ~ticket() { end(); }

  /// True until end(). False at once when the group took nothing any more.
  explicit operator bool() const noexcept { return is_linked(); }
  std::string_view name() const noexcept { return name_; }
  /// What cancels the activity: called once at most, on the group's thread; may end it at once or
  /// later.
  void on_cancel(std::function<void()> cancel) { on_cancel_ = std::move(cancel); }
  /// The activity is over. The last end of a draining group calls `done`.
  void end() noexcept;

 private:
  friend class task_group;
  class task_group* group_ = nullptr;
  std::string_view name_;
  std::function<void()> on_cancel_;
  bool cancelled_ = false;
};

/// How a drain went.
struct drain_report {
  std::size_t finished = 0;       ///< ended by themselves
  std::size_t cancelled = 0;      ///< ended when they were told to, after the deadline
  std::vector<std::string> left;  ///< names of what did not end; at most `names_max`
  std::size_t left_count = 0;
};

/// Everything is on one thread, that of the timer wheel. The group may be destroyed with activities
/// still open: they are cancelled, and tickets that remain are empty from then on.
class task_group {
 public:
  /// How many names a report lists.
  static constexpr std::size_t names_max = 16;

  /// `timers` outlives the group.
  task_group(std::string name, timer_wheel& timers);
  ~task_group();
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// A ticket for a new activity; an empty one while draining. `name` outlives the ticket (a
  /// literal).
  [[nodiscard]] ticket start(std::string_view name);
  /// Tells every open activity to stop, each once. New ones may still start.
  void cancel();
  /// Takes nothing new and waits for the open ones. What is open at the deadline is cancelled, and
  /// what does not end by that alone is reported as left. `done` is called once: from here when
  /// nothing is open, else from the last end() or the timer. A second drain() replaces deadline and
  /// `done`.
  void drain(mono_time deadline, std::function<void(const drain_report&)> done);

  bool draining() const noexcept { return draining_; }
  std::size_t open() const noexcept { return open_; }
  const std::string& name() const noexcept { return name_; }
  /// Visits the names of the open activities, oldest first.
  void for_each(const std::function<void(std::string_view)>& visit) const;

 private:
  friend class ticket;
  using ticket_list = boost::intrusive::list<ticket, boost::intrusive::constant_time_size<false>>;

  void ended() noexcept;
  void at_deadline();
  void report();

  std::string name_;
  timer_wheel& timers_;
  ticket_list tickets_;
  std::size_t open_ = 0;
  bool draining_ = false;
  bool cancelling_ = false;  ///< the deadline has passed; reports wait until all were told
  drain_report drained_;
  std::function<void(const drain_report&)> done_;
  timer deadline_;
};

}  // namespace nip
