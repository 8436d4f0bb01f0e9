"""Bringing a store of an older version to the schema of this one, when somebody asks for it.

All that is missing is done in one transaction, which looks again at what version the store is: if it is
interrupted nothing has happened, and of two that run at once one finds nothing to do. Entries are never
touched. Rows of plans follow from the entries: the tables change first, and the rows are made anew once, at
the end, by the code of this version. A row whose entries are gone is taken along as their last trace.
"""

import sqlite3
from collections.abc import Callable

import msgspec

from visitsafe.errors import DamagedStoreError
from visitsafe.record.stored import Summarise
from visitsafe.store import schema, schema_past
from visitsafe.store.sqlite import SqliteStore


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
        if not _is_this_version(database):  # else somebody changed what it says of itself
            _do_steps(store, database, before)
        plans = store.rebuild(summarise)
        database.execute(schema.SET_VERSION, (str(schema.SCHEMA_VERSION),))
    return Migrated(before, schema.SCHEMA_VERSION, plans)


def _is_this_version(database: sqlite3.Connection) -> bool:
    """Whether the tables, indexes and triggers are those of this version, whatever else there is."""
    found = dict(database.execute("SELECT name, sql FROM sqlite_schema").fetchall())
    return all(found.get(name) == made for name, made in schema.SQLITE_OBJECTS.items())


def _do_steps(store: SqliteStore, database: sqlite3.Connection, before: int) -> None:
    fault = DamagedStoreError(
        f"the store {store.path} is damaged: its tables are not those of version {before}, which it names",
        hint=f"make a new one from it: VISITSAFE_STORE=NEW-FILE visitsafe store restore {store.path}",
    )
    try:
        for step in range(before + 1, schema.SCHEMA_VERSION + 1):
            _STEPS[step](database)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_ERROR":  # a full disk, and the like
            raise
        raise fault from error
    if not _is_this_version(database):
        raise fault


def _to_2(database: sqlite3.Connection) -> None:
    """Visits under way: how far a visit has come, what closed it, heartbeats and claims."""
    traces = _traces(database, schema_past.ROW_1)
    database.execute("DROP TABLE plans")  # and its indexes
    for statement in (*schema_past.PLANS_2, *schema_past.WATCHING_2):
        database.execute(statement)
    database.executemany(schema_past.ADD_2, traces)


def _to_3(database: sqlite3.Connection) -> None:
    """Retention: payloads can be emptied by rule (docs/adr/0019).

    The table of plans is made anew: until now what was replaced in it was not overwritten, so that case
    references may lie in its pages that nothing names any more.
    """
    traces = _traces(database, schema_past.ROW_2)
    database.execute("DROP TABLE plans")
    database.execute("DROP TRIGGER entries_no_update")
    for statement in (*schema_past.PLANS_2, *schema_past.RETENTION_3):
        database.execute(statement)
    database.executemany(schema_past.ADD_2, traces)


def _to_4(database: sqlite3.Connection) -> None:
    """After the visit: when the first thing is due that is owed. What stands nowhere signed is refused.

    What is noted as removed and was not is let go: it would stand in the way of a removal by rule.
    Once there is a version 5, the definitions as they are in version 4 belong into `schema_past`.
    """
    traces = _traces(database, schema_past.ROW_3)
    database.execute("DROP TABLE plans")
    for name in ("plans", "plans_start", "plans_open", "plans_owed", "plans_case"):
        database.execute(schema.SQLITE_OBJECTS[name])
    database.executemany(schema.ADD_PLAN, traces)
    for name in ("entries_in_order", "purges_no_delete"):
        database.execute(f"DROP TRIGGER {name}")
    database.execute(schema.DROP_ODD_PURGES)
    for name in ("entries_in_order", "entries_as_made", "purges_as_made", "purges_no_delete"):
        database.execute(schema.SQLITE_OBJECTS[name])


def _traces(database: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    """The rows of plans whose entries are gone, as they are to be taken along."""
    gone = database.execute(schema.TRACES).fetchall()
    return [row for plan in gone for row in database.execute(query, plan)]


_STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {2: _to_2, 3: _to_3, 4: _to_4}
"""What makes a store of the version before into one of this version."""
