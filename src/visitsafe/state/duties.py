"""What is still owed after a visit, and the documents and incidents of its case (4.10, 7.5, 9.1). Pure.

A duty to share comes from the plan's version in force, from an incident or from a debrief, and ends when
entries say that everybody who is named was told, or that it was decided otherwise: correcting what raised
it does not end it. There is one for a case, ground and recipient: a plan that is signed after others were
told, or while they are still to be, raises it anew only if something has happened since; and a plan that
nobody has decided on and nobody set out on raises none yet. The days are our defaults, not law. Nothing is
sent here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from visitsafe.record.bodies import (
    DebriefedBody,
    DecidedBody,
    DocumentedBody,
    Duty,
    Filled,
    IncidentBody,
    MarkedBody,
    ReportBody,
    SharedBody,
)
from visitsafe.record.meanings import Meaning
from visitsafe.record.order import Order
from visitsafe.record.terms import Document, Level
from visitsafe.state.after import AfterState, before
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import NOT_SHARE, SHARE
from visitsafe.state.visit import Event
from visitsafe.team.roster import case_key, seen_text
from visitsafe.text.clock import from_text, is_time, to_text


class CaseHistory(msgspec.Struct, frozen=True):
    """The plans of one case.

    Attributes:
        case: Its reference, as the newest plan has it.
        plans: By start, the earliest first.
        removed: How many plans there were whose content is gone.
        unread: How many plans do not hold, so that nothing of them is in here.
    """

    case: str
    plans: tuple[PlanState, ...]
    removed: int = 0
    unread: int = 0

    def incidents(self) -> Iterator[tuple[PlanState, Event[IncidentBody]]]:
        """Incidents and near misses, with their plans, the earliest visit first."""
        return ((state, said) for state in self.plans for said in state.after.incidents)

    def debriefs(self) -> Iterator[tuple[PlanState, Event[DebriefedBody]]]:
        """Debriefs, with their plans, the earliest visit first."""
        return ((state, said) for state in self.plans for said in state.after.debriefs)

    def documents(self, document: Document | None = None) -> list[tuple[PlanState, Event[DocumentedBody]]]:
        """Documents of the case, or those of one kind, by when they were signed."""
        found = [(state, said) for state in self.plans for said in state.after.documents]
        wanted = [one for one in found if document in {None, one[1].body.document}]
        return sorted(wanted, key=lambda one: (one[1].at, one[1].id))

    def marker(self) -> Event[MarkedBody] | None:
        """Where a warning marker stood when somebody looked last."""
        found = [said for state in self.plans for said in state.after.markers]
        return max(found, key=lambda one: (one.body.checked, one.at, one.id), default=None)


REVIEW = "to be looked at again"
PROPOSED = "proposed for that day, and nothing says that it was held"
HELD = "held"
"""The choice that tells a meeting that was held from one that is proposed."""


class DocumentDue(msgspec.Struct, frozen=True):
    """Something in a document whose day has passed.

    Attributes:
        state: The plan in whose record it stands.
        said: The document.
        what: The action, or that it is to be looked at again.
        day: Its day, `2026-12-01`.
        who: Who was to do it; empty for a review.
    """

    state: PlanState
    said: Event[DocumentedBody]
    what: str
    day: str
    who: str = ""


def documents_due(states: Iterable[PlanState], now: datetime) -> list[DocumentDue]:
    """What the documents of these plans asked for by a day that has passed, the longest ago first.

    Args:
        states: Plans, as whoever asks may see them.
        now: Aware.
    """
    found = [
        one
        for state in states
        for said in state.after.documents
        for one in _asked(state, said)
        if is_late(one.day, now)
    ]
    return sorted(found, key=lambda one: (one.day, one.state.plan, one.said.id, one.what))


def is_late(day: str, now: datetime) -> bool:
    """Whether a day is over, in UTC: an hour more or less does not matter for a day that was agreed."""
    return bool(day) and ends(day) < to_text(now)


def ends(day: str) -> str:
    """The end of a day, UTC text."""
    return f"{day}T23:59:59Z"


def days_of(state: PlanState) -> Iterator[str]:
    """The ends of all days that the documents of a plan name, UTC text."""
    yield from (ends(one.day) for said in state.after.documents for one in _asked(state, said))


def not_held(body: DocumentedBody) -> bool:
    """Whether it is a meeting that is only proposed."""
    return body.document == Document.MEETING and body.answers.get(Meaning.STAGE, HELD) != HELD


def not_told(history: CaseHistory) -> list[tuple[PlanState, str, str]]:
    """Meetings and sharing after which no plan for telling the family was signed (4.14).

    Returns:
        The newest of each sort: the plan, `meeting` or `shared`, and when it was signed, UTC text.
    """
    planned = max((said.at for _, said in history.documents(Document.TELLING)), default="")
    meetings = [
        (said.at, state)
        for state, said in history.documents(Document.MEETING)
        if not not_held(said.body) and said.at > planned
    ]
    shared = [
        (said.at, state)
        for state in history.plans
        for said in state.after.shared
        if _was_shared(said.body) and said.at > planned
    ]
    newest = [(max(found, key=lambda one: one[0]), sort) for sort, found in _sorts(meetings, shared) if found]
    return [(state, sort, at) for (at, state), sort in newest]


def _sorts(
    meetings: list[tuple[str, PlanState]], shared: list[tuple[str, PlanState]]
) -> tuple[tuple[str, list[tuple[str, PlanState]]], ...]:
    return ("meeting", meetings), ("shared", shared)


def _was_shared(body: SharedBody) -> bool:
    return body.decision == SHARE


def _asked(state: PlanState, said: Event[DocumentedBody]) -> Iterator[DocumentDue]:
    body = said.body
    if body.review:
        what = PROPOSED if not_held(body) else REVIEW
        yield DocumentDue(state, said, what, body.review)
    for action in body.actions:
        if action.by:
            yield DocumentDue(state, said, action.what, action.by, action.who)


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
        said = _words_on(state, of, duty)
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


def _words_on(state: PlanState, of: str, duty: Duty) -> tuple[Event[SharedBody], ...]:
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


def to_tell(after: AfterState) -> Iterator[tuple[Event[IncidentBody], tuple[str, ...]]]:
    """Each incident once, with the ids of all its versions: who was told of any of them was told.

    Of two that complete the same one and had not seen each other, the first stands for both.
    """
    known: set[str] = set()
    for said in after.incidents:
        ids = after.versions(said.id)
        if ids[-1] not in known:
            known.add(ids[-1])
            yield said, ids


def incidents_waiting(states: Sequence[PlanState]) -> list[tuple[PlanState, Event[IncidentBody]]]:
    """The incidents of these plans that nobody has talked over yet, the longest waiting first.

    Args:
        states: Plans, as whoever asks may see them.
    """
    found = [
        (state, said)
        for state in states
        for said, _ in to_tell(state.after)
        if said.id in state.after.not_talked_over
    ]
    return sorted(found, key=lambda pair: (pair[1].at, pair[1].id))
