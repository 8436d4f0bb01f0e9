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
    """Visits under way: how far a visit has come, what closed it, heartbeats and claims.

    Once there is a version 3, the definitions as they are in version 2 belong here, in full.
    """
    traces = [
        row for plan in database.execute(schema.TRACES).fetchall() for row in database.execute(_ROW_1, plan)
    ]
    database.execute("DROP TABLE plans")  # and its indexes
    for name in ("plans", "plans_start", "plans_open", "plans_case", "beats", "claims"):
        database.execute(schema.SQLITE_OBJECTS[name])
    database.executemany(schema.ADD_PLAN, traces)


# What is left of a plan whose entries are gone counts as open: closed by nothing that can be shown.
_ROW_1 = (
    "SELECT plan, status, 'planned', '', by, case_ref, area, start, due_back, level, urgent, entries, newest"
    " FROM plans WHERE plan = ?"
)
_STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {2: _to_2}
"""What makes a store of the version before into one of this version."""
