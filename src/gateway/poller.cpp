#include "gateway/poller.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <boost/asio/bind_allocator.hpp>
#include <cerrno>
#include <utility>

namespace nip::gateway {

/// The one wait that is under way, and the memory for it. It outlives the poller when the loop
/// still holds the wait of a poller that is gone.
struct poller::pending_wait {
  poller* owner = nullptr;  ///< null once the poller is gone
  bool armed = false;
  bool taken = false;
  alignas(std::max_align_t) std::array<std::byte, 512> memory;
};

/// Puts the wait into that memory: a turn of the loop allocates nothing.
template <class T>
class poller::wait_allocator {
 public:
  using value_type = T;

  explicit wait_allocator(std::shared_ptr<pending_wait> wait) : wait_(std::move(wait)) {}
  template <class U>
  wait_allocator(const wait_allocator<U>& other) : wait_(other.wait_) {}

  T* allocate(std::size_t count) {
    if (wait_->taken || count * sizeof(T) > wait_->memory.size())
      return static_cast<T*>(::operator new(count * sizeof(T)));
    wait_->taken = true;
    return reinterpret_cast<T*>(wait_->memory.data());
  }
  void deallocate(T* block, std::size_t) {
    if (static_cast<void*>(block) == wait_->memory.data()) {
      wait_->taken = false;
    } else {
      ::operator delete(block);
    }
  }
  template <class U>
  bool operator==(const wait_allocator<U>& other) const {
    return wait_ == other.wait_;
  }

 private:
  template <class U>
  friend class wait_allocator;
  std::shared_ptr<pending_wait> wait_;
};

namespace {

epoll_event event_of(std::uint64_t token, poller::interest wanted) {
  epoll_event made{};
  made.events = (wanted.in ? EPOLLIN : 0U) | (wanted.out ? EPOLLOUT : 0U);
  made.data.u64 = token;
  return made;
}

}  // namespace

poller::poller(boost::asio::io_context& loop, std::function<void()> before, on_ready ready)
    : set_(loop.get_executor()),
      before_(std::move(before)),
      ready_(std::move(ready)),
      wait_(std::make_shared<pending_wait>()) {
  wait_->owner = this;
}

poller::~poller() {
  wait_->owner = nullptr;
  close();
}

status poller::open() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) return fail_errno(errno, "epoll_create1");
  set_.assign(descriptor);
  work_.emplace(set_.get_executor());
  rearm();
  return {};
}

void poller::close() {
  boost::system::error_code ignored;  // the set is of no more use, whatever close() says
  set_.close(ignored);
  work_.reset();
}

void poller::rearm() {
  if (wait_->armed || !set_.is_open()) return;
  wait_->armed = true;
  const auto on_readable = [wait = wait_](const boost::system::error_code& why) {
    wait->armed = false;
    if (!why && wait->owner != nullptr) wait->owner->harvest();
  };
  set_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                  boost::asio::bind_allocator(wait_allocator<std::byte>(wait_), on_readable));
}

void poller::harvest() {
  std::array<epoll_event, events_max> events;
  const int count =
      ::epoll_wait(set_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  if (count <= 0) return;
  before_();
  for (int i = 0; i < count && set_.is_open(); ++i) {
    const auto bits = events[static_cast<std::size_t>(i)].events;
    const bool broken = (bits & (EPOLLERR | EPOLLHUP)) != 0;
    ready_(events[static_cast<std::size_t>(i)].data.u64,
           {(bits & EPOLLIN) != 0, (bits & EPOLLOUT) != 0}, broken);
  }
}

status poller::add(int descriptor, std::uint64_t token, interest wanted) {
  epoll_event event = event_of(token, wanted);
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    return fail_errno(errno, "epoll_ctl add");
  return {};
}

void poller::change(int descriptor, std::uint64_t token, interest wanted) {
  epoll_event event = event_of(token, wanted);
  ::epoll_ctl(set_.native_handle(), EPOLL_CTL_MOD, descriptor, &event);
}

void poller::remove(int descriptor) {
  if (set_.is_open()) ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
}

}  // namespace nip::gateway
