"""Looking over what would be removed, and what stays: signs and changes nothing (docs/adr/0019).

The store's list only narrows down; what goes is decided by entries alone. A plan that does not hold stays,
and is said.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from visitsafe.domain.entries import from_text
from visitsafe.domain.holds import Holds, case_key, holds_in
from visitsafe.domain.judging_purged import agreed_days
from visitsafe.domain.likeness import is_self
from visitsafe.domain.purged import ERASURE, KEEP_DAYS_INCIDENT
from visitsafe.domain.refs import is_plan_id
from visitsafe.domain.removal import REMOVED, Removed, RemovedError
from visitsafe.domain.retention import (
    Facts,
    Verdict,
    facts_of,
    gone_of,
    in_cases,
    named_in,
    shortest,
    verdict,
    why_stays,
)
from visitsafe.domain.stored import PlanRow, Store
from visitsafe.domain.terms import Kind
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.usecases.desk import Desk

SIGNED = "signed"
"""In place of a rule: that it goes is signed already, and only has to be carried out here."""


class Unfinished(msgspec.Struct, frozen=True):
    """A plan whose content was removed, and of which some is here again or still.

    Attributes:
        removed: What stays of it.
        why_not: Why the rest does not go now; empty if it goes.
    """

    removed: Removed
    why_not: str


class Survey(msgspec.Struct, frozen=True):
    """What would go, and what stays although its time is over or somebody asked for it.

    Attributes:
        position: How far the store had come.
        verdicts: The cases that were looked at, the oldest first.
        unfinished: Plans removed in part.
        holds: The holds that stand.
        later: How many cases were not looked at, because their time is not over.
        elsewhere: Plans of another case now, of which an earlier version was for this one (erasure).
    """

    position: int
    verdicts: tuple[Verdict, ...]
    unfinished: tuple[Unfinished, ...]
    holds: Holds
    later: int = 0
    elsewhere: tuple[str, ...] = ()

    @property
    def going(self) -> list[Verdict]:
        """The cases that go, those with sealed tracing details first, then the oldest first."""
        return sorted((one for one in self.verdicts if not one.why_not), key=lambda one: not one.sealed)

    @property
    def staying(self) -> list[Verdict]:
        """The cases that stay."""
        return [one for one in self.verdicts if one.why_not]

    @property
    def anything(self) -> bool:
        """Whether anything goes."""
        return bool(self.going) or any(not one.why_not for one in self.unfinished)


class _Scan(msgspec.Struct, frozen=True):
    """How far the store had come, and the plans of which a removal is signed and something is still here."""

    position: int
    unfinished: frozenset[str]


def survey(desk: Desk) -> Survey:
    """What goes by the team's rule at this moment, and what stays."""
    scanned = _scan(desk.store)
    cases = _rows_by_case(desk.store.plans())
    days = shortest(desk.roster.settings)
    due = [key for key, rows in cases.items() if days and _may_be_over(rows, days, desk.now)]
    doubtful = desk.store.doubtful()
    facts, unfinished = _facts(
        desk, [*(row.plan for key in due for row in cases[key]), *doubtful, *sorted(scanned.unfinished)]
    )
    every = _whole_cases(desk, cases, facts)
    holds = holds_in(desk.roster)
    verdicts = [_verdict(desk, group, holds, scanned) for group in in_cases(every)]
    return Survey(
        position=scanned.position,
        verdicts=tuple(sorted(verdicts, key=lambda one: (one.since, one.key))),
        unfinished=tuple(_unfinished(desk, one) for one in unfinished),
        holds=holds,
        later=len(cases.keys() - {one.key for one in every}),
    )


def survey_case(desk: Desk, case: str) -> Survey:
    """What would go if a case were erased now.

    Raises:
        NotFoundError: No plan here is for the case.
    """
    scanned, key, listed = _scan(desk.store), case_key(case), desk.store.plans()
    rows = [row.plan for row in listed if case_key(row.case_ref) == key]
    facts, _ = _facts(desk, [*rows, *desk.store.doubtful()])
    mine = [one for one in facts if key and one.key == key]
    if not mine:
        raise NotFoundError(
            f"no plan in this store is for the case {case[:60]!r}",
            hint="see: visitsafe list --all; a plan that was removed names no case any more",
        )
    holds = holds_in(desk.roster)
    (group,) = in_cases(mine)
    found = verdict(group, desk.roster.settings, holds, desk.now)
    why_not = why_stays(group, holds) or _unreadable(rows, facts) or _why_not_mine(desk, group)
    found = msgspec.structs.replace(found, rule=ERASURE, days=0, until="", why_not=why_not)
    own = {one.plan for one in mine}
    others, _ = _facts(desk, [row.plan for row in listed if row.plan not in own and row.status != REMOVED])
    elsewhere = tuple(one.ref for one in others if key in one.cases)
    return Survey(scanned.position, (found,), (), holds, elsewhere=elsewhere)


