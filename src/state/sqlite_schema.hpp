// The tables of the SQLite store, and the check that a file holds them.
#pragma once

#include <sqlite3.h>

#include <string>

#include "base/result.hpp"

namespace nip::state {

/// Marks the file as ours ("NIPS") in SQLite's header.
constexpr int application_id = 0x4e495053;
/// Version of the tables below; raised with every change of them.
constexpr int schema_version = 1;

/// Sets the connection up and makes the tables in a new file. Fails with errc::conflict when the
/// file belongs to another program and errc::unsupported when a newer version wrote it. `name` goes
/// in front of messages.
status prepare_schema(sqlite3* db, const std::string& name);

}  // namespace nip::state
