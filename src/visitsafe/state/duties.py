"""What is still owed after a visit: telling other professionals, and talking it over (4.10, 7.5, 9.1). Pure.

A duty to share comes from the plan's version in force, from an incident or from a debrief, and ends when
entries say that everybody who is named was told, or that it was decided otherwise: correcting what raised it
does not end it. There is one for a case, ground and recipient: a plan that is signed after others were told,
or while they are still to be, raises it anew only if something has happened since; and a plan that nobody has
decided on and nobody set out on raises none yet. The days are our defaults, not law. Nothing is sent here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from visitsafe.record.bodies import DecidedBody, Duty, Filled, ReportBody, SharedBody
from visitsafe.record.order import Order
from visitsafe.record.terms import Level
from visitsafe.state.case import CaseHistory
from visitsafe.state.documents import days_of
from visitsafe.state.events import Event
from visitsafe.state.fold import PlanState
from visitsafe.state.followup import AfterState
from visitsafe.state.followup_earlier import before
from visitsafe.state.rules_followup import NOT_SHARE
from visitsafe.state.rules_visit import is_time
from visitsafe.team.roster import case_key, seen_text
from visitsafe.text.clock import from_text, to_text

TALK_WITHIN = timedelta(days=2)
"""How soon after a visit it is talked over."""
TALK_SOON = timedelta(days=1)
"""How soon after an incident."""


_EVER = datetime.max.replace(tzinfo=UTC)
_LATEST = _EVER - timedelta(days=366 * 5000)


class Met(StrEnum):
    """What became of a duty to share."""

    DUE = "due"
    OVERDUE = "overdue"
    SHARED = "shared"
    NOT_SHARED = "not shared"
    BEFORE = "raised before"
    """It stands in an earlier plan of the case, and nothing new has happened."""
    NOT_YET = "not yet"
    """Nobody has decided on the plan, and nobody set out on it."""


ALERT = "incident-alert"
"""The trigger of the duty to tell others at once what they may meet as well: its `by` is the latest."""


class DutyState(msgspec.Struct, frozen=True, kw_only=True):
    """A duty to tell other professionals, and what became of it.

    Attributes:
        duty: What, to whom, on what ground.
        of: The entry that made it one.
        number: 1, 2, 3 among the duties of its plan, for people to name it by.
        by: UTC text, by when: as many days after it became one as the plan or form gives.
        raised: UTC text, when the entry that made it one was signed.
        of_plan: It comes from a plan, and not from what was recorded after a visit.
        waits: It is none yet: nobody has decided on the plan, and nobody set out on it.
        left: Who is still to be told; one empty name where nobody is named and nobody was told.
        said: The newest entry that says what became of it; None while there is none.
        apart: What was said in place of `said` by people of whom none had seen the other's word, some that it
            was shared and some that it is not to be: both stand until somebody who has seen them decides.
    """

    duty: Duty
    of: str
    number: int
    by: str
    raised: str
    of_plan: bool
    waits: bool
    left: tuple[str, ...]
    said: Event[SharedBody] | None = None
    apart: tuple[Event[SharedBody], ...] = ()

    @property
    def open(self) -> bool:
        """Whether something is still to be done about it."""
        return not self.waits and bool(self.apart or self.left)

    @property
    def named_left(self) -> str:
        """Who is still to be told, in words; empty if nobody is named."""
        return "; ".join(filter(None, self.left))

    def met(self, now: datetime) -> Met:
        """What became of it at `now`."""
        if self.open:
            return Met.OVERDUE if self.by < to_text(now) else Met.DUE
        if self.waits and self.left:
            return Met.NOT_YET
        if self.said is not None:
            return Met.NOT_SHARED if self.said.body.decision == NOT_SHARE else Met.SHARED
        if declined(self.duty):
            return Met.NOT_SHARED
        return Met.BEFORE


def declined(duty: Duty) -> bool:
    """Whether the plan itself decided with a reason not to share it."""
    return duty.decision == NOT_SHARE and bool(duty.reason.strip())


def duties_of(state: PlanState) -> tuple[DutyState, ...]:
    """Every duty to share of a plan: those of its version in force, then the others as they were signed."""
    found = []
    began = _began(state)
    for number, (of, at, duty) in enumerate(_duties(state), start=1):
        of_plan = of == state.version.id
        said = _said(state, of, duty)
        apart = said if len({one.body.decision for one in said}) > 1 else ()
        found.append(
            DutyState(
                duty=duty,
                of=of,
                number=number,
                by=_moved(duty.by, at, began) if of_plan else duty.by,
                raised=at,
                of_plan=of_plan,
                waits=of_plan and not began,
                left=_left(duty, said),
                said=said[-1] if said and not apart else None,
                apart=apart,
            )
        )
    return tuple(found)


def _began(state: PlanState) -> str:
    """When somebody first decided on a plan or set out, UTC text, or empty: only then it raises duties."""
    decided = (
        one.entry.content.at for one in state.judged if isinstance(one.body, DecidedBody) and not one.why_not
    )
    return min((*decided, *(one.at for one in state.visit.reports)), default="")


def _moved(by: str, at: str, began: str) -> str:
    """A day that is counted from when somebody decided or set out, if that was after the plan was signed."""
    if began <= at or not is_time(by):
        return by
    moved = to_text(min(from_text(by), _LATEST) + (from_text(began) - from_text(at)))
    return max(by, moved)


def _left(duty: Duty, said: Sequence[Event[SharedBody]]) -> tuple[str, ...]:
    """Who of those who are to be told is named by nothing that was said, and stands in no earlier plan."""
    if declined(duty) or any(one.body.decision == NOT_SHARE for one in said):
        return ()
    told = [who for one in said for who in one.body.recipients]
    return tuple(
        who for who in _own(duty) if not (any(same_recipient(who, one) for one in told) if who else told)
    )


def _own(duty: Duty) -> tuple[str, ...]:
    """Whom a duty is to tell, without those to whom it stands in an earlier plan; "" if nobody is named."""
    before = () if isinstance(duty.before, msgspec.UnsetType) else duty.before
    named = tuple(dict.fromkeys(filter(str.strip, duty.recipients))) or ("",)
    return tuple(who for who in named if who not in before)


def same_recipient(one: str, other: str) -> bool:
    """Whether two ways to name somebody mean the same: all words of one are in the other."""
    words, others = (set(re.findall(r"\w+", seen_text(text).casefold())) for text in (one, other))
    return bool(words and others) and (words <= others or others <= words)


def _duties(state: PlanState) -> Iterator[tuple[str, str, Duty]]:
    """Each duty with the entry that made it one, and when that was signed."""
    for duty in state.body.sharing:
        yield state.version.id, state.version.content.at, duty
    after = state.after
    later = (*after.incidents, *after.debriefs, *after.corrected)
    kept = {
        (old.id, duty.trigger) for one in later for old in before(after, one.id) for duty in one.body.sharing
    }
    for said in sorted(later, key=lambda one: _place(after, one)):
        for duty in said.body.sharing:
            if (said.id, duty.trigger) not in kept:  # else what corrects it says so too
                yield said.id, said.at, duty


def each_once(states: Iterable[PlanState]) -> list[tuple[PlanState, DutyState]]:
    """The duties of several plans, the first raised at the top, one for a case, ground and recipient.

    Plans that were signed before their case's duty was met raise it each; the first stands for them.
    """
    found = [(state, one) for state in states for one in duties_of(state)]
    found = [pair for pair in found if pair[1].met(_EVER) not in {Met.BEFORE, Met.NOT_YET}]
    found.sort(key=lambda pair: (pair[1].raised, pair[0].body.visit.start, pair[0].plan, pair[1].number))
    kept: list[tuple[PlanState, DutyState]] = []
    for state, one in found:
        if not any(_stands_for(first, other, state, one) for first, other in kept):
            kept.append((state, one))
    return kept


def _stands_for(first: PlanState, other: DutyState, state: PlanState, one: DutyState) -> bool:
    if not (one.of_plan and same_ground(first, other, state, one.duty)):
        return False
    if not other.open and other.said is None:
        return False  # the plan itself decided not to share it
    is_copy = other.open or other.said is None or one.raised <= other.said.at
    return is_copy and all(_is_told(other.duty, who) for who in _own(one.duty))


def _is_told(duty: Duty, who: str) -> bool:
    """Whether somebody is among those whom a duty is to tell; where nobody is named, anybody will do."""
    own = _own(duty)
    return any(same_recipient(who, one) for one in own) if who else bool(own)


def same_ground(first: PlanState, other: DutyState, state: PlanState, duty: Duty) -> bool:
    """Whether the duty of another plan is about the same case, on the same ground."""
    same = (other.duty.trigger, other.duty.ground) == (duty.trigger, duty.ground)
    return other.of_plan and same and case_key(first.body.visit.case) == case_key(state.body.visit.case)


def raised_before(history: CaseHistory, sharing: Sequence[Duty]) -> tuple[Duty, ...]:
    """The duties of a plan that is made, with the earlier plans of its case in which each stands already.

    Args:
        history: The other plans of the case, as everybody in the team may see them.
        sharing: What the answers raise.
    """
    news = max(_news(history), default="")
    standing = [
        (state, one)
        for state in history.plans
        for one in duties_of(state)
        if one.of_plan and (one.open or (one.said is not None and not one.waits and one.said.at > news))
    ]
    return tuple(_marked(duty, standing) for duty in sharing)


def _marked(duty: Duty, standing: Sequence[tuple[PlanState, DutyState]]) -> Duty:
    found: dict[str, str] = {}
    for who in duty.recipients or ("",):
        for state, one in standing:
            same = (one.duty.trigger, one.duty.ground) == (duty.trigger, duty.ground)
            if same and _is_told(one.duty, who):
                found.setdefault(who, state.plan)
    return msgspec.structs.replace(duty, before=found) if found else duty


def _news(history: CaseHistory) -> Iterator[str]:
    """When something was recorded that others have to hear of anew, UTC text."""
    for state in history.plans:
        yield from (one.at for one in state.after.incidents)
        yield from (one.at for one in state.after.debriefs if one.body.next_time.strip())
        yield from (
            one.at for one in state.visit.reports if isinstance(one.body, ReportBody) and one.body.stopped
        )


def _place(after: AfterState, said: Event[Filled]) -> tuple[str, ...]:
    """A new one comes last and a correction where the first words stood: neither renumbers the others."""
    first = [said, *before(after, said.id)][-1]
    return first.at, first.id, said.at, said.id


def _said(state: PlanState, of: str, duty: Duty) -> tuple[Event[SharedBody], ...]:
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
    times = [one.by for one in duties_of(state) if one.open]
    return min(filter(None, (*times, *days_of(state), talk_by(state))), default="")


def _later(at: str, by: timedelta) -> str:
    return to_text(from_text(at) + by)
