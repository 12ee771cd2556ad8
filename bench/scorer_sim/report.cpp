#include "scorer_sim/report.hpp"

#include <array>
#include <cmath>
#include <numeric>

namespace nip::scorer_sim {
namespace {

/// The 0.975 quantile of Student's t, by degrees of freedom from 1 to 30.
double student_t(std::size_t freedom) {
  constexpr std::array table = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
  return freedom == 0 ? INFINITY : freedom <= table.size() ? table[freedom - 1] : 1.96;
}

}  // namespace

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

interval paired_ratio(std::span<const double> a, std::span<const double> b) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < a.size(); ++i) logs.push_back(std::log(a[i] / b[i]));
  const double mean = mean_of(logs);
  double squares = 0;
  for (const double each : logs) squares += (each - mean) * (each - mean);
  const auto count = logs.size();
  const double half =
      count < 2 ? INFINITY
                : student_t(count - 1) * std::sqrt(squares / static_cast<double>(count - 1) /
                                                   static_cast<double>(count));
  return {std::exp(mean - half), std::exp(mean), std::exp(mean + half)};
}

}  // namespace nip::scorer_sim
