// The promises of the broker, as plainly as they can be said. It hears everything that crosses the
// broker's edges (clients, journal, plugins, crashes) and says which promise was broken, if any.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/client.hpp"
#include "bus/records.hpp"
#include "plugin/plugin.hpp"
#include "router/plan.hpp"
#include "simulation/chronicle.hpp"
#include "simulation/disk.hpp"
#include "simulation/fold.hpp"

namespace nip::simulation {

/// How a process ended.
enum class ending : std::uint8_t { stopped, killed, power_cut };

/// What a client means to say. Every message has a mark of its own; a repeat has the same.
struct wish {
  std::uint64_t mark = 0;
  std::uint64_t tenant = 1;
  std::string type;
  std::string text;             ///< the envelope
  std::string idempotency_key;  ///< of the transport; empty: none
  bool keyed = false;           ///< by id or key: it may be repeated
  message::ack_level level = message::ack_level::fsync;
  std::uint64_t line = 0;  ///< ordering key; 0: none
  std::optional<nanoseconds> deadline;
  std::optional<nanoseconds> wait;
  nanoseconds delay{};  ///< it asks to be delivered this much later
};

/// What an operator sees of a dead letter.
struct seen_letter {
  std::uint64_t tenant = 0;
  std::uint64_t tenant_seq = 0;  ///< 0 at level memory
  std::string id;                ///< only at level memory
  std::uint16_t delivery = 0;
  auto operator<=>(const seen_letter&) const = default;
};

/// How the broker is set up, as far as promises depend on it.
struct promised_options {
  nanoseconds key_window{};
  bool dead_letters_unrouted = false;
  bool refuses_unrouted = false;
  bool purges = false;      ///< an operator may throw dead letters away
  bool retains_all = true;  ///< finished messages stay in the journal for ever
};

class model {
 public:
  model(chronicle& told, const manual_clock& clock, const disk& on, promised_options chosen)
      : told_(told), clock_(clock), disk_(on), chosen_(chosen) {}

  // Lives of the process.
  /// What the journal says after the start, and how many messages the house puts back to work.
  void begin_life(const fold& found);
  void check_resumed(std::size_t messages);
  void end_life(ending how, seq_t durable);
  void wall_jumped(nanoseconds by) { jumps_ += by < nanoseconds(0) ? -by : by; }
  /// Which rule for this generation's extra targets was in force.
  void generation(generation_id id, bool extra) { extra_[id.value] = extra; }
  void operator_redrives() { redriving_ = true; }

  // Clients.
  std::uint64_t submitted(const wish& what);
  void accepted(std::uint64_t ordinal, const broker::accepted& what);
  void refused(std::uint64_t ordinal, const error& why);
  void replied(std::uint64_t ordinal);
  bool has_answer(std::uint64_t ordinal) const {
    return attempts_.at(ordinal).heard != reaction::none;
  }

  // The journal.
  void numbered(const bus::message_record& record);
  void ended(const bus::outcome_record& record);
  /// There was no room for it: a redelivery is what comes of it, or a dead letter that stays.
  void not_kept(const bus::outcome_record& record);

  // Plugins.
  void handed(const std::string& plugin, const plugin::work& what);
  /// The plugin did what it is there for, as a sink that drops equal delivery ids would.
  void took_effect(const std::string& plugin, const plugin::work& what);
  void handed_too_much(const std::string& plugin) {
    told_.broken("plugin " + plugin + " was handed more at once than it takes");
  }

  /// Once nothing is on its way any more.
  void check_end(const std::set<seen_letter>& letters);

 private:
  enum class reaction : std::uint8_t { none, accepted, refused, lost };
  struct attempt {
    std::uint64_t mark = 0;
    unsigned life = 0;
    mono_time at;
    reaction heard = reaction::none;
    bool waits = false;
  };
  /// The first acceptance that a client heard of.
  struct acceptance {
    std::uint64_t seq = 0;
    std::string id;
    generation_id generation;
    unsigned life = 0;
    mono_time at;
    nanoseconds jumps{};
  };
  struct message {
    wish what;
    std::vector<std::uint64_t> attempts;
    std::optional<acceptance> first;
    std::set<std::string> effects;  ///< "seq rule slot"
    std::set<std::uint64_t> seqs;   ///< records of the journal
    mono_time deadline = mono_time::never();
    mono_time wanted;          ///< no plugin sees it before
    bool forgettable = false;  ///< its repeats lie further apart than the window
    bool volatile_ended = false;
  };
  struct fate {
    bool ended = false;
    bool ended_durably = false;
    bool done = false;
    bool dead = false;
    bool dropped = false;
    bool purged = false;
    bool redriven = false;
    bool unsure = false;      ///< an outcome of it found no room in the journal
    std::uint64_t stamp = 0;  ///< the last seq that was given when the outcome was
  };
  struct record {
    std::uint64_t mark = 0;
    std::uint64_t tenant = 0;
    std::uint64_t tenant_seq = 0;
    unsigned life = 0;
    bool injected = false;  ///< a dead letter that was routed anew
    bool effective = false;
    router::plan_ptr plan;
    std::vector<fate> deliveries;
    std::set<std::uint16_t> effects;
  };

  static bool is_fsync(const message& of) {
    return of.what.level >= nip::message::ack_level::fsync;
  }
  void require(bool held, const std::string& what) {
    if (!held) told_.broken(what);
  }
  bool must_be_repeat(const message& of) const;
  bool may_be_delivered(const message& of) const;
  void check_plan(const message& of, const record& made) const;
  void check_first_answer(const message& of, const attempt& asked,
                          const broker::accepted& what) const;
  void check_handed_record(const message& of, const plugin::work& what);
  void check_order(const message& of, const record& from, const plugin::work& what);
  void learn(std::uint64_t seq, record& known, const fold& found);
  bool may_be_gone(const record& known) const;
  bool is_promised(const message& of) const;
  void check_promised(const message& of, const std::set<seen_letter>& letters) const;
  void check_volatile_end(const message& of, const std::set<seen_letter>& letters) const;
  std::size_t expected_deliveries(const message& of, generation_id under) const;

  chronicle& told_;
  const manual_clock& clock_;
  const disk& disk_;
  const promised_options chosen_;
  std::map<std::uint64_t, message> messages_;              // by mark
  std::map<std::uint64_t, attempt> attempts_;              // by ordinal
  std::map<std::uint64_t, record> records_;                // by seq
  std::map<std::uint64_t, bool> extra_;                    // by generation
  std::map<std::uint64_t, std::uint64_t> last_of_tenant_;  // of this life
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>
      lines_;                      // of this life: last seq
  std::vector<ending> endings_;    // by life
  std::uint64_t last_seq_ = 0;     // of this life
  std::uint64_t durable_ = 0;      // the highest message that ever was
  std::uint64_t found_up_to_ = 0;  // the highest message when this life began
  std::size_t open_found_ = 0;
  std::uint64_t ordinal_ = 0;
  nanoseconds jumps_{};
  bool redriving_ = false;  // in this life
};

/// The last target of the rule "steps": what went before it is no effect of the chain yet.
constexpr const char* last_step = "delta";

/// Rule and targets of each delivery that a message of this type gets, in order.
std::vector<std::pair<std::string, std::vector<std::string>>> expected_plan(const std::string& type,
                                                                            bool extra);

}  // namespace nip::simulation
