// Interned constants: from a value to the small number that stands for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cel/arena.hpp"
#include "cel/path.hpp"
#include "cel/value.hpp"

namespace nip::router {

/// What a literal is compared as. Numbers of all types are one kind: a double, which is exact for
/// the constants that are kept (see number_of()).
enum class literal_kind : std::uint8_t { null, boolean, number, string, bytes };

/// Beyond it doubles stand for several integers, and CEL's == is no equivalence any more.
constexpr double exact_number_max = 0x1p53 - 1;

/// The double that stands for any number; monotone, and exact within ±exact_number_max.
double number_of(const cel::value& number) noexcept;

/// A constant as bits: a number's, a boolean's, or text.
struct literal {
  literal_kind kind = literal_kind::null;
  std::uint64_t bits = 0;
  std::string_view text = {};
};

/// How `v` is looked up; nothing for kinds that no literal has, and for NaN, which equals nothing.
std::optional<literal> literal_of(const cel::value& v) noexcept;

/// An open-addressing table of literals, each in the scope of a path. Grown while an index is
/// built, then only read, by any thread.
class literal_table {
 public:
  static constexpr unsigned kind_bits = 3;
  /// No literal has a number below: 0 stands for an absent value, 1 for one that equals no literal.
  static constexpr std::uint32_t first_number = 2;

  /// One line of a processor's cache holds two. `begin` and `count` say where the rules stand that
  /// hang under the literal.
  struct entry {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;   ///< 0: free
    std::uint32_t scope = 0;    ///< path and kind
    std::uint32_t size = 0;     ///< bytes of text
    std::uint64_t payload = 0;  ///< bits; text of up to 8 bytes; or the address of longer text
    std::uint32_t begin = 0;
    std::uint32_t count = 0;

    cel::path_id path() const { return scope >> kind_bits; }
    literal_kind kind() const { return static_cast<literal_kind>(scope & ((1U << kind_bits) - 1)); }
  };
  static_assert(sizeof(entry) == 32);

  literal_table();

  /// The number of a literal, a new one when it was not seen before.
  std::uint32_t intern(cel::path_id scope, const literal& what);
  /// A literal as it is looked up: made once, to fetch ahead and then to find.
  struct key {
    std::uint32_t hash = 0;
    std::uint32_t scope = 0;
    std::uint32_t size = 0;
    std::uint64_t payload = 0;
    bool far = false;  ///< payload is an address
  };
  static key key_of(cel::path_id scope, const literal& what) noexcept;
  void prefetch(const key& wanted) const noexcept {
    __builtin_prefetch(&entries_[wanted.hash & mask_]);
  }
  /// Null when it is not there.
  const entry* find(const key& wanted) const noexcept;
  /// Numbers given out, first_number included.
  std::uint32_t end_number() const { return next_; }
  std::size_t bytes() const;

  /// Calls `take(entry&)` with each literal.
  template <class Take>
  void each(Take&& take) {
    for (auto& one : entries_)
      if (one.number != 0) take(one);
  }
  /// The text behind an entry of kind string or bytes.
  static std::string_view text_of(const entry& of) noexcept;
  static double number_at(const entry& of) noexcept;

 private:
  static bool same(const entry& one, const key& wanted) noexcept;
  void grow();

  std::vector<entry> entries_;
  std::uint32_t next_ = first_number;
  std::size_t mask_ = 0;
  std::size_t text_bytes_ = 0;
  cel::arena texts_{SIZE_MAX};
};

}  // namespace nip::router
