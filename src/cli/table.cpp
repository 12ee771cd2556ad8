#include "cli/table.hpp"

#include <algorithm>

namespace nip::cli {
namespace {

void print_row(std::ostream& to, const painter& paint, const std::vector<column>& columns,
               const std::vector<std::size_t>& widths, const std::vector<cell>& row) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string padding(widths[i] - display_width(row[i].text), ' ');
    const std::string text = paint(row[i].shade, row[i].text);
    if (i > 0) line += "  ";
    line += columns[i].side == align::right ? padding + text : text + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  to << line << '\n';
}

}  // namespace

void table::add(std::vector<cell> row) {
  row.resize(columns_.size(), cell(""));
  for (std::size_t i = 0; i < row.size(); ++i)
    row[i].text = one_line(row[i].text, columns_[i].width_max);
  rows_.push_back(std::move(row));
}

void table::print(std::ostream& to, const painter& paint) const {
  std::vector<std::size_t> widths;
  std::vector<cell> titles;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i].text));
    widths.push_back(width);
    titles.emplace_back(columns_[i].title, colour::bold);
  }
  print_row(to, paint, columns_, widths, titles);
  for (const auto& row : rows_) print_row(to, paint, columns_, widths, row);
}

std::string one_line(std::string_view text, std::size_t width_max) {
  std::string line;
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    if (width_max != 0 && columns + 1 == width_max && next < text.size()) return line + "…";
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c == 0x7F)
      line += ' ';
    else
      line.append(text, at, next - at);
    ++columns;
    at = next;
  }
  return line;
}

}  // namespace nip::cli
