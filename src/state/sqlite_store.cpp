#include "state/sqlite_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <system_error>

#include "state/sqlite_schema.hpp"
#include "state/sqlite_statement.hpp"

namespace nip::state {
namespace {

/// The statements of a store, prepared once.
struct statements {
  statement read;
  statement write;
  statement erase;
  statement page;
  statement next_version;
};

result<statements> prepare_all(sqlite3* db, const std::string& what) {
  NIP_TRY(read, statement::prepare(
                    db, "SELECT value, version FROM entries WHERE space = ?1 AND key = ?2", what));
  NIP_TRY(write,
          statement::prepare(db,
                             "INSERT INTO entries (space, key, value, version)"
                             " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (space, key)"
                             " DO UPDATE SET value = excluded.value, version = excluded.version",
                             what));
  NIP_TRY(erase, statement::prepare(db, "DELETE FROM entries WHERE space = ?1 AND key = ?2", what));
  NIP_TRY(page, statement::prepare(db,
                                   "SELECT key, value, version FROM entries WHERE space = ?1"
                                   " AND key >= ?2 AND key > ?3 ORDER BY key LIMIT ?4",
                                   what));
  NIP_TRY(next_version,
          statement::prepare(db, "UPDATE versions SET last = last + 1 RETURNING last", what));
  return statements{std::move(read), std::move(write), std::move(erase), std::move(page),
                    std::move(next_version)};
}

/// The store. One connection under one mutex: administration is rare, and SQLite serialises anyway.
class sqlite_store final : public state_store {
 public:
  sqlite_store(connection db, statements prepared, std::string name)
      : db_(std::move(db)), prepared_(std::move(prepared)), name_(std::move(name)) {}

  result<std::optional<entry>> get(std::string_view space, std::string_view key) override {
    const std::scoped_lock lock(mutex_);
    return read(space, key);
  }

  result<std::uint64_t> put(std::string_view space, std::string_view key,
                            std::string_view value) override {
    NIP_CHECK(check_sizes(space, key, value));
    const std::scoped_lock lock(mutex_);
    return transact([&] { return write(space, key, value); });
  }

  result<std::uint64_t> put_if(std::string_view space, std::string_view key, std::string_view value,
                               std::uint64_t expected) override {
    NIP_CHECK(check_sizes(space, key, value));
    const std::scoped_lock lock(mutex_);
    return transact([&]() -> result<std::uint64_t> {
      NIP_TRY(stored, read(space, key));
      const std::uint64_t version = stored ? stored->version : 0;
      if (version != expected) return fail_version(space, key, expected, version);
      return write(space, key, value);
    });
  }

  result<bool> remove(std::string_view space, std::string_view key) override {
    const std::scoped_lock lock(mutex_);
    return erase(space, key);
  }

  status apply(std::span<const change> changes) override {
    for (const auto& each : changes)
      NIP_CHECK(check_sizes(each.space, each.key, each.value.value_or("")));
    const std::scoped_lock lock(mutex_);
    auto done = transact([&]() -> result<std::uint64_t> {
      for (const auto& each : changes) {
        if (each.value) {
          NIP_CHECK(write(each.space, each.key, *each.value));
        } else {
          NIP_CHECK(erase(each.space, each.key));
        }
      }
      return 0;
    });
    if (!done) return std::unexpected(std::move(done).error());
    return {};
  }

  result<listing> list(std::string_view space, std::string_view prefix, std::string_view cursor,
                       std::size_t limit) override;

 private:
  result<std::optional<entry>> read(std::string_view space, std::string_view key);
  result<std::uint64_t> write(std::string_view space, std::string_view key, std::string_view value);
  result<bool> erase(std::string_view space, std::string_view key);
  status check_sizes(std::string_view space, std::string_view key, std::string_view value) const;
  std::unexpected<error> fail_version(std::string_view space, std::string_view key,
                                      std::uint64_t expected, std::uint64_t stored) const;

  /// Runs `work` in a transaction that is rolled back when it fails.
  template <class Work>
  result<std::uint64_t> transact(Work work) {
    NIP_CHECK(execute(db_.get(), "BEGIN IMMEDIATE", name_));
    auto outcome = work();
    if (outcome) {
      if (auto committed = execute(db_.get(), "COMMIT", name_); committed) return outcome;
      outcome = fail_sqlite(db_.get(), name_);
    }
    // The failure is what the caller must hear of; a rollback that fails as well adds nothing.
    sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    return outcome;
  }

