// SQLite's handles as owners, and a prepared statement that resets itself after use.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace nip::state {

struct sqlite_closer {
  void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  void operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }
};
using connection = std::unique_ptr<sqlite3, sqlite_closer>;

/// The failure that `db` reports last: errc::corrupt, storage_full or io, with `what` in front.
std::unexpected<error> fail_sqlite(sqlite3* db, std::string_view what);

/// Runs statements that take no values and give no rows.
status execute(sqlite3* db, const char* sql, std::string_view what);

/// A prepared statement. One use at a time, under the connection's mutex.
class statement {
 public:
  /// Fails with what SQLite says about `sql`; `what` names the store for messages.
  static result<statement> prepare(sqlite3* db, std::string_view sql, std::string what);

  /// Bound bytes are the caller's until reset.
  void bind_blob(int index, std::string_view bytes);
  void bind_number(int index, std::uint64_t number);
  /// True when there is a row to read.
  result<bool> step();
  std::string blob(int column) const;
  std::uint64_t number(int column) const;
  void reset() noexcept;

 private:
  statement(sqlite3* db, sqlite3_stmt* handle, std::string what)
      : db_(db), handle_(handle), what_(std::move(what)) {}

  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, sqlite_closer> handle_;
  std::string what_;
};

/// Resets a statement at the end of a scope, so that it holds no lock and no caller's bytes.
class reset_guard {
 public:
  explicit reset_guard(statement& used) : used_(used) {}
  ~reset_guard() { used_.reset(); }
  reset_guard(const reset_guard&) = delete;
  reset_guard& operator=(const reset_guard&) = delete;

 private:
  statement& used_;
};

}  // namespace nip::state
