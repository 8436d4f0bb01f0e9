"""Emptying entries of a store in a SQLite file that a signed entry removes (docs/adr/0019).

The database refuses to empty any entry that no `purged` entry of its plan stands beside. What is emptied is
overwritten with zeros (`secure_delete`, set for every connection); the -wal file, which has the bytes too, is
copied back and cut to nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from visitsafe.record.entry import to_text
from visitsafe.record.stored import Summarise, nothing_first
from visitsafe.store import schema
from visitsafe.store.sqlite_store import SqliteStore

_STILL_THERE = (
    "somebody else has the store open, so the old bytes are still in the file beside it (-wal): run visitsafe"
    " store purge --yes once more when nobody reads"
)


class SqlitePurge:
    """A store in a file, for those who remove content by rule."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store

    def blank(
        self,
        plan: str,
        named: Mapping[str, str],
        now: datetime,
        summarise: Summarise,
        *,
        first: Callable[[], None] = nothing_first,
    ) -> int:
        """Empty the payloads of entries of a plan, all or none, and make the plan's row anew.

        Args:
            plan: The plan's id.
            named: For each entry's id that of the `purged` entry that names it, which is in the store.
            now: Aware.
            summarise: As for `Store.append`.
            first: Called inside the transaction before; what it raises stops it all.

        Returns:
            How many were not empty yet.

        Raises:
            StoreError: The store cannot be written to, or refuses it; nothing was emptied.
        """
        count = 0
        with self.store.transaction(writing=True) as database:
            first()
            for name, by in named.items():
                database.execute(schema.ADD_PURGE, (name, by, to_text(now)))
                count += database.execute(schema.BLANK, (b"", name, plan)).rowcount
            self.store.append((), now, summarise, also=[plan])
        return count

    def clock(self) -> datetime | None:
        """A file has no clock of its own."""
        return None

    def wipe(self) -> str:
        """Get the emptied bytes out of the files; a sentence if they may still be there, else empty."""
        return "" if self.store.copy_all_back() else _STILL_THERE
