// What runs of several policies over the same seeds come to: medians, and ratios with their doubt.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace nip::scorer_sim {

/// One policy at one load, by seed. Times in seconds.
struct series {
  std::string policy;
  std::vector<double> p50;
  std::vector<double> p99;
  std::vector<double> p999;
  std::vector<double> good;   ///< share answered well, in time where there is a deadline
  std::vector<double> price;  ///< of one request
  std::vector<double>
      failing_share;  ///< of attempts that went to failing targets, over a fair share
};

struct interval {
  double low = 0;
  double middle = 0;
  double high = 0;
};

double mean_of(std::span<const double> values);

/// Geometric mean of a/b by seed, and its 95 % confidence interval (Student's t on the logarithms
/// of the pairs). Both have as many values, one a seed.
interval paired_ratio(std::span<const double> a, std::span<const double> b);

}  // namespace nip::scorer_sim
