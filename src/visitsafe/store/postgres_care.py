"""Looking after a store in PostgreSQL: what it says of itself, its size, and marks that its owner can set.

Works with the rights of the owner too, which `open_store` refuses. Changes no entry.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from visitsafe.record.stored import Purge, nothing_first
from visitsafe.store import postgres_schema as sql
from visitsafe.store.marks import (
    COUNT_PURGES,
    DROP_MARK,
    PLANS,
    PURGES,
    PURGES_AT_ONCE,
    SET_MARK,
    notes_purges,
)
from visitsafe.store.postgres_link import APPENDING, Link
from visitsafe.store.postgres_store import PostgresStore

_MAY_MARK = (
    b"SELECT has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')"
    b" AND has_table_privilege(c.oid, 'DELETE')"
    b" FROM pg_catalog.pg_class AS c WHERE c.oid = 'visitsafe.meta'::regclass"
)
_SIZE = (
    b"SELECT sum(pg_catalog.pg_total_relation_size(c.oid))::bigint FROM pg_catalog.pg_class AS c"
    b" WHERE c.relnamespace = 'visitsafe'::regnamespace AND c.relkind = 'r'"
)
_CLOCK = b"SELECT extract(epoch FROM pg_catalog.clock_timestamp())::float8"
_PLANS = sql.translated(PLANS)
_PURGES, _COUNT_PURGES = sql.translated(PURGES), sql.translated(COUNT_PURGES)
_SET_MARK, _DROP_MARK = sql.translated(SET_MARK), sql.translated(DROP_MARK)


class PostgresCare:
    """A store in a database, for those who look after it. `where` names it for people, without a user."""

    def __init__(self, link: Link, store: PostgresStore) -> None:
        self.store = store
        self.where = without_user(link.shown)
        self.shown = f"the store in {link.shown}"
        self._link = link

    def may_mark(self) -> bool:
        """Whether `mark` is permitted: to the owner of the tables."""
        return self._link.rows(_MAY_MARK) == [(True,)]

    def mark(self, marks: Mapping[str, str | None], first: Callable[[], None] = nothing_first) -> None:
        """Set values in what the store says of itself, None to take one out, while nobody else can write.

        Args:
            marks: What to set.
            first: Called inside the transaction before; what it raises stops it all.

        Raises:
            StoreError: It is not permitted, or the connection was cut.
        """
        with self._link.transaction(APPENDING):
            first()
            for key, value in marks.items():
                if value is None:
                    self._link.run(_DROP_MARK, key)
                else:
                    self._link.run(_SET_MARK, key, value)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See the store as it is at this moment, for as long as this lasts; others go on using it."""
        with self._link.snapshot():
            yield

    def purges(self, after: str = "") -> list[Purge]:
        """Some of what was removed by rule, behind an id, in order."""
        if not notes_purges(self.store.meta()):
            return []
        return [Purge(*row) for row in self._link.rows(_PURGES, after, PURGES_AT_ONCE)]

    def count_purges(self) -> int:
        """How much was removed by rule."""
        if not notes_purges(self.store.meta()):
            return 0
        return int(self._link.rows(_COUNT_PURGES)[0][0])

    def put_purges(self, purges: Sequence[Purge]) -> None:
        """Note in a copy what was removed, and remove it there too."""
        with self._link.transaction(APPENDING):
            for purge in purges:
                self._link.run(sql.ADD_PURGE, purge.id, purge.entry, purge.at)
                self._link.run(sql.BLANK, b"", purge.id, purge.stream)

    def plans(self) -> tuple[int, int]:
        """How many plans are listed, and how many of them are open."""
        every, is_open = self._link.rows(_PLANS)[0]
        return int(every), int(is_open)

    def size(self) -> int:
        """Bytes of the tables and their indexes."""
        return int(self._link.rows(_SIZE)[0][0] or 0)

    def clock(self) -> datetime | None:
        """The time by the server's clock."""
        return datetime.fromtimestamp(self._link.rows(_CLOCK)[0][0], UTC)


def without_user(shown: str) -> str:
    """A store as it is called whoever logs in."""
    return shown.partition(" (as ")[0]
