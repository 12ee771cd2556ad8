// What is in a journal's folder, as JSON and as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bus/maintenance/inspection.hpp"
#include "bus/maintenance/verification.hpp"
#include "cli/session.hpp"

namespace nip::cli {

/// Damaged ranges: file, offset, length, reason.
nlohmann::json to_json(const std::vector<bus::maintenance::damage>& damaged);
/// One line for each, on `out`.
void print_damage(session& now, const std::vector<bus::maintenance::damage>& damaged);

/// A record with its place and what is in it; texts of more than `text_max` bytes are cut, and end
/// in an ellipsis.
constexpr std::size_t record_text_max = 2000;
nlohmann::json to_json(const bus::maintenance::placed_record& record,
                       std::size_t text_max = record_text_max);
/// The same on one line.
std::string one_line(const bus::maintenance::placed_record& record);

/// "reading 42 %" on terminals, rewritten in place; nothing elsewhere.
class progress_line {
 public:
  /// `expected` bytes are a hundred per cent; 0: not known.
  progress_line(session& now, std::string what, std::uint64_t expected);
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  bus::maintenance::progress tell();

 private:
  void show(std::uint64_t bytes);

  session& now_;
  std::string what_;
  std::uint64_t expected_;
  std::uint64_t shown_ = 0;
  bool on_;
};

}  // namespace nip::cli
