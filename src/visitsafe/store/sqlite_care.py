"""Looking after a store in a SQLite file: what it says of itself, its size, and a copy while it is in use.

Opens what `open_store` refuses: a store that was moved, or is only part of a copy. Changes no entry.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from visitsafe.record.stored import Purge, nothing_first
from visitsafe.store import schema
from visitsafe.store.sqlite_store import SqliteStore
from visitsafe.store.store_file import FAULTS, in_words
from visitsafe.store.store_marks import (
    COUNT_PURGES,
    DROP_MARK,
    PLANS,
    PURGES,
    PURGES_AT_ONCE,
    SET_MARK,
    notes_purges,
)

_PAGES_AT_ONCE = 1024
_NOT_WRITTEN = (
    "SQLITE_FULL",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_FSYNC",
)


class SqliteCare:
    """A store in a file, for those who look after it. `where` names it for people."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.where = str(store.path)
        self.shown = f"the store {store.path}"

    def may_mark(self) -> bool:
        """Whether `mark` is permitted; for a file, writing itself tells."""
        return True

    def mark(self, marks: Mapping[str, str | None], first: Callable[[], None] = nothing_first) -> None:
        """Set values in what the store says of itself, None to take one out, while nobody else can write.

        Args:
            marks: What to set.
            first: Called inside the transaction before; what it raises stops it all.

        Raises:
            StoreError: It cannot be written to.
        """
        with self.store.transaction(writing=True) as database:
            first()
            for key, value in marks.items():
                if value is None:
                    database.execute(DROP_MARK, (key,))
                else:
                    database.execute(SET_MARK, (key, value))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See the store as it is at this moment, for as long as this lasts."""
        with self.store.transaction() as database:
            database.execute(schema.META).fetchone()  # what a transaction sees begins with its first reading
            yield

    def purges(self, after: str = "") -> list[Purge]:
        """Some of what was removed by rule, behind an id, in order."""
        if not notes_purges(self.store.meta()):
            return []
        with self.store.transaction() as database:
            return [Purge(*row) for row in database.execute(PURGES, (after, PURGES_AT_ONCE)).fetchall()]

    def count_purges(self) -> int:
        """How much was removed by rule."""
        if not notes_purges(self.store.meta()):
            return 0
        with self.store.transaction() as database:
            return int(database.execute(COUNT_PURGES).fetchone()[0])

    def put_purges(self, purges: Sequence[Purge]) -> None:
        """Note in a copy what was removed, and remove it there too."""
        with self.store.transaction(writing=True) as database:
            for purge in purges:
                database.execute(schema.ADD_PURGE, (purge.id, purge.entry, purge.at))
                database.execute(schema.BLANK, (b"", purge.id, purge.stream))

    def plans(self) -> tuple[int, int]:
        """How many plans are listed, and how many of them are open."""
        with self.store.transaction() as database:
            every, is_open = database.execute(PLANS).fetchone()
        return int(every), int(is_open)

    def size(self) -> int:
        """Bytes on the disk, with what SQLite keeps beside the file."""
        path = self.store.path
        found = 0
        for part in (path, Path(f"{path}-wal")):
            with suppress(OSError):
                found += part.stat().st_size
        return found

    def clock(self) -> datetime | None:
        """A file has no clock of its own."""
        return None

    def copy_to(self, path: Path, tell: Callable[[int, int], None]) -> None:
        """Copy the store as it is at this moment into an empty file, page by page; others go on using it.

        Args:
            path: The empty file. Afterwards it is one file, with nothing beside it.
            tell: Told how many pages are done, of how many.

        Raises:
            StoreError: The store is damaged, or the file cannot be written.
        """

        def progress(_status: int, remaining: int, total: int) -> None:
            tell(total - remaining, total)

        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as copy:
                # The open transaction holds on to one moment, so that a writer cannot make it begin again.
                with self.snapshot(), self.store.transaction() as database, self._whose_fault(path):
                    database.backup(copy, pages=_PAGES_AT_ONCE, progress=progress, sleep=0)
                make_single(copy)
        except FAULTS as error:
            raise in_words(error, path) from error

    @contextmanager
    def _whose_fault(self, path: Path) -> Iterator[None]:
        """Tell a copy that cannot be written from a store that cannot be read."""
        try:
            yield
        except FAULTS as error:
            name = getattr(error, "sqlite_errorname", "")
            reads = not name.startswith(_NOT_WRITTEN)
            raise in_words(error, self.store.path if reads else path) from error


def make_single(database: sqlite3.Connection) -> None:
    """Write everything into the file itself, so that it can be carried away without what lies beside it."""
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA journal_mode = DELETE").fetchall()
