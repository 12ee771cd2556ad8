#include "state/sqlite_schema.hpp"

#include <fmt/format.h>

#include "state/sqlite_statement.hpp"

namespace nip::state {
namespace {

constexpr int busy_wait_ms = 2000;

// synchronous=FULL syncs the WAL at every commit: a write that returned is durable.
constexpr const char* connection_settings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

// Keys are blobs so that they compare by bytes.
constexpr const char* tables =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS entries (space BLOB NOT NULL, key BLOB NOT NULL,"
    " value BLOB NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS versions (last INTEGER NOT NULL);"
    "INSERT INTO versions (last) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM versions);";

result<std::uint64_t> read_number(sqlite3* db, const char* sql, const std::string& name) {
  NIP_TRY(query, statement::prepare(db, sql, name));
  NIP_TRY(row, query.step());
  return row ? query.number(0) : 0;
}

}  // namespace

status prepare_schema(sqlite3* db, const std::string& name) {
  sqlite3_busy_timeout(db, busy_wait_ms);
  // Reads only, so that a file which is not ours stays as it is.
  NIP_TRY(owner, read_number(db, "PRAGMA application_id", name));
  NIP_TRY(version, read_number(db, "PRAGMA user_version", name));
  NIP_TRY(objects, read_number(db, "SELECT count(*) FROM sqlite_master", name));
  if (objects > 0 && owner != application_id)
    return fail(errc::conflict, name +
                                    ": the file is a database of another program; choose another"
                                    " services.state_management.path");
  if (version > schema_version)
    return fail(
        errc::unsupported,
        fmt::format("{}: written with schema version {}, this nipd knows {}; use a newer nipd",
                    name, version, schema_version));
  NIP_CHECK(execute(db, connection_settings, name));
  if (version == schema_version) return {};
  const std::string marks =
      fmt::format("{} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;", tables,
                  application_id, schema_version);
  return execute(db, marks.c_str(), name);
}

}  // namespace nip::state
