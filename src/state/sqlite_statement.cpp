#include "state/sqlite_statement.hpp"

#include <utility>

namespace nip::state {
namespace {

errc code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return errc::corrupt;
    case SQLITE_FULL:
      return errc::storage_full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return errc::unavailable;
    case SQLITE_TOOBIG:
      return errc::too_large;
    default:
      return errc::io;
  }
}

}  // namespace

std::unexpected<error> fail_sqlite(sqlite3* db, std::string_view what) {
  const errc code = code_of(sqlite3_extended_errcode(db));
  std::string detail = std::string(what) + ": " + sqlite3_errmsg(db);
  if (code == errc::unavailable) detail += "; does another nipd use this file?";
  return fail(code, std::move(detail));
}

status execute(sqlite3* db, const char* sql, std::string_view what) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fail_sqlite(db, what);
  return {};
}

result<statement> statement::prepare(sqlite3* db, std::string_view sql, std::string what) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return fail_sqlite(db, what);
  return statement(db, handle, std::move(what));
}

void statement::bind_blob(int index, std::string_view bytes) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  sqlite3_bind_blob64(handle_.get(), index, data, bytes.size(), SQLITE_STATIC);
}

void statement::bind_number(int index, std::uint64_t number) {
  sqlite3_bind_int64(handle_.get(), index, static_cast<sqlite3_int64>(number));
}

result<bool> statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail_sqlite(db_, what_);
}

std::string statement::blob(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

std::uint64_t statement::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(handle_.get(), column));
}

void statement::reset() noexcept {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

}  // namespace nip::state
