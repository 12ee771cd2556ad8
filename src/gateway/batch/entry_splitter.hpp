// Cuts the text of a batch, which comes in pieces, into its entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/batch/array_scanner.hpp"

namespace nip::gateway::batch {

enum class form : std::uint8_t {
  lines,  ///< NDJSON: an entry a line, blank lines passed over
  array,  ///< one JSON array, an entry an element
};

/// What the splitter found.
struct piece {
  enum class kind : std::uint8_t {
    hungry,     ///< no whole entry is there
    entry,      ///< `text` is one, whatever it holds
    too_large,  ///< one was over the bound; it is skipped
    fault,      ///< the text cannot be cut any further: `text` is a literal that says why
  };
  kind what = kind::hungry;
  std::string_view text;
  std::uint64_t at = 0;  ///< the byte of the batch where the entry begins, or the fault lies
};

/// For one batch, one thread. Entries are views into what was fed; one that came in pieces is kept
/// here, so this holds at most `entry_bytes_max` bytes.
class entry_splitter {
 public:
  entry_splitter(form which, std::size_t entry_bytes_max)
      : entry_bytes_max_(entry_bytes_max), form_(which) {}

  /// Takes what it looked at off `rest`, which is followed by message::padding readable bytes; so
  /// is the text of an entry, valid until the next call and while the text fed lives. After hungry
  /// `rest` is empty; after a fault every call is one.
  piece next(std::string_view& rest);
  /// The text is over: its last line, a fault when the array is not, else hungry. Once.
  piece finish();

 private:
  piece next_line(std::string_view& rest);
  piece next_element(std::string_view& rest);
  void keep(std::string_view part);
  piece complete(std::string_view last);
  std::string_view take(std::string_view& rest, std::size_t size);
  piece fault(std::string_view why) const { return {piece::kind::fault, why, seen_}; }

  array_scanner scanner_;
  std::string kept_;         ///< the beginning of an entry, then the entry that was handed out
  std::uint64_t seen_ = 0;   ///< bytes of the batch that were looked at
  std::uint64_t begin_ = 0;  ///< of the entry
  std::size_t entry_bytes_max_;
  form form_;
  bool inside_ = false;  ///< an entry has begun
  bool spent_ = false;   ///< kept_ was handed out
  bool over_bound_ = false;
};

}  // namespace nip::gateway::batch
