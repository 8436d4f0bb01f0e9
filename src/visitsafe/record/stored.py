"""What a store keeps and what it must be able to do (D9). Pure.

The running hash over it is in `running_hash`; signatures and roles are checked elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.entry import Entry

LONGEST_CLAIM = timedelta(minutes=3)
"""No claim holds for longer: a watcher whose clock is years ahead must not keep the others off a visit."""
BEATS_KEPT = timedelta(days=1)
BEHIND_Z = "["
"""The character after Z, behind a plan id's beginning: no plan id holds it, and `team` sorts behind it."""
BEFORE_ALL = -1 << 63
"""Before every position that a database can hold, also one that is none."""


class Stored(msgspec.Struct, frozen=True, dict=True):
    """An entry as a store holds it.

    Attributes:
        position: 1, 2, 3 and so on in order of arrival, without gaps.
        stream: A plan's id, or `team`. A copy from the payload for lookup, like kind, at and by.
        received: When this store took it in, UTC. Not signed: the store's own word.
        id: The SHA-256 of the payload, in hex.
        payload: The signed bytes; empty once they were removed (docs/adr/0019).
        chain: The running hash up to and including this entry.
    """

    position: int
    stream: str
    kind: str
    at: str
    by: str
    received: str
    id: str
    payload: bytes
    signature: str
    chain: str

    @cached_property
    def entry(self) -> Entry:
        """The signed bytes and their signature. Its id and content come from the bytes, not the columns.

        Of an entry that is `blank` nothing can be read.
        """
        return Entry(payload=self.payload, signature=self.signature)

    @property
    def blank(self) -> bool:
        """Whether its content is gone. Whether somebody signed for that, the plan's other entries tell."""
        return not self.payload


class PlanRow(msgspec.Struct, frozen=True):
    """A plan's current state in one line, for lists. Derived from the entries; never the truth.

    Attributes:
        plan: The plan's id.
        closed: The entry after which nothing has to be done any more; empty while the plan is open.
        stage: How far the visit has come.
        by: The key of who planned it.
        case_ref: The key of its case (`likeness.case_key`); how it was written stands in the plan.
        start: UTC, as in the entries; so is `due_back`, with every extension.
        level: The worst finding's level, or "".
        entries: How many entries the plan has.
        newest: The id of the newest of them.
        owed: When the first thing is due that is owed after the visit, UTC text (`duties.owed`); empty if
            nothing is.
    """

    plan: str
    status: str
    stage: str
    closed: str
    by: str
    case_ref: str
    area: str
    start: str
    due_back: str
    level: str
    urgent: bool
    entries: int
    newest: str
    owed: str = ""

    @property
    def open(self) -> bool:
        """Whether something may still have to be done or watched."""
        return not self.closed


Summarise = Callable[[str, Sequence[Stored]], PlanRow | None]
"""Makes a plan's row from the plan's id and its whole history; None if there is no plan to list."""


def nothing_first() -> None:
    """Nothing to look at before entries are added."""


def unheard(_plan: str) -> None:
    """Where it goes which plans' entries are gone if nobody wants to know."""


class OccupiedError(VerificationError):
    """Something else stands in the store under the id of an entry: nobody signed that.

    Attributes:
        id: The entry's id.
    """

    def __init__(self, name: str) -> None:
        super().__init__(
            f"something else stands in the store under the id of an entry ({name[:12]}); nothing was written",
            hint="run the same command again, and tell whoever looks after the store: visitsafe verify",
        )
        self.id = name