def _scan(store: Store) -> _Scan:
    signed: set[str] = set()
    live: set[str] = set()
    position = 0
    for row in store.scan():
        position = row.position
        if row.kind == Kind.PURGED:
            signed.add(row.stream)
        elif not row.blank:
            live.add(row.stream)
    return _Scan(position, frozenset(signed & live))


def _rows_by_case(rows: Iterable[PlanRow]) -> dict[str, list[PlanRow]]:
    found: dict[str, list[PlanRow]] = {}
    for row in rows:
        if row.status != REMOVED:
            found.setdefault(case_key(row.case_ref) or row.plan, []).append(row)
    return found


def _may_be_over(rows: Sequence[PlanRow], days: int, now: datetime) -> bool:
    """Whether a case's time may be over by what the list says; the entries decide."""
    try:
        return min((now - from_text(row.due_back)).days for row in rows) >= days
    except VerificationError:
        return True


def _whole_cases(desk: Desk, cases: dict[str, list[PlanRow]], facts: Sequence[Facts]) -> list[Facts]:
    """The same, with every other plan of their cases: also where the list had a plan under another case."""
    found = {one.plan: one for one in facts}
    walked: set[str] = set()
    while keys := {one.key for one in found.values()} - walked:
        walked |= keys
        more = [row.plan for key in keys for row in cases.get(key, ()) if row.plan not in found]
        found |= {one.plan: one for one in _facts(desk, more)[0]}
    return list(found.values())


def _facts(desk: Desk, plans: Iterable[str]) -> tuple[list[Facts], list[Removed]]:
    """Plans from their entries; and those that were removed, and of which something is here."""
    facts, unfinished = [], []
    for plan in dict.fromkeys(plans):
        if not is_plan_id(plan):
            continue
        try:
            facts.append(facts_of(desk.plan(plan)))
        except RemovedError as error:
            if error.removed.pending or error.removed.left:
                unfinished.append(error.removed)
        except VerificationError as error:
            desk.warn(f"{error.message}: it stays; run: visitsafe verify")
    return facts, unfinished


def _verdict(desk: Desk, group: Sequence[Facts], holds: Holds, scanned: _Scan) -> Verdict:
    """By the rule; or, where its removal is signed already and only has to be carried out, at once."""
    found = verdict(group, desk.roster.settings, holds, desk.now)
    if found.why_not and not why_stays(group, holds) and all(one.plan in scanned.unfinished for one in group):
        states = [desk.plan(one.plan) for one in group]
        if all(named_in(state).keys() >= {gone.id for gone in gone_of(state)} for state in states):
            return msgspec.structs.replace(found, why_not="", rule=SIGNED)
    return found


def _unfinished(desk: Desk, removed: Removed) -> Unfinished:
    """What came in after a removal goes only when it is itself old enough: it may be a visit under way."""
    if removed.problems:
        return Unfinished(removed, f"its record does not hold: {removed.problems[0]}")
    if not removed.left:
        return Unfinished(removed, "")
    days = agreed_days(desk.roster.settings, KEEP_DAYS_INCIDENT)
    newest = max(one.entry.content.at for one in removed.judged if one.entry.id in removed.left)
    over = days and (desk.now - from_text(newest)).days >= days
    return Unfinished(removed, "" if over else "something came in after its content was removed")


def _unreadable(rows: Sequence[str], facts: Sequence[Facts]) -> str:
    """A plan of the case that cannot be read may be under way."""
    return "" if set(rows) <= {one.plan for one in facts} else "a plan of it does not hold: visitsafe verify"


def _why_not_mine(desk: Desk, group: Sequence[Facts]) -> str:
    """Nobody erases a plan of their own: what they did on it must not go on their word."""
    me, people = desk.me, desk.roster.everyone
    mine = {one.fingerprint for one in people if me is not None and is_self(me, one, people)}
    ref = next((one.ref for one in group if one.authors & mine), "")
    return f"{ref} is your own plan: another manager or admin has to erase the case" if ref else ""
