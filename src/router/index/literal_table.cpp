#include "router/index/literal_table.hpp"

#include <xxhash.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <new>

namespace nip::router {
namespace {

constexpr std::size_t near_text_max = sizeof(std::uint64_t);
constexpr std::size_t entries_first = 64;

std::uint64_t packed(std::string_view text) noexcept {
  std::uint64_t out = 0;
  std::memcpy(&out, text.data(), text.size());
  return out;
}

/// Spreads 64 bits over all bits: the last step of MurmurHash3.
std::uint64_t mixed(std::uint64_t bits) noexcept {
  bits ^= bits >> 33;
  bits *= 0xff51afd7ed558ccdULL;
  bits ^= bits >> 33;
  bits *= 0xc4ceb9fe1a85ec53ULL;
  return bits ^ (bits >> 33);
}

}  // namespace

double number_of(const cel::value& number) noexcept {
  switch (number.kind()) {
    case cel::value_kind::integer:
      return static_cast<double>(number.as_integer());
    case cel::value_kind::uinteger:
      return static_cast<double>(number.as_uinteger());
    default:
      return number.as_real();
  }
}

std::optional<literal> literal_of(const cel::value& v) noexcept {
  switch (v.kind()) {
    case cel::value_kind::null:
      return literal{};
    case cel::value_kind::boolean:
      return literal{.kind = literal_kind::boolean, .bits = v.as_bool()};
    case cel::value_kind::integer:
    case cel::value_kind::uinteger:
    case cel::value_kind::real: {
      const double number = number_of(v);
      if (std::isnan(number)) return std::nullopt;
      // Both zeros are one number.
      return literal{.kind = literal_kind::number,
                     .bits = number == 0 ? 0 : std::bit_cast<std::uint64_t>(number)};
    }
    case cel::value_kind::string:
      return literal{.kind = literal_kind::string, .text = v.as_view()};
    case cel::value_kind::bytes:
      return literal{.kind = literal_kind::bytes, .text = v.as_view()};
    default:
      return std::nullopt;
  }
}

literal_table::literal_table() : entries_(entries_first), mask_(entries_first - 1) {}

literal_table::key literal_table::key_of(cel::path_id scope, const literal& what) noexcept {
  key out{.hash = 0,
          .scope = (scope << kind_bits) | static_cast<std::uint32_t>(what.kind),
          .size = static_cast<std::uint32_t>(what.text.size()),
          .payload = what.bits,
          .far = what.text.size() > near_text_max};
  std::uint64_t hash = 0;
  if (out.far) {
    out.payload = reinterpret_cast<std::uintptr_t>(what.text.data());
    hash = XXH3_64bits_withSeed(what.text.data(), what.text.size(), out.scope);
  } else {
    if (!what.text.empty()) out.payload = packed(what.text);
    hash = mixed(out.payload + mixed(std::uint64_t{out.scope} << 4 | out.size));
  }
  out.hash = static_cast<std::uint32_t>(hash >> 32);
  return out;
}

bool literal_table::same(const entry& one, const key& wanted) noexcept {
  if (one.hash != wanted.hash || one.scope != wanted.scope || one.size != wanted.size) return false;
  if (one.payload == wanted.payload) return true;
  if (!wanted.far) return false;
  return std::memcmp(reinterpret_cast<const char*>(static_cast<std::uintptr_t>(one.payload)),
                     reinterpret_cast<const char*>(static_cast<std::uintptr_t>(wanted.payload)),
                     wanted.size) == 0;
}

const literal_table::entry* literal_table::find(const key& wanted) const noexcept {
  for (std::size_t at = wanted.hash & mask_;; at = (at + 1) & mask_) {
    const entry& one = entries_[at];
    if (one.number == 0) return nullptr;
    if (same(one, wanted)) return &one;
  }
}

std::uint32_t literal_table::intern(cel::path_id scope, const literal& what) {
  key fresh = key_of(scope, what);
  if (const entry* known = find(fresh)) return known->number;
  // Three quarters full at most.
  if (std::size_t{next_} * 4 > entries_.size() * 3) grow();
  if (fresh.far) {
    const auto kept = texts_.copy(what.text);
    if (kept.data() == nullptr) throw std::bad_alloc();
    fresh.payload = reinterpret_cast<std::uintptr_t>(kept.data());
    text_bytes_ += kept.size();
  }
  std::size_t at = fresh.hash & mask_;
  while (entries_[at].number != 0) at = (at + 1) & mask_;
  entries_[at] = {.hash = fresh.hash,
                  .number = next_,
                  .scope = fresh.scope,
                  .size = fresh.size,
                  .payload = fresh.payload};
  return next_++;
}

void literal_table::grow() {
  std::vector<entry> old(entries_.size() * 2);
  old.swap(entries_);
  mask_ = entries_.size() - 1;
  for (const entry& one : old) {
    if (one.number == 0) continue;
    std::size_t at = one.hash & mask_;
    while (entries_[at].number != 0) at = (at + 1) & mask_;
    entries_[at] = one;
  }
}

std::size_t literal_table::bytes() const { return entries_.size() * sizeof(entry) + text_bytes_; }

std::string_view literal_table::text_of(const entry& of) noexcept {
  if (of.size <= near_text_max) return {reinterpret_cast<const char*>(&of.payload), of.size};
  return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(of.payload)), of.size};
}

double literal_table::number_at(const entry& of) noexcept {
  return std::bit_cast<double>(of.payload);
}

}  // namespace nip::router
