// Which dead letters an operation is about: by what they say, and by their messages.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "broker/administration.hpp"
#include "broker/dead_letters.hpp"
#include "broker/message_range.hpp"
#include "bus/bus.hpp"

namespace nip::broker {

/// Dead letters that one search looks at in the journal, for a CEL filter, before it gives a
/// cursor.
constexpr std::size_t letters_read_max = 20'000;

/// What was asked for, without what was left open.
nlohmann::json describe(const dead_letter_choice& which);

/// [reader] Made for one operation.
class letter_search {
 public:
  letter_search(const dead_letters& among, const bus::bus& journal, const message::principal& who,
                message::codec_limits envelope)
      : among_(among), journal_(journal), who_(who), filter_(envelope, who.tenant_name) {}

  /// Fails with errc::invalid_argument (bounds), or as the filter does.
  status choose(const dead_letter_choice& which);
  /// Those that fit, in order, above `after`, `limit` at most. What was not looked at any more
  /// stands behind next(). Fails with errc::io.
  result<std::vector<dead_letter>> find(dead_letters::key after, std::size_t limit);
  /// Where the last find() left off; nothing when it saw the end.
  std::optional<dead_letters::key> next() const { return next_; }

 private:
  bool fits(const dead_letter& letter) const;
  result<bool> passes(const dead_letter& letter);

  const dead_letters& among_;
  const bus::bus& journal_;
  const message::principal who_;
  dead_letter_choice which_;
  message_range range_;
  stored_filter filter_;
  std::optional<dead_letters::key> next_;
};

}  // namespace nip::broker
