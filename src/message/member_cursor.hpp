// Walks an object or array by simdjson's structural indexes, which know the raw bytes that its DOM
// forgets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace nip::message {

/// One member of an object: where its key begins, and its value as it stands in the text.
struct raw_member {
  std::uint32_t key_at = 0;
  std::uint32_t value_at = 0;
  const std::uint32_t* value_index = nullptr;  ///< the structural index that the value begins with
  std::string_view value;
};

/// Goes over the members of one object in order, side by side with the DOM. The text is known to be
/// valid: stage 2 of the parser has accepted it. Every bracket, colon, comma and every first byte
/// of a string, number or word has an index; closing quotes have none.
class member_cursor {
 public:
  /// `open` is the index of the `{` or `[`.
  member_cursor(const char* text, const std::uint32_t* open) noexcept
      : text_(text), at_(open + 1) {}

  /// The next member; there must be one, which the DOM knows.
  raw_member next() noexcept {
    raw_member member;
    member.key_at = at_[0];
    member.value_index = at_ + 2;
    member.value_at = at_[2];
    const std::uint32_t* const after = skip(at_ + 2);
    member.value = trimmed(member.value_at, *after);
    at_ = after + 1;  // over the comma or the closing brace
    return member;
  }

  /// The next element, when the container is an array; there must be one. It has no key.
  raw_member next_element() noexcept {
    raw_member element;
    element.value_index = at_;
    element.value_at = at_[0];
    const std::uint32_t* const after = skip(at_);
    element.value = trimmed(element.value_at, *after);
    at_ = after + 1;
    return element;
  }

  /// How many containers deep the members seen so far went, the object itself not counted.
  std::uint32_t depth() const noexcept { return depth_; }

 private:
  /// The index behind a value: a comma or the brace that closes the object.
  const std::uint32_t* skip(const std::uint32_t* value) noexcept {
    // '{' and '[' differ in one bit, and so do '}' and ']'.
    constexpr int case_bit = 0x20;
    const char* const text = text_;
    if ((text[*value] | case_bit) != '{') return value + 1;
    int level = 0;
    int deepest = 0;
    do {
      const int c = text[*value++] | case_bit;
      level += static_cast<int>(c == '{') - static_cast<int>(c == '}');
      deepest = std::max(deepest, level);
    } while (level != 0);
    depth_ = std::max(depth_, static_cast<std::uint32_t>(deepest));
    return value;
  }

  std::string_view trimmed(std::uint32_t from, std::uint32_t end) const noexcept {
    while (static_cast<unsigned char>(text_[end - 1]) <= ' ') --end;
    return {text_ + from, end - from};
  }

  const char* text_;
  const std::uint32_t* at_;
  std::uint32_t depth_ = 0;
};

}  // namespace nip::message
