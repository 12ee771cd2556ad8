// The C structs of one batch, reused from call to call.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "nip/plugin.h"
#include "plugin/native/object.hpp"
#include "plugin/plugin.hpp"

namespace nip::plugin::native {

constexpr std::size_t reply_bytes_max = std::size_t{16} << 20;  // a longer reply fails the delivery
constexpr std::size_t error_bytes_max = 4096;                   // a longer reason is dropped
constexpr std::size_t text_bytes_kept = std::size_t{16}
                                        << 10;  // of a reply buffer between two batches
constexpr std::int32_t status_unset = -1;

/// One delivery as the plugin sees it.
struct call_slot {
  nip_message message{};
  nip_delivery delivery{};
  nip_result result{};
  text_sink reply{reply_bytes_max};
  text_sink error{error_bytes_max};
  std::string note;  ///< an error in the host's words, while it is reported

  /// Fills the structs from `what`; views point into its message.
  void fill(const work& what, std::uint64_t token);
};

/// The arrays that handle() takes. Allocates only while it grows to the largest batch.
class call_frame {
 public:
  void clear() noexcept { used_ = 0; }
  /// A slot behind the others; stays where it is until clear().
  call_slot& add();
  std::size_t size() const noexcept { return used_; }
  call_slot& operator[](std::size_t i) { return slots_[i]; }
  const nip_delivery* const* deliveries() const { return deliveries_.data(); }
  nip_result* const* results() const { return results_.data(); }

 private:
  std::size_t used_ = 0;
  std::deque<call_slot> slots_;
  std::vector<const nip_delivery*> deliveries_;
  std::vector<nip_result*> results_;
};

}  // namespace nip::plugin::native
