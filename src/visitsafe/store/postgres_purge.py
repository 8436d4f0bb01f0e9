"""Emptying entries of a store in PostgreSQL that a signed entry removes (docs/adr/0019).

For a member of the retention role alone. The server refuses to empty any entry that no `purged` entry of its
plan stands beside, to that role as to everybody. When the bytes leave the server's files is its
administrator's affair.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from visitsafe.record.stored import Summarise, nothing_first
from visitsafe.store import postgres_schema as sql
from visitsafe.store.postgres_link import APPENDING, Link
from visitsafe.store.postgres_store import PostgresStore
from visitsafe.store.postgres_triggers import ANY_TIME
from visitsafe.text.clock import to_text

_CLOCK = (
    b"SELECT EXISTS (SELECT 1 FROM visitsafe.meta WHERE key = %s),"
    b" extract(epoch FROM pg_catalog.clock_timestamp())::float8"
)
_STILL_THERE = (
    "the server keeps the old bytes until it has vacuumed its tables (VACUUM FULL visitsafe.entries,"
    " visitsafe.plans does it at once), and in its log of changes, standbys and backups for as long as those"
    " are kept"
)


class PostgresPurge:
    """A store in a database, for those who remove content by rule."""

    def __init__(self, link: Link, store: PostgresStore) -> None:
        self.store = store
        self._link = link

    def blank(
        self,
        plan: str,
        named: Mapping[str, str],
        now: datetime,
        summarise: Summarise,
        *,
        first: Callable[[], None] = nothing_first,
    ) -> int:
        """Empty the payloads of entries of a plan: see `SqlitePurge.blank`. It is safe to do twice."""

        def attempt() -> int:
            count = 0
            with self._link.transaction(APPENDING):
                first()
                for name, by in named.items():
                    self._link.run(sql.ADD_PURGE, name, by, to_text(now))
                    count += self._link.run(sql.BLANK, b"", name, plan)
                self.store.append((), now, summarise, also=[plan])
            return count

        return self._link.patiently(attempt)

    def clock(self) -> datetime | None:
        """The time by the server's clock; None in a store for rehearsals, in which any time is played."""
        for played, seconds in self._link.rows(_CLOCK, ANY_TIME):
            return None if played else datetime.fromtimestamp(seconds, UTC)
        return None

    def wipe(self) -> str:
        """Where the emptied bytes may still be, as a sentence."""
        return _STILL_THERE
