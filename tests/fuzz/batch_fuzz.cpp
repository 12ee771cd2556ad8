// Any bytes as the text of a batch, in any pieces: the same entries as in one piece, none over the
// bound, and of an array that a parser reads, its elements.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/batch/entry_splitter.hpp"
#include "message/message.hpp"

namespace {

using namespace nip::gateway::batch;

constexpr std::size_t entry_bytes_max = 64;

void require(bool condition) {
  if (!condition) std::abort();
}

struct found {
  piece::kind what;
  std::string text;
  std::uint64_t at;
  bool operator==(const found&) const = default;
};

std::vector<found> cut(form which, std::string_view text, std::string_view splits,
                       std::size_t bound) {
  entry_splitter splitter(which, bound);
  std::vector<found> all;
  std::size_t turn = 0;
  while (!text.empty()) {
    const std::size_t wanted =
        splits.empty()
            ? text.size()
            : std::size_t{1} + static_cast<unsigned char>(splits[turn++ % splits.size()]);
    std::string part(text.substr(0, wanted));
    text.remove_prefix(part.size());
    part.reserve(part.size() + nip::message::message::padding);
    std::string_view rest = part;
    for (piece next = splitter.next(rest); next.what != piece::kind::hungry;
         next = splitter.next(rest)) {
      require(next.what != piece::kind::entry || next.text.size() <= bound);
      all.push_back({next.what, std::string(next.text), next.at});
      if (next.what == piece::kind::fault) return all;
    }
    require(rest.empty());
  }
  if (const piece last = splitter.finish(); last.what != piece::kind::hungry)
    all.push_back({last.what, std::string(last.text), last.at});
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // The first line says how the rest is cut.
  const auto line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view splits = input.substr(0, line);
  const std::string_view text = input.substr(line + 1);
  for (const form which : {form::lines, form::array})
    require(cut(which, text, splits, entry_bytes_max) == cut(which, text, {}, entry_bytes_max));
  const auto entries = cut(form::array, text, splits, text.size());
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_array()) return 0;
  // That parser reads over a byte order mark, and ends at a zero byte.
  if (text.starts_with("\xef\xbb\xbf") || text.find('\0') != text.npos) return 0;
  if (!entries.empty() && entries.back().what == piece::kind::fault) {
    require(entries.back().text.find("1024") != std::string::npos);  // a parser takes any depth
    return 0;
  }
  require(entries.size() == parsed.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    require(nlohmann::json::parse(entries[i].text) == parsed[i]);
  return 0;
}
