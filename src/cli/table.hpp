// Aligned columns for people.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/paint.hpp"

namespace nip::cli {

enum class align { left, right };

struct column {
  std::string title;
  align side = align::left;
  std::size_t width_max = 60;  ///< longer cells are cut and end in an ellipsis; 0 is no bound
};

struct cell {
  std::string text;
  colour shade = colour::none;

  cell(std::string what, colour how = colour::none)  // NOLINT(google-explicit-constructor)
      : text(std::move(what)), shade(how) {}
  cell(const char* what) : text(what) {}  // NOLINT(google-explicit-constructor)
};

/// Collects rows, then prints them with each column as wide as its widest cell.
class table {
 public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns.
  void add(std::vector<cell> row);
  bool empty() const { return rows_.empty(); }
  /// Titles, then rows; two spaces between columns, none at the end of a line. Control characters
  /// in cells are shown as spaces, so that data from a message cannot move the cursor.
  void print(std::ostream& to, const painter& paint) const;

 private:
  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

/// `text` on one line, at most `width_max` columns (0: no bound).
std::string one_line(std::string_view text, std::size_t width_max);

}  // namespace nip::cli
