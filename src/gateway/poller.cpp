#include "gateway/poller.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <boost/asio/bind_allocator.hpp>
#include <cerrno>
#include <utility>

namespace nip::gateway {

/// Puts the one pending wait into the poller itself: a turn of the loop allocates nothing.
template <class T>
class wait_allocator {
 public:
  using value_type = T;

  explicit wait_allocator(poller& of) : of_(&of) {}
  template <class U>
  wait_allocator(const wait_allocator<U>& other) : of_(other.of_) {}

  T* allocate(std::size_t count) {
    if (of_->wait_memory_taken_ || count * sizeof(T) > of_->wait_memory_.size())
      return static_cast<T*>(::operator new(count * sizeof(T)));
    of_->wait_memory_taken_ = true;
    return reinterpret_cast<T*>(of_->wait_memory_.data());
  }
  void deallocate(T* block, std::size_t) {
    if (static_cast<void*>(block) == of_->wait_memory_.data()) {
      of_->wait_memory_taken_ = false;
    } else {
      ::operator delete(block);
    }
  }
  template <class U>
  bool operator==(const wait_allocator<U>& other) const {
    return of_ == other.of_;
  }

  poller* of_;
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
    : set_(loop.get_executor()), before_(std::move(before)), ready_(std::move(ready)) {}

poller::~poller() { close(); }

status poller::open() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) return fail_errno(errno, "epoll_create1");
  set_.assign(descriptor);
  arm();
  return {};
}

void poller::close() {
  boost::system::error_code ignored;  // the set is of no more use, whatever close() says
  set_.close(ignored);
}

void poller::arm() {
  set_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                  boost::asio::bind_allocator(wait_allocator<std::byte>(*this),
                                              [this](const boost::system::error_code& why) {
                                                if (why) return;
                                                harvest();
                                                if (set_.is_open()) arm();
                                              }));
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
