"""Whether a SQLite store is still as it was made: its pages, its schema, rows without entries.

Nothing is mended. Signatures and the running hash are checked elsewhere.
"""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager

from visitsafe.errors import StoreError
from visitsafe.store import schema
from visitsafe.store.store_file import harmless
from visitsafe.store.store_traces import odd_purge


def damages(transaction: Callable[[], AbstractContextManager[sqlite3.Connection]]) -> list[str]:
    """What is not as it was made, as sentences; empty if the store is sound.

    Args:
        transaction: Begins a transaction of the store in which to read.
    """
    found = []
    for check in (_pages, _schema, _plans, _purges):
        try:
            with transaction() as database:
                found += check(database)
        except StoreError as error:
            found.append(error.message)
    return found


def _pages(database: sqlite3.Connection) -> list[str]:
    found = [text for (text,) in database.execute("PRAGMA integrity_check(20)")]
    return [] if found == ["ok"] else [f"the file is damaged: {harmless(text)}" for text in found]


def _schema(database: sqlite3.Connection) -> list[str]:
    return [] if _is_older(database) else list(schema.differences(database))


def _plans(database: sqlite3.Connection) -> list[str]:
    lost = database.execute(schema.LOST_PLANS)
    return [f"the newest entry of plan {plan} is missing" for (plan,) in lost]


def _is_older(database: sqlite3.Connection) -> bool:
    """Whether it is of an older version, which this one only copies and brings up to date."""
    meta = dict(database.execute(schema.META).fetchall())
    return int(meta["schema_version"]) < schema.SCHEMA_VERSION


def _purges(database: sqlite3.Connection) -> list[str]:
    if _is_older(database):
        return []
    return [odd_purge(str(name)) for (name,) in database.execute(schema.ODD_PURGES)]
