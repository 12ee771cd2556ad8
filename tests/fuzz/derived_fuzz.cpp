// Arbitrary bytes as the files that a journal derives or lists: tables, checkpoints, the manifest
// of a backup. Damage to one costs reading more, and never a message; none is trusted with a crash.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <string>

#include "bus/journal/checkpoint.hpp"
#include "bus/journal/journal.hpp"
#include "bus/journal/segment_digest.hpp"
#include "bus/journal/table.hpp"
#include "bus/maintenance/manifest.hpp"
#include "support/fake_file_system.hpp"

namespace {

using namespace nip;
using namespace nip::bus::journal;

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
  std::uint32_t wide() { return number() | std::uint32_t{number()} << 8; }
  byte_span take(std::size_t count) {
    byte_span taken = left.first(std::min(count, left.size()));
    left = left.subspan(taken.size());
    return taken;
  }
};

/// Keeps nothing, and takes whatever a checkpoint gives it.
struct any_ledger final : bus::ledger {
  bool on_message(const bus::message_record&) override { return true; }
  bool on_outcome(const bus::outcome_record&) override { return true; }
  void save(std::string& out) const override { out = "ledger"; }
  status restore(std::string_view) override { return {}; }
  std::optional<seq_t> next_wanted(seq_t from) const override { return from; }
};

struct served final : bus::visitor {
  std::vector<std::string> messages;
  bool on_message(const bus::message_record& m) override {
    messages.push_back(fmt::format("{} {}", m.seq.value, m.envelope));
    return true;
  }
  bool on_outcome(const bus::outcome_record&) override { return true; }
};

struct opened_journal {
  any_ledger book;
  std::unique_ptr<bus::bus> log;
};

bool open(test::fake_file_system& disk, clock_source& clock, opened_journal& into) {
  bus::options how;
  how.path = "j";
  how.segment_bytes = 8 << 10;
  how.prepare_ahead = how.writer_thread = false;
  how.scrub_bytes_per_second = 0;
  auto opened = bus::open_journal(how, disk, clock, 1, &into.book);
  if (opened) into.log = std::move(*opened);
  return into.log != nullptr;
}

std::vector<std::string> scan(const bus::bus& log) {
  served all;
  require(log.scan(seq_t(1), all).has_value(), "a journal that opened can be read");
  return all.messages;
}

constexpr std::uint64_t messages_made = 60;
std::string id_of(std::uint64_t n) { return fmt::format("m-{}", n); }

/// A sound journal with several full segments, and what it serves.
struct sample {
  sample() {
    opened_journal one;
    require(open(disk, clock, one), "a new journal opens");
    for (std::uint64_t n = 1; n <= messages_made; ++n) {
      const auto text = fmt::format(R"({{"id":"{}","data":"{}"}})", id_of(n),
                                    std::string(300, static_cast<char>('a' + n % 26)));
      std::vector<bus::message_record> message(1);
      message[0].envelope = text;
      message[0].plan = "plan";
      message[0].plan_key = 1;
      require(one.log->append(0, message, {}).has_value(), "there is room");
      one.log->close();
      one.log.reset();
      require(open(disk, clock, one), "it opens again");
    }
    whole = scan(*one.log);
    require(whole.size() == messages_made, "the sample is whole");
    one.log->close();
    one.log.reset();
    for (const auto& name : *disk.list("j"))
      if (parse_table_name(name) || parse_checkpoint_name(name)) derived.push_back("j/" + name);
    require(derived.size() > 4, "tables and checkpoints are there");
  }
  manual_clock clock;
  test::fake_file_system disk;
  std::vector<std::string> whole;
  std::vector<std::string> derived;
};

/// Some bytes of a table or checkpoint are not what was written, or its end is missing: everything
/// is served all the same.
void damage_one(input from) {
  static sample first;
  auto disk = first.disk.copy();
  for (int files = from.number() % 3; files >= 0; --files) {
    const auto& path = first.derived[from.number() % first.derived.size()];
    auto content = disk.contents(path);
    for (int bytes = from.number() % 16; bytes >= 0 && !content.empty(); --bytes)
      content[from.wide() % content.size()] ^= static_cast<std::byte>(from.number() | 1);
    if (from.number() % 4 == 0) content.resize(from.wide() % (content.size() + 1));
    disk.set_contents(path, std::move(content));
  }
  opened_journal one;
  require(open(disk, first.clock, one), "derived files are not needed to open");
  require(scan(*one.log) == first.whole, "everything is served");
  const auto n = 1 + from.number() % messages_made;
  const auto by_id = one.log->find(default_tenant, id_of(n));
  require(by_id && *by_id, "every message is found by its id");
  require(fmt::format("{} {}", (*by_id)->message.record.seq.value,
                      (*by_id)->message.record.envelope) == first.whole[n - 1],
          "it is the one that was asked for");
  const auto by_seq = one.log->read((*by_id)->message.record.seq);
  require(by_seq && *by_seq, "every message is found by its number");
}

