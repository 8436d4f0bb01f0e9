"""The store in a PostgreSQL database (D9): reading and appending. `record.stored.Store` says what it keeps.

It does what `sqlite` does, with the same statements, behind the same tests. Whoever appends holds one
advisory lock for the whole database until the commit: that is what makes positions gapless and the running
hash one chain; a read never waits for it. The lock rides on the message that begins the transaction and
costs nothing that could be measured; that appends go one after the other does (docs/adr/0018). Nothing here
verifies a signature, and nothing here makes or alters a table.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from visitsafe.errors import StoreError, VerificationError
from visitsafe.record import stored
from visitsafe.record.chain import GENESIS, continuing, following
from visitsafe.record.entry import Entry
from visitsafe.record.kinds import CLOSING
from visitsafe.record.stored import PlanRow, Stored, Summarise, nothing_first, unheard
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.store import postgres_schema as sql
from visitsafe.store.marks import MARKS, Trace, refuse_occupied, refuse_writing, trace_in, with_trace
from visitsafe.store.postgres_check import damages
from visitsafe.store.postgres_link import APPENDING, WATCHING, Link, Row
from visitsafe.store.postgres_triggers import RECEIVED
from visitsafe.store.postgres_words import NOTHING
from visitsafe.text.clock import from_text, to_text

_MARKS = sql.translated(MARKS)
_BATCH = 64  # an entry is at most a mebibyte


class PostgresStore:
    """A store in a PostgreSQL database. Made by `open_postgres` and `create_postgres`."""

    def __init__(self, link: Link, store_id: str, warnings: tuple[str, ...] = ()) -> None:
        self.store_id = store_id
        self.warnings = warnings
        self._link = link

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
        """Add entries, all or none, and bring the rows of their plans up to date: see `Store.append`.

        If the connection is cut, it is asked on a new one what became of the entries, and only what is not
        there is written; `first` and `summarise` may then be called again.
        """
        written: list[Stored] = []

        def attempt() -> int:
            with self._link.transaction(APPENDING):
                if written and self._present([row.entry for row in written]) == {row.id for row in written}:
                    return len(written)
                self._link.in_doubt = False  # not before it could be asked: that may be cut as well
                written.clear()
                self._refuse_if_marked()
                first()
                written.extend(self._append(entries, received, summarise, also, gone))
            return len(written)

        try:
            return self._link.patiently(attempt)
        except StoreError as error:
            if self._link.in_doubt:
                raise self._unknown() from error
            raise

    def put_rows(self, rows: Sequence[Stored]) -> int:
        """Add rows of a copy as they are, if they continue the running hash: see `Fillable.put_rows`."""
        with self._link.transaction(APPENDING):
            new = continuing(self.head(), rows)
            with self._link.database.cursor() as cursor:
                cursor.executemany(sql.ADD_ENTRY, [msgspec.structs.astuple(row) for row in new])
            if new and self.head() != (new[-1].position, new[-1].chain):
                raise self._not_kept()
        return len(new)

    def meta(self) -> dict[str, str]:
        """What the store says of itself."""
        return dict(self._link.rows(sql.META))

    def history(self, stream: str) -> list[Stored]:
        """All entries of a stream in order of arrival."""
        return [Stored(*row) for row in self._link.rows(sql.HISTORY, stream)]

    def plans(
        self,
        *,
        open_only: bool = False,
        owed_only: bool = False,
        case: str | None = None,
        limit: int | None = None,
    ) -> list[PlanRow]:
        """The plans, the latest start first, or those after which something is owed: see `Store.plans`."""
        query, values = sql.plans_query(open_only=open_only, owed_only=owed_only, case=case, limit=limit)
        return [_plan(row) for row in self._link.rows(query, *values)]

    def row(self, plan: str) -> PlanRow | None:
        """The row of one plan; None if there is none."""
        return next((_plan(row) for row in self._link.rows(sql.ROW, plan)), None)

    def doubtful(self, after: int = 0) -> list[str]:
        """The plans whose row is missing or cannot be right: see `Store.doubtful`."""
        query = (sql.DOUBTFUL_SINCE, after) if after else (sql.DOUBTFUL,)
        return [stream for (stream,) in self._link.rows(*query, *CLOSING, *CLOSING)]

    def find(self, beginning: str) -> list[str]:
        """The ids of the plans that start with these characters: a range of the index, read from entries."""
        return [stream for (stream,) in self._link.rows(sql.FIND, beginning, beginning + stored.BEHIND_Z)]

    def beginnings(self, after: int) -> list[tuple[str, bytes]]:
        """How the versions of plans behind a position begin, in order of arrival: see `Store.beginnings`."""
        return [(stream, bytes(text)) for stream, text in self._link.rows(sql.BEGINNINGS, after)]

    def scan(self, after: int = 0) -> Iterator[Stored]:
        """All entries behind a position, a batch to a statement: no snapshot is kept open for long."""
        while rows := self._link.rows(sql.AFTER, after, _BATCH):
            for row in rows:
                after = row[0]
                yield Stored(*row)

    def by_stream(self, first: str) -> Iterator[Stored]:
        """All entries of a stream and of those behind it: see `Store.by_stream`."""
        last = first, stored.BEFORE_ALL
        while rows := self._link.rows(sql.BY_STREAM, *last, _BATCH):
            for row in rows:
                last = row[1], row[0]
                yield Stored(*row)

    def rows_from(self, first: str) -> Iterator[PlanRow]:
        """The rows of a plan and of those behind it: see `Store.rows_from`."""
        rows = self._link.rows(sql.FIRST_ROWS, first, _BATCH)
        while rows:
            yield from map(_plan, rows)
            rows = self._link.rows(sql.NEXT_ROWS, rows[-1][0], _BATCH)

    def head(self) -> tuple[int, str]:
        """The last position and the running hash there."""
        rows = self._link.rows(sql.HEAD)
        return (rows[0][0], rows[0][1]) if rows else (0, GENESIS)

    def beat(self, watcher: str, entry: Entry, received: datetime) -> None:
        """Keep a watcher's newest heartbeat: see `Store.beat`."""
        row = (watcher, to_text(received), entry.payload, entry.signature)
        self._watching((sql.BEAT, row), (sql.DROP_BEATS, (to_text(received - stored.BEATS_KEPT), watcher)))

    def beats(self) -> list[Entry]:
        """The newest heartbeat of each watcher, unverified, the newest first."""
        return [Entry(payload=payload, signature=text) for payload, text in self._link.rows(sql.BEATS)]

    def claim(self, what: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take something on for a while: see `Store.claim`. It ends after LONGEST_CLAIM at the latest."""
        latest = now + stored.LONGEST_CLAIM
        free = (sql.FREE_CLAIMS, (to_text(now), to_text(latest)))
        take = (sql.CLAIM, (what, holder, to_text(min(until, latest))))
        return self._watching(free, take, (sql.HOLDER, (what,))) == [(holder,)]

    def release(self, holder: str, what: str = "") -> None:
        """Let go of one claim of a holder, or of all."""
        self._watching((sql.RELEASE, (holder, what)) if what else (sql.RELEASE_ALL, (holder,)))

    def rebuild(self, summarise: Summarise, *, forget: bool = False) -> int:
        """Make every row anew: see `Store.rebuild`. A row without any entry is kept as their trace."""
        return self._link.patiently(lambda: self._rebuild(summarise, forget=forget))

    def traces(self) -> list[str]:
        """The plans whose row knows of entries that are not there."""
        return [plan for (plan,) in self._link.rows(sql.TRACES)]

    def check_file(self) -> list[str]:
        """What is damaged: tables, triggers and rights that are not as they were made, plans without entries.

        The pages themselves are the server's to check (data checksums, `pg_amcheck`).
        """
        return damages(self._link)

    def close(self) -> None:
        """Let go of the server. Entries that were acknowledged are safe whether or not this is called."""
        self._link.close()

    def _append(
        self,
        entries: Sequence[Entry],
        received: datetime,
        summarise: Summarise,
        also: Sequence[str],
        gone: Callable[[str], None],
    ) -> list[Stored]:
        plans = dict.fromkeys([*(entry.content.plan for entry in entries), *also])
        traces = {plan: self._trace(plan) for plan in plans if plan != TEAM_STREAM}
        for plan, trace in traces.items():
            if trace is not None:
                gone(plan)
        new = self._add(entries, received)
        for plan in dict.fromkeys([*(row.stream for row in new), *also]):
            if plan != TEAM_STREAM:
                self._replace_plan(plan, summarise(plan, self.history(plan)), traces[plan])
        if new and self.head() != (new[-1].position, new[-1].chain):
            raise self._not_kept()
        return new

    def _refuse_if_marked(self) -> None:
        refuse_writing(self._link.rows(_MARKS), f"the store in {self._link.shown}", NOTHING)

    def _add(self, entries: Sequence[Entry], received: datetime) -> list[Stored]:
        present = self._present(entries)
        head, new = self.head(), []
        if len(present) < len(entries):
            received = from_text(str(self._link.rows(RECEIVED, to_text(received))[0][0]))
        for entry in entries:
            if entry.id in present:
                continue
            row = following(head, entry, received)
            if "\0" in row.kind + row.by + row.signature:
                raise VerificationError("an entry holds a zero character, which PostgreSQL cannot keep")
            if self._link.run(sql.ADD_ENTRY, *msgspec.structs.astuple(row)) != 1:
                raise self._not_kept()
            present.add(entry.id)
            head = row.position, row.chain
            new.append(row)
        return new

    def _present(self, entries: Sequence[Entry]) -> set[str]:
        wanted = {entry.id: entry for entry in entries}
        found = self._link.rows(sql.PRESENT, list(wanted))
        for name, stream, payload in found:
            refuse_occupied(wanted[name], stream, payload)
        return {name for name, _, _ in found}

    def _trace(self, plan: str) -> Trace | None:
        return trace_in(self._link.rows(sql.TRACE, plan))

    def _replace_plan(self, plan: str, row: PlanRow | None, trace: Trace | None) -> None:
        if row is None and trace is not None:
            return  # the row is all that is left of what it knows
        self._link.run(sql.REMOVE_PLAN, plan)
        if row is not None:
            row = with_trace(row, trace)
            values = msgspec.structs.astuple(msgspec.structs.replace(row, urgent=int(row.urgent)))
            self._link.run(sql.ADD_PLAN, *values)

    def _watching(self, *statements: tuple[bytes, tuple[object, ...]]) -> list[Row]:
        """Run statements on heartbeats and claims in one transaction; what the last one finds."""

        def attempt() -> list[Row]:
            with self._link.transaction(WATCHING):
                self._refuse_if_marked()
                for statement, values in statements[:-1]:
                    self._link.run(statement, *values)
                statement, values = statements[-1]
                if statement == sql.HOLDER:
                    return self._link.rows(statement, *values)
                self._link.run(statement, *values)
                return []

        return self._link.patiently(attempt)

    def _rebuild(self, summarise: Summarise, *, forget: bool) -> int:
        with self._link.transaction(APPENDING):
            kept = [] if forget else self.traces()
            for (plan,) in self._link.rows(sql.ALL_PLANS):
                history = self.history(plan)
                row = summarise(plan, history) if history else None
                self._replace_plan(plan, row, self._trace(plan) if plan in kept else None)
            (count,) = self._link.rows(sql.COUNT_PLANS)[0]
        return int(count)

    def _not_kept(self) -> StoreError:
        return StoreError(
            f"the store in {self._link.shown} did not keep an entry{NOTHING}",
            hint="tell whoever looks after the database; visitsafe verify says what is wrong with it",
        )

    def _unknown(self) -> StoreError:
        return StoreError(
            f"the store in {self._link.shown} was cut off at the last moment, and cannot be asked yet"
            " whether it recorded this",
            hint="once it answers, look before you do it again: visitsafe show",
        )


def _plan(row: Row) -> PlanRow:
    named = dict(zip(PlanRow.__struct_fields__, row, strict=True))
    return PlanRow(**named | {"urgent": bool(named["urgent"])})