class Store(Protocol):
    """Where entries are kept: added at the end, never changed, never removed.

    A store does not verify signatures: whoever appends has done so. Every method raises StoreError when
    the store cannot be read or written.
    """

    @property
    def store_id(self) -> str:
        """Random, given when the store was made."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unwise about where this store lies, as sentences."""
        ...

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
        """Add entries, all of them or none, durably, and bring the rows of their plans up to date.

        An entry that is there already is passed over, so appending twice changes nothing. `summarise` is
        called inside the transaction, once for each plan that got new entries; it may read the store.

        Args:
            entries: What to add.
            received: When, aware.
            summarise: Makes the rows.
            first: Called inside the transaction before anything is added; what it raises stops it all.
            also: Other plans whose rows are to be made anew.
            gone: Told of each of these plans whose row knows of entries that are not there. The row is not
                signed, so that it stops nothing; what it knows stays in the row that takes its place.

        Returns:
            How many entries were new.

        Raises:
            OccupiedError: Something else stands in the store under the id of an entry.
            VerificationError: An entry is not readable.
            StoreError: The database did not keep what was written.
        """
        ...

    def row(self, plan: str) -> PlanRow | None:
        """The row of one plan; None if there is none."""
        ...

    def doubtful(self, after: int = 0) -> list[str]:
        """The plans whose row is missing or cannot be right, from columns alone: to be folded and shown.

        With `after`, only plans with an entry behind that position: what that costs grows with what has come
        since, and not with everything that was ever recorded.

        A row is also doubted if it says that a plan is closed and the entry that it names closes nothing.
        What is hidden better than that is for `verify` to find.
        """
        ...

    def history(self, stream: str) -> list[Stored]:
        """All entries of a stream in order of arrival."""
        ...

    def plans(
        self,
        *,
        open_only: bool = False,
        owed_only: bool = False,
        case: str | None = None,
        limit: int | None = None,
    ) -> list[PlanRow]:
        """The plans, the latest start first; with `owed_only` those after which something is owed.

        These come as it is due. What `open_only` costs depends on what is open, and what `owed_only` costs
        on what is owed.
        """
        ...

    def find(self, beginning: str) -> list[str]:
        """The ids of the plans that start with these characters."""
        ...

    def beginnings(self, after: int) -> list[tuple[str, bytes]]:
        """The stream and the first 600 bytes of each version of a plan behind a position, oldest first.

        They are the entries' own bytes, for whoever looks for a case without believing the rows.
        """
        ...

    def scan(self, after: int = 0) -> Iterator[Stored]:
        """All entries behind a position in order of arrival, in constant memory."""
        ...

    def by_stream(self, first: str) -> Iterator[Stored]:
        """All entries of the stream `first` and of those behind it, stream by stream, in constant memory."""
        ...

    def rows_from(self, first: str) -> Iterator[PlanRow]:
        """The rows of the plan `first` and of those behind it, by plan, in constant memory."""
        ...

    def head(self) -> tuple[int, str]:
        """The last position and the running hash there; 0 and GENESIS while there is none."""
        ...

    def beat(self, watcher: str, entry: Entry, received: datetime) -> None:
        """Keep a watcher's newest signed heartbeat; it takes the place of that watcher's last one.

        It is no part of the record. Heartbeats of other watchers that are older than a day are dropped.
        """
        ...

    def beats(self) -> list[Entry]:
        """The newest heartbeat of each watcher, unverified, the newest first."""
        ...

    def claim(self, what: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take something on for a while, so that no other watcher does it too.

        Args:
            what: What is taken on, such as a plan's id.
            holder: Who takes it on. Whoever holds it may prolong it.
            now: A claim that ended before is free.
            until: When this claim ends.

        Returns:
            Whether it is the holder's now.
        """
        ...

    def release(self, holder: str, what: str = "") -> None:
        """Let go of one claim of a holder, or of all."""
        ...

    def rebuild(self, summarise: Summarise, *, forget: bool = False) -> int:
        """Make every plan's row anew from its entries, in one transaction; how many plans there are.

        What a row knows of entries that are not there stays in it, unless it is to be forgotten.
        """
        ...

    def traces(self) -> list[str]:
        """The plans whose row knows of entries that are not there."""
        ...

    def check_file(self) -> list[str]:
        """What is damaged about the store itself, as sentences; empty if it is sound."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


class Purge(NamedTuple):
    """That the content of an entry was removed by rule (docs/adr/0019).

    Attributes:
        id: The entry whose content is gone.
        entry: The signed entry that removed it.
        at: When, UTC text.
        stream: The plan of both.
    """

    id: str
    entry: str
    at: str
    stream: str


class Fillable(Store, Protocol):
    """A store that a copy can be put into, and that says of itself what it is."""

    def put_rows(self, rows: Sequence[Stored]) -> int:
        """Add rows of a copy as they are, all of them or none; how many were new.

        Rows of plans are left alone. What does not hold about the original does not hold about the copy.

        Raises:
            VerificationError: They are out of order.
        """
        ...

    def meta(self) -> dict[str, str]:
        """What the store says of itself, by name."""
        ...
