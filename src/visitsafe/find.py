"""Which plans there are of a case, a person or a time, and which may be under way: by their entries, too.

A row of the store's list is derived and unsigned; whoever can write to that table could close a visit there
with any entry of it, or move it to another case or year. So where a decision hangs on it the rows are not
believed: recent plans are folded. What that costs follows what came in lately, not what was ever recorded.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from visitsafe.desk import Desk, folded
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import PlanRow, Store
from visitsafe.state.duties import CaseHistory
from visitsafe.state.fold import PlanState
from visitsafe.state.plan_row import begins, row_of
from visitsafe.state.removed import REMOVED, Removed, RemovedError
from visitsafe.team.people import Member
from visitsafe.team.roster import case_key
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


NEWEST = 100_000
"""How many entries are asked besides the rows, some 25,000 visits: 0.2 s, however large a store has grown."""


def case_history(desk: Desk, case: str) -> CaseHistory:
    """The plans of a case, in whichever spelling; none if there are none."""
    key = case_key(case)
    history = desk.once(("case", key), lambda: _case_history(desk, key))
    return history if history.plans else msgspec.structs.replace(history, case=case)


def _case_history(desk: Desk, key: str) -> CaseHistory:
    listed = dict.fromkeys(row.plan for row in desk.store.plans(case=key))
    spelt: dict[bytes, bool] = {}
    named = [one.plan for one in _newest(desk) if any(_is_key(name, key, spelt) for name in one.cases)]
    found: list[PlanState] = []
    removed = unread = 0
    for plan in dict.fromkeys([*listed, *named]):
        try:
            state = desk.plan(plan)
        except RemovedError:
            removed += 1
            continue
        except VerificationError as error:
            unread += 1
            desk.warn(f"{error.message}; run: visitsafe verify")
            continue
        is_of_it = case_key(state.body.visit.case) == key
        if is_of_it != (plan in listed):
            told = f"the store's list shows {reference(plan)} under another case than its entries do"
            desk.warn(f"{told}; run: visitsafe verify {state.ref}")
        if is_of_it:
            found.append(state)
    plans = sorted(found, key=lambda state: (state.body.visit.start, state.plan))
    return CaseHistory(plans[-1].body.visit.case if plans else "", tuple(plans), removed, unread)


def plans_between(desk: Desk, start: str, due_back: str) -> list[PlanState]:
    """The plans whose times overlap with a time, by the rows of open ones and by what their versions say.

    Args:
        desk: Who asks.
        start: UTC text.
        due_back: When it ends, UTC text.
    """
    return desk.once(("between", start, due_back), lambda: _plans_between(desk, start, due_back))


def _plans_between(desk: Desk, start: str, due_back: str) -> list[PlanState]:
    rows = desk.store.plans(open_only=True)
    listed = [row.plan for row in rows if row.start < due_back and start < row.due_back]
    said = [one.plan for one in _newest(desk) if one.start < due_back and start < one.due_back]
    states = [desk.plan_if_sound(plan) for plan in dict.fromkeys([*listed, *said])]
    return [
        state
        for state in states
        if state is not None and begins(state) < due_back and start < state.visit.due_back
    ]


def newest_by(desk: Desk, member: Member, most: int) -> list[PlanState]:
    """The newest plans of a member, by the rows and by who says to have signed a version of them.

    Args:
        desk: Who asks.
        member: Whose they are; plans under an earlier key of theirs are not looked for.
        most: How many of each are looked at.
    """
    key = member.fingerprint
    listed = [row.plan for row in desk.store.plans() if row.by == key]
    said = dict.fromkeys(one.plan for one in reversed(_newest(desk)) if key in one.by)
    states = [desk.plan_if_sound(plan) for plan in dict.fromkeys([*listed[:most], *[*said][:most]])]
    return [state for state in states if state is not None and member.same_person(state.author)]


def _newest(desk: Desk) -> list[Version]:
    return desk.once(("versions",), lambda: list(versions(desk.store, desk.store.head()[0] - NEWEST)))


def _is_key(name: bytes, key: str, known: dict[bytes, bool]) -> bool:
    if name not in known:
        try:
            known[name] = case_key(msgspec.json.decode(name, type=str)) == key
        except msgspec.MsgspecError:
            known[name] = False
    return known[name]


def find_case(desk: Desk, ref: str, case: str) -> tuple[PlanState, CaseHistory]:
    """A plan by its reference, or the newest one of a case, to which something is added; and the case.

    Raises:
        NotFoundError: There is none.
    """
    if ref:
        state = desk.plan(desk.resolve(ref))
        return state, case_history(desk, state.body.visit.case)
    history = case_history(desk, case)
    if not history.plans:
        raise NotFoundError(
            f"no plan in this store is for the case {case[:60]!r}",
            hint="see: visitsafe list --all; what belongs to a case is kept with its visit plans",
        )
    return history.plans[-1], history


class Listed(msgspec.Struct, frozen=True):
    """A plan as its entries have it: its state, and the row that follows from it."""

    state: PlanState
    row: PlanRow


def listed(desk: Desk, *, every: bool = False, case: str | None = None) -> list[Listed]:
    """Plans, the latest start first.

    Args:
        desk: Who asks.
        every: Refused and withdrawn plans too.
        case: Only the plans for this case.
    """
    key = None if case is None else case_key(case)
    rows = maybe_open(desk.store, desk.now)
    if every:
        rows |= {row.plan: row for row in desk.store.plans()}
    found = [looked_at(desk, plan, row) for plan, row in rows.items()]
    wanted = [
        one
        for one in found
        if one is not None and (every or one.row.open) and key in {None, one.row.case_ref}
    ]
    by_id = sorted(wanted, key=lambda one: one.row.plan)
    return sorted(by_id, key=lambda one: one.row.start, reverse=True)


def looked_at(desk: Desk, plan: str, known: PlanRow | None) -> Listed | None:
    """A plan from its entries; a warning if the store's row is missing or says otherwise."""
    if not is_plan_id(plan):
        desk.warn(f"the store names {plan[:40]!r}, which is no plan; run: visitsafe verify")
        return None
    history = desk.store.history(plan)
    try:
        state = desk.called(folded(plan, history, desk.roster))
    except RemovedError as error:
        if error.removed.left or error.removed.problems:
            desk.warn(f"{error.message}; run: visitsafe verify {error.removed.ref}")
        elif error.removed.row(history) != known:
            desk.warn(otherwise(plan) + f"; run: visitsafe verify {error.removed.ref}")
        return None
    except VerificationError as error:
        desk.warn(f"{error.message}; run: visitsafe verify")
        return None
    row = row_of(state, history)
    if row != known:
        desk.warn(otherwise(plan) + f"; run: visitsafe verify {state.ref}")
    return Listed(state, row)


def removed_plans(desk: Desk) -> list[Removed]:
    """The plans whose content was removed, the latest visit first; each from its entries."""
    found = []
    for row in desk.store.plans():
        if row.status == REMOVED and is_plan_id(row.plan):
            try:
                folded(row.plan, desk.store.history(row.plan), desk.roster)
            except RemovedError as error:
                found.append(error.removed)
            except VerificationError:
                continue  # `listed` warns of it
    return found


def otherwise(plan: str) -> str:
    """The sentence about a row that does not follow from its plan's entries."""
    return f"the store's list shows {reference(plan)} otherwise than its entries do"
