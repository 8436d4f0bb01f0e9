"""What a store keeps, what it must be able to do, and the running hash over it (D9). Pure.

The running hash proves the order of arrival and that nothing was changed, moved or taken out from among
the entries. It cannot prove that nothing was taken from the end, nor hold against somebody who recomputes
all of it: that is what a checkpoint kept elsewhere is for. Signatures and roles are checked elsewhere.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Protocol

import msgspec

from visitsafe.domain.entries import Entry, to_text
from visitsafe.errors import VerificationError

GENESIS = "0" * 64
"""The running hash before the first entry."""
MOST_SIGNATURE = 1 << 16
"""The most characters of a signature that a store takes in; OpenSSH's are of about 300."""
_COPIES = {"stream": "plan", "kind": "kind", "at": "at", "by": "by"}


class Stored(msgspec.Struct, frozen=True, dict=True):
    """An entry as a store holds it.

    Attributes:
        position: 1, 2, 3 and so on in order of arrival, without gaps.
        stream: A plan's id, or `team`. A copy from the payload for lookup, like kind, at and by.
        received: When this store took it in, UTC. Not signed: the store's own word.
        id: The SHA-256 of the payload, in hex.
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
        """The signed bytes and their signature. Its id and content come from the bytes, not the columns."""
        return Entry(payload=self.payload, signature=self.signature)


class PlanRow(msgspec.Struct, frozen=True):
    """A plan's current state in one line, for lists. Derived from the entries; never the truth.

    Attributes:
        plan: The plan's id.
        open: Something may still have to be done or watched.
        by: The key of who planned it.
        start: UTC, as in the entries; so is `due_back`.
        level: The worst finding's level, or "".
        entries: How many entries the plan has.
        newest: The id of the newest of them.
    """

    plan: str
    status: str
    open: bool
    by: str
    case_ref: str
    area: str
    start: str
    due_back: str
    level: str
    urgent: bool
    entries: int
    newest: str


class Problem(msgspec.Struct, frozen=True):
    """Something about the entry at a position that does not hold, as a sentence."""

    position: int
    id: str
    text: str


Summarise = Callable[[str, Sequence[Stored]], PlanRow | None]
"""Makes a plan's row from the plan's id and its whole history; None if there is no plan to list."""


def nothing_first() -> None:
    """Nothing to look at before entries are added."""


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

        Returns:
            How many entries were new.

        Raises:
            VerificationError: An entry is not readable, or entries are gone that a plan's row knows of.
            StoreError: The database did not keep what was written.
        """
        ...

    def row(self, plan: str) -> PlanRow | None:
        """The row of one plan; None if there is none."""
        ...

    def doubtful(self) -> list[str]:
        """The plans whose row is missing or cannot be right, from columns alone: to be folded and shown.

        A row is also doubted if it says that a plan is closed and the newest entry closes nothing. What is
        hidden better than that is for `verify` to find.
        """
        ...

    def history(self, stream: str) -> list[Stored]:
        """All entries of a stream in order of arrival."""
        ...

    def plans(
        self, *, open_only: bool = False, case: str | None = None, limit: int | None = None
    ) -> list[PlanRow]:
        """The plans, the latest start first. What `open_only` costs depends on what is open."""
        ...

    def find(self, beginning: str) -> list[str]:
        """The ids of the plans that start with these characters."""
        ...

    def scan(self, after: int = 0) -> Iterator[Stored]:
        """All entries behind a position in order of arrival, in constant memory."""
        ...

    def head(self) -> tuple[int, str]:
        """The last position and the running hash there; 0 and GENESIS while there is none."""
        ...

    def check_file(self) -> list[str]:
        """What is damaged about the store itself, as sentences; empty if it is sound."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


def chain(previous: str, row: Stored) -> str:
    """The running hash at a row: everything of the row but its own `chain` goes into it.

    It is the SHA-256, in hex, of nine lines of UTF-8 joined by a line feed, with none at the end: the
    running hash before (64 zeros at first), the position in decimal, the id, the SHA-256 in hex of the
    signature's text, the stream, the kind, `at`, `by`, `received`. The payload is in it through its id.
    No field holds a line feed: `following` refuses such an entry.

    Args:
        previous: The running hash at the position before, or GENESIS.
        row: The row; its `chain` is not looked at.
    """
    lines = (
        previous,
        str(row.position),
        row.id,
        hashlib.sha256(row.signature.encode()).hexdigest(),
        row.stream,
        row.kind,
        row.at,
        row.by,
        row.received,
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def following(head: tuple[int, str], entry: Entry, received: datetime) -> Stored:
    """The row that an entry gets when it arrives after a head (position, running hash).

    Raises:
        VerificationError: The entry cannot be read, or cannot be kept as it is.
    """
    content = entry.content
    if "\n" in content.kind + content.by:
        raise VerificationError("an entry's kind or signer runs over more than one line")
    if not entry.signature.isascii() or len(entry.signature) > MOST_SIGNATURE:
        raise VerificationError("an entry's signature is not one that OpenSSH makes")
    row = Stored(
        position=head[0] + 1,
        stream=content.plan,
        kind=content.kind,
        at=content.at,
        by=content.by,
        received=to_text(received),
        id=entry.id,
        payload=entry.payload,
        signature=entry.signature,
        chain="",
    )
    return msgspec.structs.replace(row, chain=chain(head[1], row))


def check_chain(rows: Iterable[Stored], after: tuple[int, str] = (0, GENESIS)) -> Iterator[Problem]:
    """Walk rows in order of arrival and name what does not hold, in constant memory.

    Args:
        rows: As `Store.scan` gives them.
        after: The position and running hash which the first row must follow.
    """
    position, previous = after
    for row in rows:
        for text in (*_order_problems(position, previous, row), *_row_problems(row)):
            yield Problem(position=row.position, id=row.id, text=text)
        # The chain as stored goes on from here, so that one change is not reported at every later entry.
        position, previous = row.position, row.chain


def _order_problems(position: int, previous: str, row: Stored) -> Iterator[str]:
    if row.position != position + 1:
        yield f"position {row.position} follows position {position}: an entry is missing or was moved"
    if chain(previous, row) != row.chain:
        yield f"the running hash does not hold at position {row.position}"


def _row_problems(row: Stored) -> Iterator[str]:
    if row.entry.id != row.id:
        yield f"the id at position {row.position} is not the hash of its payload"
    try:
        content = row.entry.content
    except VerificationError as error:
        yield f"at position {row.position}, {error.message}"
        return
    wrong = [name for name, signed in _COPIES.items() if getattr(row, name) != getattr(content, signed)]
    if wrong:
        yield f"columns at position {row.position} disagree with the signed content: {', '.join(wrong)}"
