"""Which visits may be under way although the store's list calls them closed: those with recent traffic.

A row of the list is derived and unsigned; whoever can write to that table could close a visit there with any
entry of it. So the rows of recent visits are not believed: they are folded like the open ones. What it costs
follows what came in lately, not what was ever recorded.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from visitsafe.record.entry import to_text
from visitsafe.record.refs import is_plan_id
from visitsafe.record.stored import PlanRow, Store

LATELY = timedelta(hours=48)
"""How long after its last entry, or after the time due back, a closed visit is looked at again."""
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
"""How long after its last entry a plan's row is compared with its entries whenever somebody looks."""
LONGEST_VISIT = timedelta(days=2)
_FIRST = 64


def recent(store: Store, since: datetime) -> list[str]:
    """The plans about which something came in after a time, and those due back after it, open or not.

    Args:
        store: Where they are.
        since: Aware.
    """
    came = dict.fromkeys(_came(store, since))
    due = (row.plan for row in latest_rows(store, since - LONGEST_VISIT) if row.due_back >= to_text(since))
    return [plan for plan in dict.fromkeys([*came, *due]) if is_plan_id(plan)]


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
