"""Bringing a store of an older version to the schema of this one, when somebody asks for it.

All that is missing is done in one transaction, which looks again at what version the store is: if it is
interrupted nothing has happened, and of two that run at once one finds nothing to do. Entries are never
touched. Rows of plans follow from the entries: the tables change first, and the rows are made anew once, at
the end, by the code of this version. A row whose entries are gone is taken along as their last trace.
"""

import sqlite3
from collections.abc import Callable

import msgspec

from visitsafe.adapters import schema
from visitsafe.adapters.sqlite_store import SqliteStore
from visitsafe.domain.stored import Summarise


class Migrated(msgspec.Struct, frozen=True):
    """What was done to a store.

    Attributes:
        before: The version of its schema that was found.
        after: The version that it has now.
        plans: How many plans were listed anew; 0 if there was nothing to do.
    """

    before: int
    after: int
    plans: int = 0


def migrate(store: SqliteStore, version: Callable[[], int], summarise: Summarise) -> Migrated:
    """Bring a store to the version of this visitsafe.

    Args:
        store: Of this version or an older one.
        version: Reads the version of its schema; called inside the transaction.
        summarise: Makes the rows, as for `Store.append`.

    Raises:
        StoreError: It cannot be written to, or is damaged. Nothing was changed.
    """
    with store.transaction(writing=True) as database:
        before = version()
        if before == schema.SCHEMA_VERSION:
            return Migrated(before, before)
        for step in range(before + 1, schema.SCHEMA_VERSION + 1):
            _STEPS[step](database)
        plans = store.rebuild(summarise)
        database.execute(schema.SET_VERSION, (str(schema.SCHEMA_VERSION),))
    return Migrated(before, schema.SCHEMA_VERSION, plans)


def _to_2(database: sqlite3.Connection) -> None:
    """Visits under way: how far a visit has come, what closed it, heartbeats and claims."""
    traces = _traces(database, _ROW_1)
    database.execute("DROP TABLE plans")  # and its indexes
    for statement in (*_PLANS_2, *_WATCHING_2):
        database.execute(statement)
    database.executemany(_ADD_2, traces)


def _to_3(database: sqlite3.Connection) -> None:
    """Retention: payloads can be emptied by rule (docs/adr/0019).

    The table of plans is made anew: until now what was replaced in it was not overwritten, so that case
    references may lie in its pages that nothing names any more.

    Once there is a version 4, the definitions as they are in version 3 belong here, in full.
    """
    traces = _traces(database, _ROW_2)
    database.execute("DROP TABLE plans")
    database.execute("DROP TRIGGER entries_no_update")
    for statement in _PLANS_2:
        database.execute(statement)
    for name in ("purges", "entries_no_update", "purges_no_update", "purges_no_delete"):
        database.execute(schema.SQLITE_OBJECTS[name])
    database.executemany(_ADD_2, traces)


def _traces(database: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    """The rows of plans whose entries are gone, as they are to be taken along."""
    gone = database.execute(schema.TRACES).fetchall()
    return [row for plan in gone for row in database.execute(query, plan)]


# What is left of a plan whose entries are gone counts as open: closed by nothing that can be shown.
_ROW_1 = (
    "SELECT plan, status, 'planned', '', by, case_ref, area, start, due_back, level, urgent, entries, newest"
    " FROM plans WHERE plan = ?"
)
_ROW_2 = (
    "SELECT plan, status, stage, closed, by, case_ref, area, start, due_back, level, urgent, entries, newest"
    " FROM plans WHERE plan = ?"
)
_ADD_2 = (
    "INSERT INTO plans"
    " (plan, status, stage, closed, by, case_ref, area, start, due_back, level, urgent, entries, newest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PLANS_2 = (
    """CREATE TABLE plans (
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
  newest TEXT NOT NULL
) STRICT""",
    "CREATE INDEX plans_start ON plans (start DESC, plan)",
    "CREATE INDEX plans_open ON plans (start DESC, plan) WHERE closed = ''",
    "CREATE INDEX plans_case ON plans (case_ref, start DESC, plan)",
)
_WATCHING_2 = (
    """CREATE TABLE beats (
  watcher TEXT PRIMARY KEY NOT NULL,
  received TEXT NOT NULL,
  payload BLOB NOT NULL,
  signature TEXT NOT NULL
) STRICT""",
    """CREATE TABLE claims (
  what TEXT PRIMARY KEY NOT NULL,
  holder TEXT NOT NULL,
  until TEXT NOT NULL
) STRICT""",
)
_STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {2: _to_2, 3: _to_3}
"""What makes a store of the version before into one of this version."""
