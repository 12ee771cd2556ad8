// The plans of one segment, as a reader comes to need them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/file.hpp"
#include "bus/journal/record.hpp"

namespace nip::bus::journal {

/// One thread at a time; `segment` must outlive it.
class plan_book {
 public:
  struct extent {
    std::uint64_t journal_id;
    std::uint64_t segment;
    std::uint64_t end;  ///< nothing at or behind it is looked at
  };

  /// Says which batch defines a plan, when that is known without reading.
  using batch_lookup = std::function<std::optional<std::uint64_t>(std::uint64_t key)>;

  plan_book(const file& segment, extent where, batch_lookup known)
      : segment_(segment), where_(where), known_(std::move(known)) {}

  /// Notes a definition that the reader came by.
  void add(const plan_definition& plan);
  /// The plan behind `key`; read from the segment when no definition came by yet. Empty for key 0,
  /// and when the definition was damaged. Valid as long as the book. Fails with errc::io.
  result<std::string_view> find(std::uint64_t key);

 private:
  status read_from(std::uint64_t offset, std::uint64_t key);

  const file& segment_;
  extent where_;
  batch_lookup known_;
  std::unordered_map<std::uint64_t, std::string> plans_;
};

}  // namespace nip::bus::journal
