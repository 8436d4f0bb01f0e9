"""One walk along a store before anything is removed: which plans there are, of which cases, how old each is.

The store's list of plans is not signed: whoever can write to it must not make an open plan look like another
case's, or like one that is gone. So plans are found by what was signed; what the list says is only added.
What is found here narrows down; the verified entries decide (`purge_survey`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from visitsafe.record.kinds import Kind
from visitsafe.record.refs import is_plan_id
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.team.roster import case_key
from visitsafe.text.clock import to_text

_NAMES_A_CASE = b'"case"'


class _Visit(msgspec.Struct, frozen=True):
    case: str = ""


class _Body(msgspec.Struct, frozen=True):
    visit: _Visit = _Visit()


class _Version(msgspec.Struct, frozen=True):
    body: _Body = _Body()


_read = msgspec.json.Decoder(_Version).decode


class SeenPlan(msgspec.Struct):
    """What was seen of a plan.

    Attributes:
        case: What holds it together with others: the key of its newest version's case, or its own id.
        keys: The same for all of its versions, and for what the list says.
        newest: When its newest entry was made, by the store's columns; UTC text.
        signed: A removal is signed.
        here: Entries of it have content.
    """

    case: str
    keys: set[str]
    newest: str = ""
    signed: bool = False
    here: bool = False


class Scan(msgspec.Struct, frozen=True):
    """How far the store had come, and its plans by id: those of which something is here."""

    position: int
    plans: dict[str, SeenPlan]

    @property
    def unfinished(self) -> set[str]:
        """The plans of which a removal is signed and something is here."""
        return {plan for plan, seen in self.plans.items() if seen.signed}

    def by_key(self) -> dict[str, list[str]]:
        """Which plans may be of each case."""
        found: dict[str, list[str]] = {}
        for plan, seen in self.plans.items():
            for key in seen.keys:
                found.setdefault(key, []).append(plan)
        return found

    def older_than(self, at: str) -> set[str]:
        """The cases with a plan to which nothing was added since a time (UTC text)."""
        return {seen.case for seen in self.plans.values() if seen.newest <= at}


def scan(store: Store) -> Scan:
    """Walk along the store from its first entry to its last."""
    plans: dict[str, SeenPlan] = {}
    position = 0
    for row in store.scan():
        position = row.position
        if is_plan_id(row.stream):
            _see(plans.setdefault(row.stream, SeenPlan(row.stream, set())), row)
    _add_list(plans, store.plans())
    return Scan(position, {plan: seen for plan, seen in plans.items() if seen.here})


def cases_older_than(store: Store, now: datetime, days: int) -> int:
    """How many cases have a plan to which nothing was added for so many days: about as many could go."""
    return len(scan(store).older_than(days_before(now, days)))


def days_before(now: datetime, days: int) -> str:
    """The time so many days ago, UTC text; before all times for no days."""
    if not days:
        return ""
    try:
        return to_text(now - timedelta(days=days))
    except OverflowError:
        return ""


def _see(seen: SeenPlan, row: Stored) -> None:
    if row.kind == Kind.PURGED:
        seen.signed = True
    elif not row.blank:
        seen.here = True
        seen.newest = max(seen.newest, row.at)
    if _NAMES_A_CASE not in row.payload:
        return
    try:
        case = _read(row.payload).body.visit.case
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return  # nobody signed that, or it is of another kind
    if key := case_key(case):
        seen.case = key
        seen.keys.add(key)


def _add_list(plans: dict[str, SeenPlan], rows: Iterable[PlanRow]) -> None:
    for row in rows:
        if row.plan in plans and (key := case_key(row.case_ref)):
            plans[row.plan].keys.add(key)
    for plan, seen in plans.items():
        seen.keys.add(seen.case if seen.keys else plan)
