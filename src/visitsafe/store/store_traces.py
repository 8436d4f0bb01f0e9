"""What a row of plans knows of entries that are not there, and an id under which something else stands.

Rows of plans are not signed: one that knows of more entries than there are is the last trace of what somebody
took away, or was itself altered. It stops nothing that is signed. The trace stays in the row that takes its
place, so that lists and `verify` go on telling, until somebody has it dropped. Pure.
"""

from typing import Any, NamedTuple

import msgspec

from visitsafe.record.entry import Entry
from visitsafe.record.stored import OccupiedError, PlanRow
from visitsafe.text.clean import one_line

_MOST = 1 << 40
"""The most entries that are said to be gone: a row could name a number that no database adds to."""


class Trace(NamedTuple):
    """How many entries a row knows of that are not there, the newest's id if that is gone, and its status."""

    lacking: int
    newest: str
    status: str


def trace_in(known: list[Any]) -> Trace | None:
    """The trace in a plan's row, from what `schema.TRACE` finds; None if the row knows of nothing gone."""
    for entries, count, newest, status in known:
        if entries > count or newest:
            return Trace(min(max(entries - count, 0), _MOST), newest, status)
    return None


def with_trace(row: PlanRow, trace: Trace | None) -> PlanRow:
    """A row that goes on telling of what is gone; what is open follows from what is there."""
    if trace is None:
        return row
    newest = trace.newest or row.newest
    entries = row.entries + trace.lacking
    return msgspec.structs.replace(row, entries=entries, newest=newest, status=trace.status)


def refuse_occupied(entry: Entry, stream: str, payload: bytes) -> None:
    """Refuse to take an entry for one that is there already if something else stands under its id.

    Args:
        entry: What is to be added.
        stream: Under which the store has its id.
        payload: What the store has under it; empty if that was removed by rule.

    Raises:
        OccupiedError: It is not this entry.
    """
    if stream != entry.content.plan or payload not in {b"", entry.payload}:
        raise OccupiedError(entry.id)


def odd_purge(name: str) -> str:
    """The sentence about a note of a removal that removes nothing; `name` is the id that it notes."""
    shown = one_line(name)[:64]
    return f"it is noted that the content of {shown} was removed: nobody signed that, or it was not"
