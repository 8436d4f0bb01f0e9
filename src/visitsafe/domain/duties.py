"""What is still owed after a visit: telling other professionals, and talking it over (4.10, 7.5, 9.1). Pure.

A duty to share comes from the plan's version in force, from an incident or from a debrief, and ends when an
entry says that it was met or decided otherwise: correcting what raised it does not end it. The days are our
defaults, not law. Nothing is sent here.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from visitsafe.domain.after import AfterState
from visitsafe.domain.afterwards import Filled, SharedBody
from visitsafe.domain.documents import days_of
from visitsafe.domain.earlier import before
from visitsafe.domain.entries import from_text, to_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.judging_after import NOT_SHARE
from visitsafe.domain.order import Order
from visitsafe.domain.plan import Duty
from visitsafe.domain.said import Said
from visitsafe.domain.terms import Level

TALK_WITHIN = timedelta(days=2)
"""How soon after a visit it is talked over."""
TALK_SOON = timedelta(days=1)
"""How soon after an incident."""


class Met(StrEnum):
    """What became of a duty to share."""

    DUE = "due"
    OVERDUE = "overdue"
    SHARED = "shared"
    NOT_SHARED = "not shared"


class DutyState(msgspec.Struct, frozen=True):
    """A duty to tell other professionals, and what became of it.

    Attributes:
        duty: What, to whom, on what ground, by when.
        of: The entry that made it one.
        said: The entry that says what became of it; None while there is none.
        number: 1, 2, 3 among the duties of its plan, for people to name it by.
        apart: What was said in place of `said` by people of whom none had seen the other's word, some that it
            was shared and some that it is not to be: both stand until somebody who has seen them decides.
    """

    duty: Duty
    of: str
    said: Said[SharedBody] | None
    number: int
    apart: tuple[Said[SharedBody], ...] = ()

    @property
    def open(self) -> bool:
        """Whether something is still to be done about it."""
        return bool(self.apart) or (self.said is None and not declined(self.duty))

    def met(self, now: datetime) -> Met:
        """What became of it at `now`."""
        if self.said is not None:
            return Met.NOT_SHARED if self.said.body.decision == NOT_SHARE else Met.SHARED
        if not self.open:
            return Met.NOT_SHARED
        return Met.OVERDUE if self.duty.by < to_text(now) else Met.DUE


def declined(duty: Duty) -> bool:
    """Whether the plan itself decided with a reason not to share it."""
    return duty.decision == NOT_SHARE and bool(duty.reason.strip())


def duties_of(state: PlanState) -> tuple[DutyState, ...]:
    """Every duty to share of a plan: those of its version in force, then the others as they were signed."""
    found = []
    for number, (of, duty) in enumerate(_duties(state), start=1):
        said = _said(state, of, duty)
        apart = said if len({one.body.decision for one in said}) > 1 else ()
        newest = said[-1] if said and not apart else None
        found.append(DutyState(duty, of, newest, number, apart))
    return tuple(found)


def _duties(state: PlanState) -> Iterator[tuple[str, Duty]]:
    for duty in state.body.sharing:
        yield state.version.id, duty
    after = state.after
    later = (*after.incidents, *after.debriefs, *after.corrected)
    kept = {
        (old.id, duty.trigger) for one in later for old in before(after, one.id) for duty in one.body.sharing
    }
    for said in sorted(later, key=lambda one: _place(after, one)):
        for duty in said.body.sharing:
            if (said.id, duty.trigger) not in kept:  # else what corrects it says so too
                yield said.id, duty


def _place(after: AfterState, said: Said[Filled]) -> tuple[str, ...]:
    """A new one comes last and a correction where the first words stood: neither renumbers the others."""
    first = [said, *before(after, said.id)][-1]
    return first.at, first.id, said.at, said.id


def _said(state: PlanState, of: str, duty: Duty) -> tuple[Said[SharedBody], ...]:
    """The words on a duty, the newest last; where they differ, only those that no author of another had seen.

    What was done about an earlier version of the plan holds for the next; the same goes for an incident or
    debrief that was only completed.
    """
    versions = state.after.versions
    said = (*state.after.incidents, *state.after.debriefs, *state.after.corrected)
    later = {name for one in said for name in versions(one.id)}
    of_plan, mine = of not in later, versions(of)
    found = [
        one
        for one in state.after.shared
        if one.body.trigger == duty.trigger
        and (one.body.of in mine or (of_plan and one.body.of not in later))
    ]
    if len({one.body.decision for one in found}) > 1:
        newest = Order(one.entry for one in state.judged).newest([one.id for one in found])
        return tuple(one for one in found if one.id in newest)
    return tuple(found)


def asks_debrief(state: PlanState) -> bool:
    """Whether a visit that is over asks to be talked over: it was a risk, or something went otherwise."""
    visit = state.visit
    if not visit.departed or not visit.closed:
        return bool(state.after.not_talked_over)
    worrying = any(finding.level is not Level.NOTE for finding in state.body.findings)
    alarm = any(one.raised for one in visit.alarms)
    return worrying or visit.stopped or alarm or bool(state.after.incidents)


def talk_by(state: PlanState) -> str:
    """By when a visit is to be talked over, UTC text; empty if it is not, or was."""
    waiting = [one for one in state.after.incidents if one.id in state.after.not_talked_over]
    if waiting:
        return min(_later(one.at, TALK_SOON) for one in waiting)
    if state.after.debriefs or not asks_debrief(state):
        return ""
    ended = [one.entry.content.at for one in state.judged if one.entry.id == state.visit.closed]
    return _later(max((*ended, state.visit.due_back)), TALK_WITHIN) if ended else ""


def owed(state: PlanState) -> str:
    """When the first thing is due that is owed after a visit, UTC text; empty if nothing is."""
    times = [one.duty.by for one in duties_of(state) if one.open]
    return min(filter(None, (*times, *days_of(state), talk_by(state))), default="")


def _later(at: str, by: timedelta) -> str:
    return to_text(from_text(at) + by)