  std::mutex mutex_;
  connection db_;
  statements prepared_;
  std::string name_;
};

result<listing> sqlite_store::list(std::string_view space, std::string_view prefix,
                                   std::string_view cursor, std::size_t limit) {
  limit = std::clamp<std::size_t>(limit, 1, page_entries_max);
  const std::scoped_lock lock(mutex_);
  statement& page = prepared_.page;
  const reset_guard guard(page);
  page.bind_blob(1, space);
  page.bind_blob(2, prefix);
  page.bind_blob(3, cursor);
  page.bind_number(4, limit + 1);  // one more tells whether there is a next part
  listing found;
  while (true) {
    NIP_TRY(more, page.step());
    if (!more) return found;
    entry row{page.blob(0), page.blob(1), page.number(2)};
    if (!row.key.starts_with(prefix)) return found;
    if (found.entries.size() == limit) {
      found.next = found.entries.back().key;
      return found;
    }
    found.entries.push_back(std::move(row));
  }
}

result<std::optional<entry>> sqlite_store::read(std::string_view space, std::string_view key) {
  statement& query = prepared_.read;
  const reset_guard guard(query);
  query.bind_blob(1, space);
  query.bind_blob(2, key);
  NIP_TRY(found, query.step());
  if (!found) return std::nullopt;
  return entry{std::string(key), query.blob(0), query.number(1)};
}

result<std::uint64_t> sqlite_store::write(std::string_view space, std::string_view key,
                                          std::string_view value) {
  statement& counter = prepared_.next_version;
  const reset_guard counted(counter);
  NIP_TRY(row, counter.step());
  if (!row) return fail(errc::corrupt, name_ + ": the version counter is missing");
  const std::uint64_t version = counter.number(0);
  NIP_CHECK(counter.step());

  statement& upsert = prepared_.write;
  const reset_guard guard(upsert);
  upsert.bind_blob(1, space);
  upsert.bind_blob(2, key);
  upsert.bind_blob(3, value);
  upsert.bind_number(4, version);
  NIP_CHECK(upsert.step());
  return version;
}

result<bool> sqlite_store::erase(std::string_view space, std::string_view key) {
  statement& gone = prepared_.erase;
  const reset_guard guard(gone);
  gone.bind_blob(1, space);
  gone.bind_blob(2, key);
  NIP_CHECK(gone.step());
  return sqlite3_changes(db_.get()) > 0;
}

status sqlite_store::check_sizes(std::string_view space, std::string_view key,
                                 std::string_view value) const {
  const auto check = [&](std::string_view what, std::size_t size, std::size_t max) -> status {
    if (size <= max) return {};
    return fail(errc::too_large,
                fmt::format("{}: a {} of {} bytes in \"{}\", at most {} are stored", name_, what,
                            size, space.substr(0, 128), max));
  };
  if (key.empty()) return fail(errc::invalid_argument, name_ + ": an empty key");
  NIP_CHECK(check("space name", space.size(), space_bytes_max));
  NIP_CHECK(check("key", key.size(), key_bytes_max));
  return check("value", value.size(), value_bytes_max);
}

std::unexpected<error> sqlite_store::fail_version(std::string_view space, std::string_view key,
                                                  std::uint64_t expected,
                                                  std::uint64_t stored) const {
  const auto named = [](std::uint64_t version) {
    return version == 0 ? std::string("none") : fmt::format("version {}", version);
  };
  return fail(errc::conflict,
              fmt::format("{}: \"{}\" in \"{}\" was changed meanwhile: expected {}, stored {};"
                          " read it again",
                          name_, key, space, named(expected), named(stored)));
}

status make_parent(const std::filesystem::path& path) {
  if (!path.has_parent_path()) return {};
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (failed)
    return fail_errno(failed.value(), "state store folder " + path.parent_path().string());
  return {};
}

}  // namespace

result<std::unique_ptr<state_store>> open_sqlite(const std::filesystem::path& path) {
  const bool in_memory = path == ":memory:";
  if (!in_memory) NIP_CHECK(make_parent(path));
  const std::string name = "state store " + path.string();
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  connection db(handle);
  if (code != SQLITE_OK) {
    if (handle == nullptr) return fail(errc::io, name + ": out of memory");
    return fail_sqlite(handle, name);
  }
  NIP_CHECK(prepare_schema(db.get(), name));
  NIP_TRY(prepared, prepare_all(db.get(), name));
  return std::make_unique<sqlite_store>(std::move(db), std::move(prepared), name);
}

}  // namespace nip::state
