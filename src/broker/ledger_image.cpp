// The ledger as bytes, for the journal's checkpoints: CBOR (RFC 8949) around sets of bits.
#include <cstring>
#include <nlohmann/json.hpp>

#include "broker/ledger.hpp"

namespace nip::broker {
namespace {

using nlohmann::json;

/// Raised when the meaning changes; an image of another version is read anew from the journal.
constexpr std::uint64_t image_version = 1;

json::binary_t image_of(const number_set& set) {
  std::string bytes;
  set.save(bytes);
  return json::binary_t({bytes.begin(), bytes.end()});
}

/// A key of the window, little-endian: there may be a million of them.
struct packed_key {
  std::uint64_t hash;
  std::uint64_t seq;
  std::uint64_t tenant_seq;
  std::uint64_t generation;
  std::int64_t at;
  std::uint64_t flags;
};
constexpr std::uint64_t packed_by_id = 1, packed_buffered = 2;

template <class Keys>
json::binary_t image_of(const Keys& keys) {
  json::binary_t out;
  out.resize(keys.size() * sizeof(packed_key));
  std::size_t at = 0;
  for (const auto& each : keys) {
    const packed_key one{
        each.hash,
        each.seq.value,
        each.tenant_seq,
        each.generation.value,
        each.at.ns,
        (each.keyed_by_id != 0 ? packed_by_id : 0) | (each.buffered != 0 ? packed_buffered : 0)};
    std::memcpy(out.data() + at, &one, sizeof one);
    at += sizeof one;
  }
  return out;
}

std::string_view bytes_of(const json& image) {
  const auto& bytes = image.get_binary();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void ledger::save(std::string& out) const {
  const std::scoped_lock held(lock_);
  json image = {{"version", image_version}, {"unreadable", unreadable_}};
  auto& open_of = image["open_of"] = json::array();
  for (const auto& set : open_.by_index_) open_of.push_back(image_of(set));
  image["ordered"] = image_of(open_.ordered_);
  auto& drops = image["drops"] = json::array();
  for (const auto& [seq, index] : open_.drops_) drops.push_back({seq, index});
  auto& retries = image["retries"] = json::array();
  for (const auto& [key, note] : open_.retries_)
    retries.push_back(
        {key.first, key.second, note.attempt, note.next_at.ns, note.ageless, note.redrives});
  auto& dead = image["dead"] = json::array();
  for (const auto& [key, one] : dead_)
    dead.push_back({key.first, key.second, one.attempts, one.redrives, one.at.ns, one.expired,
                    one.whole, json::binary_t({one.target.begin(), one.target.end()}),
                    json::binary_t({one.error.begin(), one.error.end()})});
  image["keys"] = image_of(keys_);
  auto& other_ids = image["other_ids"] = json::array();
  for (const auto& [seq, id] : other_ids_)
    other_ids.push_back({seq, json::binary_t({id.begin(), id.end()})});
  auto& cursors = image["cursors"] = json::array();
  for (const auto& [by, said] : cursors_)
    cursors.push_back({by.first, by.second, json::binary_t({said.begin(), said.end()})});
  auto& audit = image["audit"] = json::array();
  for (const auto& each : audit_) audit.push_back(json::binary_t({each.begin(), each.end()}));
  json::to_cbor(image, out);
}

/// Throws json::exception where the image is not one.
struct ledger::image_reader {
  ledger& into;

  status read(const json& image) {
    if (image.at("version") != image_version)
      return fail(errc::unsupported, "the ledger's image is of another version");
    into.unreadable_ = image.at("unreadable").get<std::uint64_t>();
    for (const auto& each : image.at("open_of"))
      NIP_CHECK(into.open_.by_index_.emplace_back().restore(bytes_of(each)));
    for (const auto& set : into.open_.by_index_)
      set.for_each([this](std::uint64_t seq) { into.open_.any_.insert(seq); });
    NIP_CHECK(into.open_.ordered_.restore(bytes_of(image.at("ordered"))));
    for (const auto& each : image.at("drops")) into.open_.drops_.insert(key_of(each));
    for (const auto& each : image.at("retries"))
      into.open_.retries_[key_of(each)] = {each.at(2).get<std::uint16_t>(),
                                           wall_time{each.at(3).get<std::int64_t>()},
                                           each.at(4).get<bool>(), each.at(5).get<std::uint16_t>()};
    for (const auto& each : image.at("dead")) read_dead(each);
    for (const auto& each : image.at("cursors"))
      into.cursors_[{each.at(0).get<std::uint32_t>(), each.at(1).get<std::string>()}] =
          bytes_of(each.at(2));
    for (const auto& each : image.at("other_ids"))
      into.other_ids_[each.at(0).get<std::uint64_t>()] = bytes_of(each.at(1));
    // Images of the first builds of this version have none.
    if (image.contains("audit"))
      for (const auto& each : image["audit"]) into.audit_.emplace_back(bytes_of(each));
    return read_keys(bytes_of(image.at("keys")));
  }

 private:
  static delivery_key key_of(const json& entry) {
    return {entry.at(0).get<std::uint64_t>(), entry.at(1).get<std::uint16_t>()};
  }
  void read_dead(const json& entry) {
    const auto key = key_of(entry);
    into.dead_[key] = {seq_t(key.first),
                       key.second,
                       entry.at(2).get<std::uint16_t>(),
                       entry.at(3).get<std::uint16_t>(),
                       wall_time{entry.at(4).get<std::int64_t>()},
                       entry.at(5).get<bool>(),
                       entry.at(6).get<bool>(),
                       std::string(bytes_of(entry.at(7))),
                       std::string(bytes_of(entry.at(8)))};
  }
  status read_keys(std::string_view bytes) {
    if (bytes.size() % sizeof(packed_key) != 0)
      return fail(errc::corrupt, "the ledger's image has a part of a key");
    for (; !bytes.empty(); bytes.remove_prefix(sizeof(packed_key))) {
      packed_key one;
      std::memcpy(&one, bytes.data(), sizeof one);
      const bool by_id = (one.flags & packed_by_id) != 0;
      if (!by_id && !into.other_ids_.contains(one.seq))
        return fail(errc::corrupt, "the ledger's image has a key without its message's id");
      into.keys_.push_back({.hash = one.hash,
                            .seq = seq_t(one.seq),
                            .tenant_seq = one.tenant_seq & tenant_seq_max,
                            .buffered = (one.flags & packed_buffered) != 0 ? 1U : 0U,
                            .keyed_by_id = by_id ? 1U : 0U,
                            .generation = generation_id(one.generation),
                            .at = wall_time{one.at}});
    }
    return {};
  }
};

status ledger::restore(std::string_view image) {
  const std::scoped_lock held(lock_);
  clear();
  if (image.empty()) return {};
  status outcome = fail(errc::corrupt, "the ledger's image cannot be read");
  try {
    const auto tree = json::from_cbor(image);
    outcome = image_reader{*this}.read(tree);
  } catch (const json::exception& wrong) {
    outcome = fail(errc::corrupt, wrong.what());
  }
  if (!outcome) clear();
  return outcome;
}

void ledger::clear() {
  open_ = {};
  dead_.clear();
  keys_.clear();
  other_ids_.clear();
  cursors_.clear();
  audit_.clear();
  unreadable_ = 0;
}

}  // namespace nip::broker
