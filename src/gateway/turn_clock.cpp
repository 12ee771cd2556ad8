#include "gateway/turn_clock.hpp"

#include <cstring>
#include <ctime>

namespace nip::gateway {

turn_clock::turn_clock(const clock_source& source) : source_(source) { refresh(); }

void turn_clock::refresh() {
  now_ = source_.mono();
  wall_ = source_.wall();
  const std::int64_t second = wall_.ns / 1'000'000'000;
  if (second != second_) write_date(second);
}

void turn_clock::write_date(std::int64_t second) {
  second_ = second;
  const auto moment = static_cast<std::time_t>(second);
  std::tm parts{};
  gmtime_r(&moment, &parts);
  // Not strftime's %a and %b: the header is English whatever the locale is.
  static constexpr char days[] = "SunMonTueWedThuFriSat";
  static constexpr char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  char text[sizeof date_ + 1];
  std::strftime(text, sizeof text, "___, %d ___ %Y %H:%M:%S GMT", &parts);
  std::memcpy(text, days + parts.tm_wday * 3, 3);
  std::memcpy(text + 8, months + parts.tm_mon * 3, 3);
  std::memcpy(date_, text, sizeof date_);
}

}  // namespace nip::gateway
