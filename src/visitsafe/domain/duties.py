"""What is still owed after a visit: telling other professionals, and talking it over (4.10, 7.5, 9.1). Pure.

A duty to share comes from the plan's version in force, from an incident or from a debrief, and ends when an
entry says that it was met or decided otherwise. The days are our defaults, not law. Nothing is sent here.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from visitsafe.domain.afterwards import SharedBody
from visitsafe.domain.documents import days_of
from visitsafe.domain.entries import from_text, to_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.judging_after import NOT_SHARE
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
    """

    duty: Duty
    of: str
    said: Said[SharedBody] | None
    number: int

    @property
    def open(self) -> bool:
        """Whether something is still to be done about it."""
        return self.said is None and not declined(self.duty)

    def met(self, now: datetime) -> Met:
        """What became of it at `now`."""
        if self.said is not None:
            return Met.NOT_SHARED if self.said.body.decision == NOT_SHARE else Met.SHARED
        if declined(self.duty):
            return Met.NOT_SHARED
        return Met.OVERDUE if self.duty.by < to_text(now) else Met.DUE


def declined(duty: Duty) -> bool:
    """Whether the plan itself decided with a reason not to share it."""
    return duty.decision == NOT_SHARE and bool(duty.reason.strip())


def duties_of(state: PlanState) -> tuple[DutyState, ...]:
    """Every duty to share of a plan, in the order in which they came up."""
    return tuple(
        DutyState(duty, of, _said(state, of, duty), number)
        for number, (of, duty) in enumerate(_duties(state), start=1)
    )


def _duties(state: PlanState) -> Iterator[tuple[str, Duty]]:
    for duty in state.body.sharing:
        yield state.version.id, duty
    for said in (*state.after.incidents, *state.after.debriefs):
        for duty in said.body.sharing:
            yield said.id, duty


def _said(state: PlanState, of: str, duty: Duty) -> Said[SharedBody] | None:
    """The newest word on a duty; what was done about an earlier version of the plan holds for the next.

    The same goes for an incident or debrief that was only completed.
    """
    versions = state.after.versions
    said = (*state.after.incidents, *state.after.debriefs)
    later = {name for one in said for name in versions(one.id)}
    of_plan, mine = of not in later, versions(of)
    found = [
        one
        for one in state.after.shared
        if one.body.trigger == duty.trigger
        and (one.body.of in mine or (of_plan and one.body.of not in later))
    ]
    return found[-1] if found else None


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