/// Arbitrary fields under right checksums: nothing is served that does not stand in a segment.
void swap_one(input from) {
  static sample first;
  auto disk = first.disk.copy();
  const auto& path = first.derived[from.number() % first.derived.size()];
  auto content = disk.contents(path);
  for (int changes = from.number() % 8; changes >= 0; --changes)
    content[from.wide() % content.size()] = static_cast<std::byte>(from.number());
  if (path.contains("checkpoint-")) {
    const std::uint64_t sums[] = {checksum(byte_span(content).first(72)),
                                  checksum(byte_span(content).subspan(80))};
    const auto sum = checksum(std::as_bytes(std::span(sums)));
    std::memcpy(content.data() + 72, &sum, sizeof sum);
  } else {
    std::uint64_t place[4] = {};
    std::memcpy(place, content.data() + 16, 3 * sizeof place[0]);
    for (std::size_t at = 0; at + table_block_bytes <= content.size(); at += table_block_bytes) {
      auto sum = checksum(byte_span(content).subspan(at, table_block_bytes - 8));
      place[3] = at / table_block_bytes;
      if (at != 0) sum ^= checksum(std::as_bytes(std::span(place)));
      std::memcpy(content.data() + at + table_block_bytes - 8, &sum, sizeof sum);
    }
  }
  disk.set_contents(path, std::move(content));
  opened_journal one;
  if (!open(disk, first.clock, one)) return;
  served all;
  (void)one.log->scan(seq_t(1), all);
  const std::set<std::string> sound(first.whole.begin(), first.whole.end());
  for (const auto& each : all.messages)
    require(sound.contains(each), "only what stands in a segment is served");
  (void)one.log->find(default_tenant, id_of(1 + from.number() % messages_made));
  (void)one.log->read(seq_t(from.wide()));
  (void)one.log->first_since({static_cast<std::int64_t>(from.wide())});
}

void read_table(input from) {
  test::fake_file_system disk;
  (void)disk.make_directories("j");
  disk.set_contents("j/t", test::bytes(from.left.begin(), from.left.end()));
  const auto header =
      decode_table_header(from.left.first(std::min(from.left.size(), std::size_t{4096})));
  if (!header) return;
  const auto table = disk.open("j/t", open_mode::read).value();
  (void)read_marks(*table, *header);
  (void)find_places(*table, *header, table_section::ids, from.wide());
  (void)find_places(*table, *header, table_section::plans, from.wide());
}

void read_checkpoint(std::string_view text) {
  const auto found = decode_checkpoint(text);
  if (!found) return;
  const auto again = decode_checkpoint(encode_checkpoint(*found));
  require(again && again->at == found->at && again->ledger == found->ledger &&
              again->numbers.next_seq() == found->numbers.next_seq(),
          "a checkpoint that was read is written the same");
}

void read_manifest(std::string text, bool sealed) {
  using namespace bus::maintenance;
  if (sealed) text = "NIP-BACKUP 1\n" + text;
  if (sealed && !text.ends_with('\n')) text += '\n';
  if (sealed) text += fmt::format("checksum {:016x}\n", checksum(bytes_of(text)));
  const auto found = decode_manifest(text);
  if (!found) return;
  const auto again = decode_manifest(encode_manifest(*found));
  require(again && again->journal_id == found->journal_id && again->end == found->end &&
              again->next_seq == found->next_seq && again->files.size() == found->files.size(),
          "a manifest that was read is written the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input from{std::as_bytes(std::span(data, size))};
  const auto mode = from.number() % 6;
  const std::string text(reinterpret_cast<const char*>(from.left.data()), from.left.size());
  if (mode == 0) damage_one(from);
  if (mode == 1) swap_one(from);
  if (mode == 2) read_table(from);
  if (mode == 3) read_checkpoint(text);
  if (mode >= 4) read_manifest(text, mode == 5);
  return 0;
}
