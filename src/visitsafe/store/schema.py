"""The tables of a store and the statements on them.

The statements are such as SQLite and PostgreSQL both understand (`?` stands for a value); the definitions
of tables, indexes and triggers are SQLite's. A store is only ever given this schema when it is made, never
when it is opened; `migrations` brings an older one to it. Entries can only be added at the end: the database
itself refuses anything else, also `INSERT OR REPLACE`, which would remove a row without waking a delete
trigger; only a copy that is being filled takes in rows as they are (docs/adr/0021). One change it lets
through: a payload is emptied whose entry stands in `purges` beside a signed entry of the same plan that
removes it (docs/adr/0019). `plans` follows from the entries; `beats` and `claims` are for watching.
"""

import sqlite3
from collections.abc import Iterator

SCHEMA_VERSION = 4
APPLICATION_ID = 0x56534146
"""`VSAF`, at offset 68 of the file: tells a visitsafe store from any other SQLite file."""

_ENTRIES = "SELECT position, stream, kind, at, by, received, id, payload, signature, chain FROM entries"
_PLANS = (
    "SELECT plan, status, stage, closed, by, case_ref, area, start, due_back, level, urgent, entries, newest,"
    " owed FROM plans"
)

HISTORY = _ENTRIES + " WHERE stream = ? ORDER BY position"
AFTER = _ENTRIES + " WHERE position > ? ORDER BY position LIMIT ?"
BY_STREAM = _ENTRIES + " WHERE (stream, position) > (?, ?) ORDER BY stream, position LIMIT ?"
FIRST_ROWS = _PLANS + " WHERE plan >= ? ORDER BY plan LIMIT ?"
NEXT_ROWS = _PLANS + " WHERE plan > ? ORDER BY plan LIMIT ?"
HEAD = "SELECT position, chain FROM entries ORDER BY position DESC LIMIT 1"
PRESENT = "SELECT stream, payload FROM entries WHERE id = ?"
FIND = "SELECT DISTINCT stream FROM entries WHERE stream >= ? AND stream < ? ORDER BY stream"
BEGINNINGS = (
    "SELECT stream, substr(payload, 1, 600) FROM entries"
    " WHERE position > ? AND kind IN ('planned', 'revised') AND length(payload) > 0 ORDER BY position"
)
ADD_ENTRY = (
    "INSERT INTO entries (position, stream, kind, at, by, received, id, payload, signature, chain)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
REMOVE_PLAN = "DELETE FROM plans WHERE plan = ?"
ADD_PLAN = (
    "INSERT INTO plans"
    " (plan, status, stage, closed, by, case_ref, area, start, due_back, level, urgent, entries, newest,"
    " owed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
ROW = _PLANS + " WHERE plan = ?"
# How many entries a row knows of, how many there are, and the newest that it knows of if that is gone.
TRACE = (
    "SELECT p.entries, (SELECT count(*) FROM entries AS e WHERE e.stream = p.plan),"
    " CASE WHEN p.newest = '' OR EXISTS (SELECT 1 FROM entries AS e"
    " WHERE e.id = p.newest AND e.stream = p.plan) THEN '' ELSE p.newest END, p.status"
    " FROM plans AS p WHERE p.plan = ?"
)
# Every stream's count and last position come from the index entries_stream alone, without the table; then
# one look-up for each plan, and one more if it went on after it was closed (the values are CLOSING, twice).
# It grows with what was ever recorded: 0.4 s for 100,000 plans.
DOUBTFUL = (
    "SELECT s.stream FROM"
    " (SELECT stream, count(*) AS n, max(position) AS last FROM entries GROUP BY stream) AS s"
    " JOIN entries AS e ON e.position = s.last LEFT JOIN plans AS p ON p.plan = s.stream"
    " WHERE s.stream <> 'team' AND (p.plan IS NULL OR p.entries <> s.n OR p.newest <> e.id"
    " OR (p.closed <> '' AND NOT (p.closed = e.id AND e.kind IN (?, ?, ?, ?, ?))"
    " AND NOT EXISTS (SELECT 1 FROM entries AS c"
    " WHERE c.id = p.closed AND c.stream = s.stream AND c.kind IN (?, ?, ?, ?, ?))))"
    " ORDER BY s.stream"
)
# The same for the streams with an entry behind a position (the first value): it grows with what came since.
DOUBTFUL_SINCE = DOUBTFUL.replace(
    "FROM entries GROUP BY",
    "FROM entries WHERE stream IN (SELECT stream FROM entries WHERE position > ?) GROUP BY",
)
COUNT_PLANS = "SELECT count(*) FROM plans"
ALL_PLANS = "SELECT plan FROM plans UNION SELECT stream FROM entries WHERE stream <> 'team' ORDER BY 1"
# A row whose entries are gone is the last trace of them: nothing may write over it.
TRACES = (
    "SELECT p.plan FROM plans AS p"
    " WHERE p.entries > (SELECT count(*) FROM entries AS e WHERE e.stream = p.plan) OR (p.newest <> ''"
    " AND NOT EXISTS (SELECT 1 FROM entries AS e WHERE e.id = p.newest AND e.stream = p.plan))"
)

BEAT = (
    "INSERT INTO beats (watcher, received, payload, signature) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (watcher) DO UPDATE SET"
    " received = excluded.received, payload = excluded.payload, signature = excluded.signature"
)
BEATS = "SELECT payload, signature FROM beats ORDER BY received DESC, watcher"
DROP_BEATS = "DELETE FROM beats WHERE received < ? AND watcher <> ?"
FREE_CLAIMS = "DELETE FROM claims WHERE until <= ? OR until > ?"
CLAIM = (
    "INSERT INTO claims (what, holder, until) VALUES (?, ?, ?)"
    " ON CONFLICT (what) DO UPDATE SET until = excluded.until WHERE claims.holder = excluded.holder"
)
HOLDER = "SELECT holder FROM claims WHERE what = ?"
RELEASE = "DELETE FROM claims WHERE holder = ? AND what = ?"
RELEASE_ALL = "DELETE FROM claims WHERE holder = ?"

ADD_PURGE = "INSERT INTO purges (id, entry, at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"
BLANK = "UPDATE entries SET payload = ? WHERE id = ? AND stream = ? AND length(payload) > 0"

# What stands in `purges` and removes nothing: its entry is no `purged` one of the same plan, or still here.
_ODD = (
    "SELECT p.id FROM purges AS p LEFT JOIN entries AS gone ON gone.id = p.id"
    " LEFT JOIN entries AS why ON why.id = p.entry AND why.stream = gone.stream AND why.kind = 'purged'"
    " WHERE gone.id IS NULL OR why.id IS NULL OR length(gone.payload) > 0"
)
ODD_PURGES = f"{_ODD} ORDER BY p.id LIMIT 20"
DROP_ODD_PURGES = "DELETE FROM purges WHERE id IN (" + _ODD + ")"  # noqa: S608 - a constant
META = "SELECT key, value FROM meta"
SET_META = "INSERT INTO meta (key, value) VALUES (?, ?)"
SET_VERSION = "UPDATE meta SET value = ? WHERE key = 'schema_version'"
LOST_PLANS = (
    "SELECT plan FROM plans"
    " WHERE newest <> '' AND NOT EXISTS (SELECT 1 FROM entries WHERE id = newest AND stream = plan)"
    " ORDER BY plan LIMIT 20"
)

ENTRY_TYPES = (int, str, str, str, str, str, str, bytes, str, str)
PLAN_TYPES = (str, str, str, str, str, str, str, str, str, str, int, int, str, str)
BEAT_TYPES = (bytes, str)

SQLITE_OBJECTS = {
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT",
    "entries": """CREATE TABLE entries (
  position INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  kind TEXT NOT NULL,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  received TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  payload BLOB NOT NULL,
  signature TEXT NOT NULL,
  chain TEXT NOT NULL
) STRICT""",
    "plans": """CREATE TABLE plans (
  plan TEXT PRIMARY KEY NOT NULL,
  status TEXT NOT NULL,
  stage TEXT NOT NULL,
  closed TEXT NOT NULL,
  by TEXT NOT NULL,
  case_ref TEXT NOT NULL,
  area TEXT NOT NULL,
  start TEXT NOT NULL,
  due_back TEXT NOT NULL,
  level TEXT NOT NULL,
  urgent INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  newest TEXT NOT NULL,
  owed TEXT NOT NULL
) STRICT""",
    "beats": """CREATE TABLE beats (
  watcher TEXT PRIMARY KEY NOT NULL,
  received TEXT NOT NULL,
  payload BLOB NOT NULL,
  signature TEXT NOT NULL
) STRICT""",
    "claims": """CREATE TABLE claims (
  what TEXT PRIMARY KEY NOT NULL,
  holder TEXT NOT NULL,
  until TEXT NOT NULL
) STRICT""",
    "purges": """CREATE TABLE purges (
  id TEXT PRIMARY KEY NOT NULL,
  entry TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT""",
    "entries_stream": "CREATE INDEX entries_stream ON entries (stream, position)",
    "plans_start": "CREATE INDEX plans_start ON plans (start DESC, plan)",
    "plans_open": "CREATE INDEX plans_open ON plans (start DESC, plan) WHERE closed = ''",
    "plans_owed": "CREATE INDEX plans_owed ON plans (owed, plan) WHERE owed <> ''",
    "plans_case": "CREATE INDEX plans_case ON plans (case_ref, start DESC, plan)",
    "entries_no_update": """CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
WHEN NOT (
  length(NEW.payload) = 0 AND OLD.stream <> 'team' AND OLD.kind <> 'purged'
  AND NEW.position = OLD.position AND NEW.stream = OLD.stream AND NEW.kind = OLD.kind
  AND NEW.at = OLD.at AND NEW.by = OLD.by AND NEW.received = OLD.received
  AND NEW.id = OLD.id AND NEW.signature = OLD.signature AND NEW.chain = OLD.chain
  AND EXISTS (SELECT 1 FROM purges AS p JOIN entries AS e ON e.id = p.entry
    WHERE p.id = OLD.id AND e.stream = OLD.stream AND e.kind = 'purged')
)
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END""",
    "purges_no_update": """CREATE TRIGGER purges_no_update BEFORE UPDATE ON purges
BEGIN SELECT RAISE(ABORT, 'what was removed stays noted'); END""",
    "purges_no_delete": """CREATE TRIGGER purges_no_delete BEFORE DELETE ON purges
BEGIN SELECT RAISE(ABORT, 'what was removed stays noted'); END""",
    "entries_no_delete": """CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END""",
    "entries_in_order": """CREATE TRIGGER entries_in_order BEFORE INSERT ON entries
WHEN NEW.position <= (SELECT coalesce(max(position), 0) FROM entries)
  OR EXISTS (SELECT 1 FROM entries WHERE id = NEW.id)
  OR (NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM entries)
    AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'filling'))
BEGIN SELECT RAISE(ABORT, 'an entry is only ever added at the end'); END""",
    "entries_as_made": """CREATE TRIGGER entries_as_made BEFORE INSERT ON entries
WHEN NOT EXISTS (SELECT 1 FROM meta WHERE key = 'filling') AND (
  length(NEW.payload) NOT BETWEEN 1 AND 1048576 OR length(NEW.signature) > 65536
  OR length(NEW.stream) > 16 OR length(NEW.kind) > 40 OR length(NEW.at) <> 20
  OR length(NEW.received) <> 20 OR length(NEW.id) <> 64 OR NEW.id GLOB '*[^0-9a-f]*'
  OR length(NEW.chain) <> 64 OR NEW.chain GLOB '*[^0-9a-f]*'
)
BEGIN SELECT RAISE(ABORT, 'an entry is only taken in as visitsafe makes it'); END""",
    "purges_as_made": """CREATE TRIGGER purges_as_made BEFORE INSERT ON purges
WHEN NOT EXISTS (SELECT 1 FROM meta WHERE key = 'filling')
  AND NOT EXISTS (SELECT 1 FROM entries AS gone JOIN entries AS why ON why.stream = gone.stream
    WHERE gone.id = NEW.id AND gone.stream <> 'team' AND gone.kind <> 'purged'
    AND why.id = NEW.entry AND why.kind = 'purged')
BEGIN SELECT RAISE(ABORT, 'nobody signed that this is removed'); END""",
}


def plans_query(
    *, open_only: bool, owed_only: bool, case: str | None, limit: int | None
) -> tuple[str, list[str | int]]:
    """The statement that lists plans, and its values."""
    asked = {"closed = ''": open_only, "owed <> ''": owed_only, "case_ref = ?": case is not None}
    wanted = [condition for condition, is_asked in asked.items() if is_asked]
    parts = [_PLANS]
    if wanted:
        parts += ["WHERE", " AND ".join(wanted)]
    parts.append("ORDER BY owed, plan" if owed_only else "ORDER BY start DESC, plan")
    if limit is not None:
        parts.append("LIMIT ?")
    return " ".join(parts), [value for value in (case, limit) if value is not None]


def create(database: sqlite3.Connection, meta: dict[str, str]) -> None:
    """Give an empty database the schema, inside the caller's transaction."""
    for statement in SQLITE_OBJECTS.values():
        database.execute(statement)
    database.executemany(SET_META, meta.items())
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def differences(database: sqlite3.Connection) -> Iterator[str]:
    """What is missing from the schema, altered in it or added to it, as sentences."""
    found = dict(
        database.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite^_%' ESCAPE '^'")
    )
    for name, statement in SQLITE_OBJECTS.items():
        kind = statement.split()[1].lower()
        if name not in found:
            yield f"the {kind} {name} is missing"
        elif found[name] != statement:
            yield f"the {kind} {name} was altered"
    for name in found.keys() - SQLITE_OBJECTS.keys():
        yield f"something was added that does not belong there: {name!r}"
