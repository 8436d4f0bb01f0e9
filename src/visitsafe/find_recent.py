"""Which visits may be open or under way although the store's list calls them closed: found by entries, too.

A row of the list is derived and unsigned; whoever can write to that table could close a visit there with any
entry of it, or move it to another year. So the rows of recent visits are not believed: they are folded like
the open ones. What it costs follows what came in lately, not what was ever recorded.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from visitsafe.record.refs import is_plan_id
from visitsafe.record.stored import PlanRow, Store
from visitsafe.text.clock import to_text

LATELY = timedelta(hours=48)
"""How long after its last entry, or after the time due back, a closed visit is looked at again."""
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
"""How long after its last entry a plan's row is compared with its entries whenever somebody looks."""
PLANNED_AHEAD = timedelta(days=60)
"""How long before it is due back a visit was planned at most, to be found by its entries alone."""
LONGEST_VISIT = timedelta(days=2)
AFTER_ALL = "~"
_FIRST = 64
_FACT = re.compile(rb'"(by|case|start|due_back)"\s*:\s*("(?:[^"\\]|\\.)*")')


class Version(NamedTuple):
    """What a version of a plan says by its first bytes, which nobody has verified yet.

    Attributes:
        plan: The plan's id.
        by: The keys that it may be signed with.
        cases: How it writes its case, as JSON.
        start: The earliest start, UTC text; empty if none is there.
        due_back: The latest time due back; one after all times if none is there.
    """

    plan: str
    by: tuple[str, ...]
    cases: tuple[bytes, ...]
    start: str
    due_back: str


def versions(store: Store, after: int) -> Iterator[Version]:
    """The versions of plans behind a position, oldest first: to find plans without believing the rows."""
    for stream, text in store.beginnings(after):
        if is_plan_id(stream):
            found = _FACT.findall(text)
            yield Version(
                stream,
                tuple(_texts(found, b"by")),
                tuple(value for name, value in found if name == b"case"),
                min(_texts(found, b"start"), default=""),
                max(_texts(found, b"due_back"), default=AFTER_ALL),
            )


def _texts(found: Iterable[tuple[bytes, bytes]], wanted: bytes) -> Iterator[str]:
    for name, value in found:
        if name == wanted:
            try:
                yield msgspec.json.decode(value, type=str)
            except msgspec.MsgspecError:
                continue


def recent(store: Store, since: datetime) -> list[str]:
    """The plans about which something came in after a time, and those due back after it, open or not.

    Those due back are found by their rows and, if they were planned in the 60 days before, by their entries.

    Args:
        store: Where they are.
        since: Aware.
    """
    came = dict.fromkeys(_came(store, since))
    text, lately = to_text(since), before(store, since - PLANNED_AHEAD)
    due = (row.plan for row in latest_rows(store, since - LONGEST_VISIT) if row.due_back >= text)
    said = (one.plan for one in versions(store, lately) if one.due_back >= text)
    return [plan for plan in dict.fromkeys([*came, *due, *said]) if is_plan_id(plan)]


def _came(store: Store, since: datetime) -> Iterator[str]:
    """The streams of what came in after a time, and of what claims to be older than what came before it.

    When an entry was received is not signed: somebody could put one in as if it had come earlier. A shared
    store takes in nothing that is a day off (docs/adr/0021); so a day more is looked at.
    """
    latest, text = "", to_text(since)
    for row in store.scan(before(store, since - A_DAY)):
        if row.received >= text or row.received < latest:
            yield row.stream
        latest = max(latest, row.received)


def maybe_open(store: Store, now: datetime) -> dict[str, PlanRow | None]:
    """The plans that are open by their rows, and those that may be whatever their rows say; with the rows.

    Args:
        store: Where they are.
        now: Aware.
    """
    rows: dict[str, PlanRow | None] = {row.plan: row for row in store.plans(open_only=True)}
    also = (*doubted(store, now), *recent(store, now - LATELY))
    return rows | {plan: store.row(plan) for plan in also if plan not in rows}


def doubted(store: Store, now: datetime) -> list[str]:
    """The plans with something new this week whose row cannot be right; watch, verify and doctor ask for all.

    Args:
        store: Where they are.
        now: Aware.
    """
    return store.doubtful(before(store, now - A_WEEK))


def before(store: Store, since: datetime) -> int:
    """The last position received before a time; found by halving, so that what came before costs nothing."""
    text = to_text(since)
    low, high = 0, store.head()[0]
    while low < high:
        middle = (low + high) // 2
        row = next(store.scan(middle), None)
        if row is None or row.received >= text:
            high = middle
        else:
            low = middle + 1
    return low


def latest_rows(store: Store, since: datetime) -> Iterator[PlanRow]:
    """The rows of the visits that start after a time."""
    text, limit = to_text(since), _FIRST
    while True:
        rows = store.plans(limit=limit)
        if len(rows) < limit or rows[-1].start < text:
            return iter([row for row in rows if row.start >= text])
        limit *= 4
