"""The running hash over a store's entries in order of arrival (D9; docs/record-format.md). Pure.

It proves the order of arrival and that nothing was changed, moved or taken out from among the entries. It
cannot prove that nothing was taken from the end, nor hold against somebody who recomputes all of it: that is
what a checkpoint kept elsewhere is for. Signatures and roles are checked elsewhere.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.entry import Entry
from visitsafe.record.kinds import Kind
from visitsafe.record.stored import Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.text.clock import to_text

GENESIS = "0" * 64
"""The running hash before the first entry."""
MOST_SIGNATURE = 1 << 16
"""The most characters of a signature that a store takes in; OpenSSH's are of about 300."""
_COPIES = {"stream": "plan", "kind": "kind", "at": "at", "by": "by"}


class ChainProblem(msgspec.Struct, frozen=True):
    """Something about the entry at a position that does not hold, as a sentence."""

    position: int
    id: str
    text: str


def chain(previous: str, row: Stored) -> str:
    """The running hash at a row: everything of the row but its own `chain` goes into it.

    It is the SHA-256, in hex, of nine lines of UTF-8 joined by a line feed, with none at the end: the
    running hash before (64 zeros at first), the position in decimal, the id, the SHA-256 in hex of the
    signature's text, the stream, the kind, `at`, `by`, `received`. The payload is in it through its id, so
    that the hash holds even where the payload was removed.
    No field holds a line feed, so that nine lines are read in one way only: `following` refuses such an
    entry, `row_problems` such a row, and one with the character NUL is not readable.

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


def check_chain(rows: Iterable[Stored], after: tuple[int, str] = (0, GENESIS)) -> Iterator[ChainProblem]:
    """Walk rows in order of arrival and name what does not hold, in constant memory.

    Args:
        rows: As `Store.scan` gives them.
        after: The position and running hash which the first row must follow.
    """
    position, previous = after
    for row in rows:
        for text in (*order_problems(position, previous, row), *row_problems(row)):
            yield ChainProblem(position=row.position, id=row.id, text=text)
        # The chain as stored goes on from here, so that one change is not reported at every later entry.
        position, previous = row.position, row.chain


def continuing(head: tuple[int, str], rows: Iterable[Stored]) -> list[Stored]:
    """Those of the rows of a copy that come behind a head.

    What does not hold about them is copied as it is: whoever compares the copy afterwards names it.

    Args:
        head: The position and running hash that the copy has reached.
        rows: In order; those up to the head are passed over.

    Raises:
        VerificationError: They are out of order.
    """
    new = [row for row in rows if row.position > head[0]]
    for before, row in pairwise(new):
        if row.position <= before.position:
            raise VerificationError(f"position {row.position} follows position {before.position}")
    return new


def order_problems(position: int, previous: str, row: Stored) -> Iterator[str]:
    """What does not hold about where a row stands, behind this position and running hash."""
    if row.position != position + 1:
        yield f"position {row.position} follows position {position}: an entry is missing or was moved"
    if chain(previous, row) != row.chain:
        yield f"the running hash does not hold at position {row.position}"


def row_problems(row: Stored) -> Iterator[str]:
    """What does not hold about a row by itself: its id, and its copies of what was signed."""
    if row.blank and row.stream != TEAM_STREAM and row.kind != Kind.PURGED:
        if "\n" in row.stream + row.kind + row.at + row.by:
            yield f"columns at position {row.position} run over more than one line"
        return  # whether that was signed for is the fold's affair; all else of the row is in the running hash
    if row.entry.id != row.id:
        yield f"the id at position {row.position} is not the hash of its payload"
    try:
        content = row.entry.content
    except VerificationError as error:
        yield f"at position {row.position}, {error.message}"
        return
    if (row.stream, row.kind, row.at, row.by) != (content.plan, content.kind, content.at, content.by):
        wrong = [name for name, signed in _COPIES.items() if getattr(row, name) != getattr(content, signed)]
        yield f"columns at position {row.position} disagree with the signed content: {', '.join(wrong)}"
