// Arbitrary bytes as segment files: opening never crashes, and serves nothing but sound records.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "bus/journal/journal.hpp"
#include "bus/journal/record.hpp"
#include "support/fake_file_system.hpp"

namespace {

using namespace nip;
using namespace nip::bus::journal;

constexpr std::uint64_t segment_bytes = 16 << 10;
constexpr std::uint64_t journal_id = 42;

struct served final : bus::visitor {
  std::vector<std::string> messages;
  bool on_message(const bus::message_record& m) override {
    messages.push_back(fmt::format("{} {}", m.seq.value, m.envelope));
    return true;
  }
  bool on_outcome(const bus::outcome_record&) override { return true; }
};

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// Bytes that the input still has, front first.
struct input {
  byte_span left;
  std::uint8_t number() {
    return left.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(take(1)[0]);
  }
  byte_span take(std::size_t count) {
    byte_span taken = left.first(std::min(count, left.size()));
    left = left.subspan(taken.size());
    return taken;
  }
};

/// A segment whose checksums are right, with fields out of the input: what no bit flip reaches.
test::bytes sealed_segment(input from, std::uint64_t number) {
  test::bytes content(segment_header_bytes);
  encode({journal_id, number, segment_bytes, 1, {}},
         std::span<std::byte, segment_header_bytes>(content));
  while (!from.left.empty() && content.size() + 4096 < segment_bytes) {
    batch_header header;
    header.journal_id = journal_id;
    header.at = {number, content.size()};
    header.epoch = from.number();
    header.first_seq = from.number();
    header.durable = {number, std::min<std::uint64_t>(from.number() * 64u, content.size())};
    byte_buffer records;
    for (int count = from.number() % 8; count > 0 && records.size() < 2048; --count) {
      const auto kind = static_cast<record_kind>(from.number() % 6);
      byte_span fields = from.take(from.number());
      const std::size_t used = record_header_bytes + fields.size();
      std::byte* record = records.extend(aligned(used));
      if (!fields.empty()) std::memcpy(record + record_header_bytes, fields.data(), fields.size());
      finish_record(record, kind, 0, used);
      seal_record(record, aligned(used), record_key(header));
      ++header.records;
      header.messages += kind == record_kind::message ? 1 : 0;
    }
    header.bytes = static_cast<std::uint32_t>(batch_header_bytes + records.size());
    std::array<std::byte, batch_header_bytes> head;
    encode(header, head);
    content.insert(content.end(), head.begin(), head.end());
    content.insert(content.end(), records.view().begin(), records.view().end());
  }
  content.resize(segment_bytes);
  return content;
}

/// Every message that stands in the file under the checksum of some batch of the file.
void add_sound_messages(byte_span content, std::set<std::string>& sound) {
  for (std::size_t at = 0; at + batch_header_bytes <= content.size(); at += alignment_bytes) {
    auto header = decode_batch_header(content.subspan(at));
    if (!header) continue;
    for (std::size_t r = at; r < content.size(); r += alignment_bytes)
      if (auto record = read_record(content.subspan(r), record_key(*header)))
        if (auto message = decode_message(record->record))
          sound.insert(fmt::format("{} {}", message->seq.value, message->envelope));
  }
}

std::vector<std::string> scan(const bus::bus& log) {
  served all;
  require(log.scan(seq_t(1), all).has_value(), "a journal that opened can be read");
  return all.messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input from{std::as_bytes(std::span(data, size))};
  const auto mode = from.number();
  test::fake_file_system disk;
  (void)disk.make_directories("j");
  std::set<std::string> sound;
  for (std::uint64_t number = 1; number <= 1u + (mode >> 1) % 2; ++number) {
    input part{number == 1 && (mode & 2) ? from.take(from.left.size() / 2) : from.left};
    auto content =
        mode & 1 ? sealed_segment(part, number) : test::bytes(part.left.begin(), part.left.end());
    add_sound_messages(content, sound);
    disk.set_contents("j/" + segment_name(number), std::move(content));
  }

  bus::options how;
  how.path = "j";
  how.segment_bytes = segment_bytes;
  how.prepare_ahead = false;
  system_clock clock;
  auto opened = bus::open_journal(how, disk, clock, 1);
  if (!opened) return 0;
  const auto before = scan(**opened);
  for (const auto& message : before)
    require(sound.contains(message), "only sound records are served");
  std::vector<bus::message_record> one(1);
  one[0].envelope = R"({"id":"new"})";
  const bool taken = (*opened)->append(0, one, {}).has_value();
  (*opened)->close();
  opened->reset();

  auto again = bus::open_journal(how, disk, clock, 1);
  require(again.has_value(), "what opened once opens again");
  auto after = scan(**again);
  if (taken) {
    require(
        !after.empty() && after.back() == fmt::format("{} {}", one[0].seq.value, one[0].envelope),
        "what was appended is there");
    after.pop_back();
  }
  require(after == before, "what was served once is served again");
  return 0;
}
