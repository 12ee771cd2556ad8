// Finds the elements of a JSON array in a text that comes in pieces.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nip::gateway::batch {

/// Looks at quotes and brackets only: where an element ends, not whether it is JSON. So an element
/// that is none costs its own place, and no other. One array, one thread, no memory of its own.
class array_scanner {
 public:
  /// Brackets inside of brackets in one element; an envelope is allowed fewer.
  static constexpr std::size_t depth_max = 1024;

  enum class event : std::uint8_t {
    hungry,  ///< the text is used up
    begin,   ///< an element begins with the byte behind
    end,     ///< it has ended with the byte in front
    over,    ///< so has the array
    fault,   ///< the byte behind cannot stand there: why(); for good
  };
  struct found {
    event what = event::hungry;
    std::size_t size = 0;  ///< bytes of the text in front of the place
  };

  /// Goes on where the last call stopped, to the next event.
  found scan(std::string_view text);
  /// What was expected at a fault, or at the end of a text that ends too early; a literal.
  std::string_view why() const;
  /// The array was whole.
  bool is_over() const { return state_ == state::behind_array; }

 private:
  enum class state : std::uint8_t {
    before_array,
    before_first,  ///< an element or the end
    before_next,   ///< behind a comma
    in_scalar,     ///< a number, a word, or nonsense
    in_nested,
    in_string,
    in_escape,
    behind_element,
    behind_array,
    too_deep,
    unpaired,
  };

  found element_at(char c, std::size_t at);
  found scan_element(std::string_view text, std::size_t at);
  bool nest(char c);

  state state_ = state::before_array;
  std::size_t depth_ = 0;
  std::array<std::uint64_t, depth_max / 64> is_object_{};  ///< a bit for each open bracket
};

}  // namespace nip::gateway::batch
