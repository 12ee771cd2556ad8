// Operations on the whole broker that a REST resource or the command line asks for.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "message/principal.hpp"

namespace nip::broker {

/// Gives the outcome of an operation. Called exactly once, on the thread that asked (its shard).
using respond = std::function<void(result<nlohmann::json>)>;

/// A page of a list: `cursor` is the opaque `next` of the page before, empty for the first.
struct page {
  std::string cursor;
  std::uint32_t limit = 100;  ///< 1 to 1000
};

/// What the search over stored messages asks for.
struct search {
  std::string from;    ///< seq or RFC 3339 time, inclusive; empty: the oldest
  std::string to;      ///< seq or RFC 3339 time, inclusive; empty: the newest
  std::string filter;  ///< CEL
  page which;
};

/// What a replay asks for. Absent: routed anew by the rules in force.
struct replay_wish {
  std::string from;         ///< seq or RFC 3339 time, inclusive; empty: the oldest
  std::string to;           ///< the same; empty: the newest when it begins
  std::string filter;       ///< CEL
  std::uint64_t limit = 0;  ///< messages; 0: all, of a dry run diff_messages_default
  std::string target;       ///< a plugin, or "topic:NAME"
  double rate = 0;          ///< messages a second; 0: as fast as there is room
  bool dry_run = false;
  nlohmann::json rules;  ///< dry run: an array, instead of those in force; null: those
  nlohmann::json rule;   ///< dry run: one that is put into those in force; null: none
};

/// Which dead letters an operation is about: all that fit every one of these. Empty: any.
struct dead_letter_choice {
  std::vector<std::uint64_t> seqs;
  std::string fingerprint;
  std::string rule;
  std::string target;
  std::string reason;
  std::string type;
  std::string from;    ///< seq, or RFC 3339 time of its death, inclusive
  std::string to;      ///< the same
  std::string filter;  ///< CEL over the message
};

/// How dead letters go again.
struct redrive_wish {
  dead_letter_choice which;
  nlohmann::json message;  ///< JSON merge patch of its data and metadata; null: none. Of one letter
  std::string redirect;    ///< a plugin, or "topic:NAME", instead of where it was going
  std::optional<double> rate;  ///< messages a second, as a job; 0: as fast as there is room
  bool force = false;          ///< also what was redriven too often
  bool dry_run = false;
};

/// Implemented by the broker. Every call on a shard's thread, which must be `shard`'s; the work is
/// done elsewhere and `done` is called back there. Lists answer {"items": [...], "next":
/// "cursor"?}.
class administration {
 public:
  virtual ~administration() = default;

  // messages
  virtual void message_state(unsigned shard, const message::principal& who, std::string id,
                             respond done) = 0;
  virtual void explain(unsigned shard, const message::principal& who, std::string id,
                       respond done) = 0;
  virtual void find_messages(unsigned shard, const message::principal& who, search query,
                             respond done) = 0;

  // rules
  virtual void list_rules(unsigned shard, page which, respond done) = 0;
  virtual void get_rule(unsigned shard, std::string id, respond done) = 0;
  virtual void put_rule(unsigned shard, const message::principal& who, std::string id,
                        nlohmann::json rule, respond done) = 0;
  virtual void delete_rule(unsigned shard, const message::principal& who, std::string id,
                           respond done) = 0;
  /// Routes a message without effect; body {message, rules?}.
  virtual void test_rules(unsigned shard, const message::principal& who, nlohmann::json body,
                          respond done) = 0;

  // plugins
  virtual void list_plugins(unsigned shard, page which, respond done) = 0;
  virtual void get_plugin(unsigned shard, std::string name, respond done) = 0;
  virtual void plugin_health(unsigned shard, std::string name, respond done) = 0;
  virtual void get_plugin_config(unsigned shard, std::string name, respond done) = 0;
  virtual void put_plugin_config(unsigned shard, const message::principal& who, std::string name,
                                 nlohmann::json config, respond done) = 0;
  enum class plugin_action : std::uint8_t { enable, disable, reload };
  virtual void act_on_plugin(unsigned shard, const message::principal& who, std::string name,
                             plugin_action what, respond done) = 0;

  // durable subscriptions
  /// {"items": [{name, topic, filter, members, unacknowledged, redelivered, behind}]}.
  virtual void list_subscriptions(unsigned shard, const message::principal& who, respond done) = 0;
  /// Forgets its cursor and ends its members. Fails with errc::not_found.
  virtual void end_subscription(unsigned shard, const message::principal& who, std::string name,
                                respond done) = 0;

  // replay
  /// A dry run answers what would change; else the job that was begun. Fails with
  /// errc::invalid_argument, errc::parse (filter, rules), errc::exhausted (enough jobs run).
  virtual void replay(unsigned shard, const message::principal& who, replay_wish what,
                      respond done) = 0;
  /// Jobs, redrives too; they are forgotten by a restart.
  virtual void list_jobs(unsigned shard, const message::principal& who, respond done) = 0;
  virtual void get_job(unsigned shard, const message::principal& who, std::string id,
                       respond done) = 0;
  virtual void cancel_job(unsigned shard, const message::principal& who, std::string id,
                          respond done) = 0;

  // dead letters
  virtual void list_dead_letters(unsigned shard, const message::principal& who,
                                 dead_letter_choice which, page where, respond done) = 0;
  virtual void dead_letter_groups(unsigned shard, const message::principal& who,
                                  dead_letter_choice which, respond done) = 0;
  virtual void get_dead_letter(unsigned shard, const message::principal& who, std::uint64_t seq,
                               respond done) = 0;
  /// Many, or with a rate, go as a job, whose description is the answer.
  virtual void redrive(unsigned shard, const message::principal& who, redrive_wish what,
                       respond done) = 0;
  virtual void purge(unsigned shard, const message::principal& who, dead_letter_choice which,
                     bool dry_run, respond done) = 0;

  // the broker itself
  /// The newest changes that were asked for, newest first: {"items": [{seq, at, who, what, object,
  /// outcome, prev, hash}]}. Fails with errc::invalid_argument (cursor).
  virtual void list_audit(unsigned shard, page which, respond done) = 0;
  virtual void stats(unsigned shard, respond done) = 0;
  virtual void config(unsigned shard,
                      respond done) = 0;  ///< the configuration in force, secrets redacted
  /// [any thread] Ready to take traffic? An error says why not. Live is the fact that it answers.
  virtual status ready() const = 0;
  /// [any thread] Plugins whose circuit breaker is not closed on some shard, by name; at most a
  /// second old.
  virtual std::vector<std::string> open_breakers() const = 0;
  /// [any thread] Prometheus text format 0.0.4.
  virtual std::string metrics() const = 0;
};

}  // namespace nip::broker
