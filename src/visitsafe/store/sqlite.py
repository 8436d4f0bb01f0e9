"""The store in one SQLite file (D9): reading and appending. `record.stored.Store` says what it keeps.

Every statement runs in `transaction`, reads too. Entries are the truth; `plans` is derived from them and
changes in the same transaction. A second database gets a class of its own behind the same protocol and the
same tests. Nothing here verifies a signature, and nothing here makes or alters a table. Heartbeats and
claims are as durable as entries, but no part of the record.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from visitsafe.errors import StoreError
from visitsafe.record import stored
from visitsafe.record.chain import GENESIS, continuing, following
from visitsafe.record.entry import Entry
from visitsafe.record.kinds import CLOSING
from visitsafe.record.refs import is_plan_id
from visitsafe.record.stored import PlanRow, Purge, Stored, Summarise, nothing_first, unheard
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.store import schema
from visitsafe.store.marks import (
    COUNT_PURGES,
    DROP_MARK,
    MARKS,
    PLANS,
    PURGES,
    PURGES_AT_ONCE,
    SET_MARK,
    Trace,
    backup_warnings,
    notes_purges,
    odd_purge,
    refuse_occupied,
    refuse_writing,
    trace_in,
    with_trace,
)
from visitsafe.store.sqlite_file import FAULTS, damaged, harmless, in_words, network_warnings, wal_size
from visitsafe.text.clock import to_text


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


def stored_row(path: Path, row: Any) -> Stored:
    """A row of entries.

    Raises:
        DamagedStoreError: It does not have the form of its table; the same of the others.
    """
    expect(path, schema.ENTRY_TYPES, row)
    return Stored(*row)


def plan_row(path: Path, row: Any) -> PlanRow:
    """A row of plans."""
    expect(path, schema.PLAN_TYPES, row)
    named = dict(zip(PlanRow.__struct_fields__, row, strict=True))
    return PlanRow(**named | {"urgent": bool(named["urgent"])})


def expect(path: Path, types: tuple[type, ...], row: Any) -> None:
    """Refuse a row of other types: a damaged page can turn text into bytes or into nothing."""
    if tuple(map(type, row)) != types:
        raise damaged(path, "a row does not have the form of its table")


_BATCH = 32  # an entry is at most a mebibyte
_MOST_ENTRIES = 1 << 53
_LARGE_WAL = 4 << 20


class SqliteStore:
    """A store in one SQLite file. Made by `open_store` and `create_store`."""

    def __init__(self, database: sqlite3.Connection, path: Path, store_id: str) -> None:
        self.path = path
        self.store_id = store_id
        self._database = database
        self._wal_before = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unwise about where this store lies, as sentences."""
        return (*network_warnings(self.path), *backup_warnings(self.meta(), f"the store {self.path}"))

    def append(
        self,
        entries: Sequence[Entry],
        received: datetime,
        summarise: Summarise,
        *,
        first: Callable[[], None] = nothing_first,
        also: Sequence[str] = (),
        gone: Callable[[str], None] = unheard,
    ) -> int:
        """Add entries, all or none, and bring the rows of their plans up to date: see `Store.append`."""
        with self.transaction(writing=True):
            self._refuse_if_marked()
            first()
            plans = dict.fromkeys([*(entry.content.plan for entry in entries), *also])
            traces = {plan: self._trace(plan) for plan in plans if plan != TEAM_STREAM}
            for plan, trace in traces.items():
                if trace is not None:
                    gone(plan)
            new = self._add(entries, received)
            for plan in dict.fromkeys([*(row.stream for row in new), *also]):
                if plan != TEAM_STREAM:
                    self._replace_plan(plan, summarise(plan, self.history(plan)), traces[plan])
            self._look_for_new(new)
        self._copy_back()
        return len(new)

    def put_rows(self, rows: Sequence[Stored]) -> int:
        """Add rows of a copy as they are, if they continue the running hash: see `Fillable.put_rows`."""
        with self.transaction(writing=True) as database:
            new = continuing(self.head(), rows)
            database.executemany(schema.ADD_ENTRY, map(msgspec.structs.astuple, new))
            self._look_for_new(new)
        self._copy_back()
        return len(new)

    def meta(self) -> dict[str, str]:
        """What the store says of itself."""
        return dict(self._rows(schema.META))

    def history(self, stream: str) -> list[Stored]:
        """All entries of a stream in order of arrival."""
        return [stored_row(self.path, row) for row in self._rows(schema.HISTORY, stream)]

    def plans(
        self,
        *,
        open_only: bool = False,
        owed_only: bool = False,
        case: str | None = None,
        limit: int | None = None,
    ) -> list[PlanRow]:
        """The plans, the latest start first, or those after which something is owed: see `Store.plans`."""
        query, values = schema.plans_query(open_only=open_only, owed_only=owed_only, case=case, limit=limit)
        return [plan_row(self.path, row) for row in self._rows(query, *values)]

    def row(self, plan: str) -> PlanRow | None:
        """The row of one plan; None if there is none."""
        return next((plan_row(self.path, row) for row in self._rows(schema.ROW, plan)), None)

    def doubtful(self, after: int = 0) -> list[str]:
        """The plans whose row is missing or cannot be right: see `Store.doubtful`."""
        query = (schema.DOUBTFUL_SINCE, after) if after else (schema.DOUBTFUL,)
        return [stream for (stream,) in self._rows(*query, *CLOSING, *CLOSING)]

    def find(self, beginning: str) -> list[str]:
        """The ids of the plans that start with these characters: a range of the index, read from entries."""
        return [stream for (stream,) in self._rows(schema.FIND, beginning, beginning + stored.BEHIND_Z)]

    def beginnings(self, after: int) -> list[tuple[str, bytes]]:
        """How the versions of plans behind a position begin, in order of arrival: see `Store.beginnings`."""
        return self._rows(schema.BEGINNINGS, after)

    def scan(self, after: int = 0) -> Iterator[Stored]:
        """All entries behind a position, a batch to a transaction, so that nobody waits for a long scan."""
        while rows := self._rows(schema.AFTER, after, _BATCH):
            for row in (stored_row(self.path, one) for one in rows):
                if row.position <= after:  # a damaged tree of pages can lead in a circle
                    raise damaged(self.path, "its entries are out of order")
                after = row.position
                yield row

    def by_stream(self, first: str) -> Iterator[Stored]:
        """All entries of a stream and of those behind it: see `Store.by_stream`."""
        last = first, stored.BEFORE_ALL
        while rows := self._rows(schema.BY_STREAM, *last, _BATCH):
            for row in (stored_row(self.path, one) for one in rows):
                if (row.stream, row.position) <= last:
                    raise damaged(self.path, "its entries are out of order")
                last = row.stream, row.position
                yield row

    def rows_from(self, first: str) -> Iterator[PlanRow]:
        """The rows of a plan and of those behind it: see `Store.rows_from`."""
        rows = self._rows(schema.FIRST_ROWS, first, _BATCH)
        while rows:
            for row in (plan_row(self.path, one) for one in rows):
                if row.plan < first:
                    raise damaged(self.path, "its rows are out of order")
                first = row.plan
                yield row
            rows = self._rows(schema.NEXT_ROWS, first, _BATCH)

    def head(self) -> tuple[int, str]:
        """The last position and the running hash there."""
        rows = self._rows(schema.HEAD)
        if not rows:
            return 0, GENESIS
        expect(self.path, (int, str), rows[0])
        return rows[0][0], rows[0][1]

    def beat(self, watcher: str, entry: Entry, received: datetime) -> None:
        """Keep a watcher's newest heartbeat: see `Store.beat`."""
        row = (watcher, to_text(received), entry.payload, entry.signature)
        with self.transaction(writing=True) as database:
            self._refuse_if_marked()
            database.execute(schema.BEAT, row)
            database.execute(schema.DROP_BEATS, (to_text(received - stored.BEATS_KEPT), watcher))
        self._copy_back()

    def beats(self) -> list[Entry]:
        """The newest heartbeat of each watcher, unverified, the newest first."""
        rows = self._rows(schema.BEATS)
        for row in rows:
            expect(self.path, schema.BEAT_TYPES, row)
        return [Entry(payload=payload, signature=signature) for payload, signature in rows]

    def claim(self, what: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take something on for a while: see `Store.claim`. It ends after LONGEST_CLAIM at the latest."""
        latest = now + stored.LONGEST_CLAIM
        with self.transaction(writing=True) as database:
            self._refuse_if_marked()
            database.execute(schema.FREE_CLAIMS, (to_text(now), to_text(latest)))
            database.execute(schema.CLAIM, (what, holder, to_text(min(until, latest))))
            return self._rows(schema.HOLDER, what) == [(holder,)]

    def release(self, holder: str, what: str = "") -> None:
        """Let go of one claim of a holder, or of all."""
        with self.transaction(writing=True) as database:
            if what:
                database.execute(schema.RELEASE, (holder, what))
            else:
                database.execute(schema.RELEASE_ALL, (holder,))

    def rebuild(self, summarise: Summarise, *, forget: bool = False) -> int:
        """Make every row anew: see `Store.rebuild`. A row without any entry is kept as their trace."""
        with self.transaction(writing=True):
            kept = [] if forget else self.traces()
            for (plan,) in self._rows(schema.ALL_PLANS):
                history = self.history(plan) if is_plan_id(plan) else []
                row = summarise(plan, history) if history else None
                self._replace_plan(plan, row, self._trace(plan) if plan in kept else None)
            (count,) = self._rows(schema.COUNT_PLANS)[0]
        self._copy_back()
        return int(count)

    def traces(self) -> list[str]:
        """The plans whose row knows of entries that are not there."""
        return [plan for (plan,) in self._rows(schema.TRACES)]

    def check_file(self) -> list[str]:
        """What is damaged: pages, indexes, the schema with its triggers, plans without their entries."""
        return damages(self.transaction)

    def close(self) -> None:
        """Let go of the file. Entries that were acknowledged are safe whether or not this is called."""
        self._database.close()

    @contextmanager
    def transaction(self, *, writing: bool = False) -> Iterator[sqlite3.Connection]:
        """Run everything in here or nothing. What runs inside another transaction joins that one."""
        if self._database.in_transaction:
            yield self._database
            return
        try:
            self._database.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
            if writing:
                self._wal_before = wal_size(self.path)
            yield self._database
            self._database.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            if isinstance(error, FAULTS):
                raise in_words(error, self.path, writing=writing) from error
            raise

    def _roll_back(self) -> None:
        if self._database.in_transaction:  # after a full disk SQLite may have done so itself
            self._database.execute("ROLLBACK")

    def _rows(self, statement: str, *values: str | int) -> list[Any]:
        with self.transaction():
            return self._database.execute(statement, values).fetchall()

    def _refuse_if_marked(self) -> None:
        refuse_writing(self._rows(MARKS), f"the store {self.path}", "; nothing was written")

    def _add(self, entries: Sequence[Entry], received: datetime) -> list[Stored]:
        head, new = self.head(), []
        if head[0] > _MOST_ENTRIES:
            raise damaged(self.path, "its last entry has a position that no store reaches")
        for entry in entries:
            there = self._rows(schema.PRESENT, entry.id)
            for stream, payload in there:
                refuse_occupied(entry, stream, payload)
            if there:
                continue
            row = following(head, entry, received)
            self._database.execute(schema.ADD_ENTRY, msgspec.structs.astuple(row))
            head = row.position, row.chain
            new.append(row)
        return new

    def _trace(self, plan: str) -> Trace | None:
        known = self._rows(schema.TRACE, plan)
        for row in known:
            expect(self.path, (int, int, str, str), row)
        return trace_in(known)

    def _look_for_new(self, new: Sequence[Stored]) -> None:
        """Nothing is acknowledged that the database did not keep: a foreign trigger can swallow a row."""
        if new and (
            self.head() != (new[-1].position, new[-1].chain)
            or not all(self._rows(schema.PRESENT, row.id) for row in new)
        ):
            raise damaged(self.path, "it did not keep an entry; nothing was written")

    def _replace_plan(self, plan: str, row: PlanRow | None, trace: Trace | None) -> None:
        if row is None and trace is not None:
            return  # the row is all that is left of what it knows
        self._database.execute(schema.REMOVE_PLAN, (plan,))
        if row is not None:
            self._database.execute(schema.ADD_PLAN, msgspec.structs.astuple(with_trace(row, trace)))

    def _copy_back(self) -> None:
        """Copy a -wal file that has grown large back; all wait for a long reader then, so not each time."""
        if wal_size(self.path) // _LARGE_WAL > self._wal_before // _LARGE_WAL:
            self.copy_all_back()

    def copy_all_back(self) -> bool:
        """Copy the -wal file into the store and cut it to nothing; whether nobody was in the way."""
        try:
            busy, _, _ = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        return not busy


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
