"""Marks on a store that must not be used as it is, and traces of entries that are gone from it.

They stand in `meta`. A store that is being filled (`FILLING`) lacks entries; one that was moved (`MOVED`)
lacks whatever was signed since. Both are refused when they are opened, and a moved one refuses what is
written by those who had it open. A backup (`BACKED_UP`) is read as any store and takes in nothing: what was
signed in it would be missing in the store.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from visitsafe.errors import MovedStoreError, StoreError
from visitsafe.record.entry import Entry
from visitsafe.record.stored import OccupiedError, PlanRow
from visitsafe.text.clean import one_line

FILLING = "filling"
"""The mark's value is the command that is filling it."""
MOVED = "moved"
"""The mark's value is where to, for people."""
BACKED_UP = "backup"
"""The mark's value is when the backup was made, UTC text."""
MIGRATE = "make a copy first (visitsafe store backup FILE), then run: visitsafe store migrate"
"""What to do with a store of an older version."""
LONGEST_PLACE = 300
_PURGES_SINCE = 3
"""The version from which a store notes what was removed by rule."""

MARKS = "SELECT key, value FROM meta WHERE key IN ('moved', 'backup') ORDER BY key DESC"
SET_MARK = (
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
DROP_MARK = "DELETE FROM meta WHERE key = ?"
# What a copy takes over: only where the content is gone, and an entry of the same plan stands for that.
_REMOVED = (
    " FROM purges AS p JOIN entries AS e ON e.id = p.id"
    " JOIN entries AS why ON why.id = p.entry AND why.stream = e.stream AND why.kind = 'purged'"
    " WHERE length(e.payload) = 0"
)
PURGES = f"SELECT p.id, p.entry, p.at, e.stream{_REMOVED} AND p.id > ? ORDER BY p.id LIMIT ?"
COUNT_PURGES = f"SELECT count(*){_REMOVED}"
PURGES_AT_ONCE = 500
PLANS = "SELECT count(*), count(CASE WHEN closed = '' THEN 1 END) FROM plans"


def notes_purges(meta: Mapping[str, str]) -> bool:
    """Whether a store is of a version that notes what was removed by rule."""
    return int(meta["schema_version"]) >= _PURGES_SINCE


def refuse_marked(meta: Mapping[str, str], shown: str) -> None:
    """Refuse a store that must not be used as it is.

    Args:
        meta: What the store says of itself.
        shown: What to call it, such as `the store /srv/store.sqlite3`.

    Raises:
        StoreError: It is only part of a copy, or was moved.
    """
    if MOVED in meta:
        raise was_moved(shown, str(meta[MOVED]))
    if FILLING in meta:
        command = one_line(str(meta[FILLING]))
        raise StoreError(
            f"{shown} is only part of a copy: visitsafe {command} has not finished",
            hint=f"run it again, it goes on where it stopped: visitsafe {command}",
        )


def refuse_writing(marks: Iterable[tuple[str, str]], shown: str, ending: str) -> None:
    """Refuse to write to a store with these marks; `ending` says that nothing was written.

    Raises:
        StoreError: It was moved, or is a backup.
    """
    for key, value in marks:
        if key == MOVED:
            raise was_moved(shown, str(value), ending)
        raise StoreError(
            f"{shown} is a backup, and takes in nothing{ending}",
            hint="name the store itself in VISITSAFE_STORE; if that is lost, run: visitsafe store restore",
        )


def backup_warnings(meta: Mapping[str, str], shown: str) -> tuple[str, ...]:
    """A sentence if a store is a backup."""
    if BACKED_UP not in meta:
        return ()
    made = one_line(str(meta[BACKED_UP]))[:LONGEST_PLACE]
    return (f"{shown} is a backup made at {made}: whatever was recorded since is not in it",)


def was_moved(shown: str, where: str, ending: str = "") -> MovedStoreError:
    """The error for a store that was moved; `ending` may add that nothing was written."""
    return MovedStoreError(
        f"{shown} was moved to {one_line(where)[:LONGEST_PLACE]}{ending}",
        hint="name the new store in VISITSAFE_STORE, or as url under [store] in settings.toml",
    )


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
