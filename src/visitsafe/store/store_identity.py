"""Whether a file is a store, and which: decided before anything else is read from it.

A file may be made by somebody hostile and handed over as a backup. Its tables could be views that never end:
they are looked at first. What it says of itself is little, or it is no store; and nobody waits long for it.
"""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from visitsafe.errors import StoreError
from visitsafe.store import schema
from visitsafe.store.store_file import FAULTS, damaged, in_words

STORE_ID = re.compile("[0-9a-f]{32}")
"""What the id of a store looks like."""
VERSION = re.compile("[1-9][0-9]{0,8}")
_LONGEST = 5.0
_OFTEN = 10_000  # steps of SQLite's machine between two looks at the clock
_MOST, _LONGEST_TEXT = 100, 10_000
# The names of tables and views are the same in any case, and only a table has pages of its own.
_NO_TABLE = (
    "SELECT 1 FROM sqlite_schema WHERE lower(name) IN"
    " ('meta', 'entries', 'plans', 'beats', 'claims', 'purges')"
    " AND (type = 'view' OR (type = 'table' AND rootpage < 1)) LIMIT 1"
)


def identify(database: sqlite3.Connection, path: Path) -> tuple[str, int]:
    """The store's id and version, once it is certain that this is a store and not one of a newer version.

    Raises:
        StoreError: It is no store, or a newer one.
        DamagedStoreError: It does not say what it is, or is not as visitsafe makes a store.
    """
    try:
        with _not_for_ever(database):
            (application,) = database.execute("PRAGMA application_id").fetchone()
            if application != schema.APPLICATION_ID:
                raise StoreError(f"{path} is not a visitsafe store", hint="check VISITSAFE_STORE")
            if database.execute(_NO_TABLE).fetchall():
                raise damaged(path, "something else stands where its tables were")
            meta = _meta(database, path)
    except FAULTS as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise damaged(path, "it does not come to an end when it is read") from error
        raise in_words(error, path) from error
    version, store_id = str(meta.get("schema_version", "")), str(meta.get("store_id", ""))
    if not VERSION.fullmatch(version) or not STORE_ID.fullmatch(store_id):
        raise damaged(path, "it does not say what it is")
    if int(version) > schema.SCHEMA_VERSION:
        raise StoreError(f"the store {path} was made by a newer visitsafe", hint="install a newer visitsafe")
    return store_id, int(version)


def _meta(database: sqlite3.Connection, path: Path) -> dict[object, object]:
    found: dict[object, object] = {}
    for key, value in database.execute(schema.META):
        found[key] = value
        if len(found) > _MOST or max(len(str(key)), len(str(value))) > _LONGEST_TEXT:
            raise damaged(path, "it says far too much of itself")
    return found


@contextmanager
def _not_for_ever(database: sqlite3.Connection) -> Iterator[None]:
    """Break off whatever takes too long in here; a transaction has looked at all this before it began."""
    if database.in_transaction:
        yield
        return
    end = time.monotonic() + _LONGEST
    database.set_progress_handler(lambda: time.monotonic() > end, _OFTEN)
    try:
        yield
    finally:
        database.set_progress_handler(None, 0)
