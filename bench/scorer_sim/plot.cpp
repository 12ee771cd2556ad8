#include "scorer_sim/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nip::scorer_sim {
namespace {

constexpr double left = 120, width = 520, row_height = 18, head = 44, foot = 34;

/// Milliseconds to a place on the axis, over whole decades.
struct axis {
  double low = 0;  // log10
  double high = 1;
  double at(double seconds) const {
    const double place = (std::log10(std::max(seconds, 1e-6) * 1e3) - low) / (high - low);
    return left + width * std::clamp(place, 0.0, 1.0);
  }
};

axis fit(std::span<const panel> panels) {
  double low = 1e9;
  double high = 1e-9;
  for (const auto& each : panels)
    for (const auto& row : each.rows) {
      low = std::min(low, mean_of(row.p50) * 1e3);
      if (const double top = mean_of(row.p999) * 1e3; std::isfinite(top))
        high = std::max(high, top);
    }
  const double from = std::floor(std::log10(low));
  return {from, std::max(std::ceil(std::log10(high)), from + 1)};
}

std::string text(double x, double y, std::string_view what, std::string_view more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, more, what);
}

std::string dot(double x, double y, double radius, std::string_view colour) {
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"/>\n", x, y, radius,
                     colour);
}

std::string draw_row(const series& row, const axis& along, double y) {
  const bool ours = row.policy == "nip";
  const std::string_view colour = ours ? "#c2410c" : "#334155";
  const double from = along.at(mean_of(row.p50));
  const double to = along.at(mean_of(row.p999));
  auto out = text(left - 8, y + 4, row.policy,
                  ours ? "text-anchor=\"end\" font-weight=\"bold\"" : "text-anchor=\"end\"");
  out += fmt::format(
      "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
      "stroke-opacity=\"0.4\"/>\n",
      from, to, y, y, colour);
  out += dot(from, y, 2.5, colour) + dot(along.at(mean_of(row.p99)), y, 4.5, colour);
  if (std::isfinite(mean_of(row.p999)))
    out +=
        fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"#fff\" stroke=\"{}\"/>\n",
                    to, y, colour);
  return out;
}

std::string draw_decades(const axis& along, double top, double bottom) {
  std::string out;
  for (double decade = along.low; decade <= along.high; ++decade) {
    const double x = along.at(std::pow(10, decade) / 1e3);
    out += fmt::format(
        "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\" stroke=\"#cbd5e1\"/>\n", x, top,
        bottom);
    out += text(x, bottom + 14, fmt::format("{:g} ms", std::pow(10, decade)),
                "text-anchor=\"middle\" fill=\"#64748b\"");
  }
  return out;
}

}  // namespace

std::string draw(const std::string& title, std::span<const panel> panels) {
  const auto along = fit(panels);
  std::string body = text(left, 18, title, "font-weight=\"bold\"");
  double y = head;
  for (const auto& each : panels) {
    body += text(left, y, each.title);
    const double top = y + 8;
    const double bottom = top + row_height * static_cast<double>(each.rows.size());
    body += draw_decades(along, top, bottom);
    for (std::size_t i = 0; i < each.rows.size(); ++i)
      body += draw_row(each.rows[i], along, top + row_height * (static_cast<double>(i) + 0.5));
    y = bottom + foot;
  }
  body += text(left, y - 4,
               "small dot: median · large dot: p99 · ring: p99.9 (none: requests were lost)",
               "fill=\"#64748b\"");
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" "
             "font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" "
             "fill=\"#fff\"/>\n",
             left + width + 40, y + 8) +
         body + "</svg>\n";
}

}  // namespace nip::scorer_sim
