#include "cli/bench/connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace nip::cli::bench {
namespace {

constexpr std::size_t input_bytes_min = 64 << 10;  // one read takes up to this much

std::unexpected<failure> hung_up(std::string_view why) {
  return stop(
      exit_code::unreachable,
      fmt::format("the server hung up on a connection under load ({}); its log says why", why));
}

}  // namespace

outcome<bool> connection::send() {
  while (output_done_ < output_.size()) {
    const ssize_t sent =
        ::send(fd(), output_.data() + output_done_, output_.size() - output_done_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return false;
    if (sent < 0) return hung_up(std::generic_category().message(errno));
    output_done_ += static_cast<std::size_t>(sent);
  }
  output_.clear();
  output_done_ = 0;
  return true;
}

outcome<void> connection::receive() {
  if (input_.size() - input_size_ < input_bytes_min / 2)
    input_.resize(std::max(input_bytes_min, input_.size() * 2));
  const ssize_t got = ::recv(fd(), input_.data() + input_size_, input_.size() - input_size_, 0);
  if (got == 0) return hung_up("end of stream");
  if (got < 0 && errno != EAGAIN && errno != EINTR)
    return hung_up(std::generic_category().message(errno));
  if (got > 0) input_size_ += static_cast<std::size_t>(got);
  return {};
}

outcome<void> connection::answers(const reader::listener& told) {
  NIP_TRY(taken, reader_->take(std::string_view(input_).substr(0, input_size_), told));
  std::memmove(input_.data(), input_.data() + taken, input_size_ - taken);
  input_size_ -= taken;
  return {};
}

}  // namespace nip::cli::bench
