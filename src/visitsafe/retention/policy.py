"""What may be removed at a time: whole cases whose time is over, and nothing that is open or held. Pure.

A case is all plans with its reference, however it is spelt. Its days begin at the time due back of its last
visit, or with the newest entry about it, if that is later. A case with an incident has the longer time. A
plan that does not hold, or about which something may have to be done, keeps its whole case (docs/adr/0019);
an incident that nobody has talked over does so until the longer time is over. What was to be shared does not.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from visitsafe.record.bodies import (
    KEEP_DAYS,
    KEEP_DAYS_INCIDENT,
    AgreedBody,
    Gone,
    PlanBody,
    PurgedBody,
    StoodDownBody,
)
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import reference
from visitsafe.record.terms import Because
from visitsafe.retention.holds import Holds
from visitsafe.state.fold import PlanState
from visitsafe.state.removed import NOT_CARRIED_OUT
from visitsafe.state.rules import Judged, agreed_days
from visitsafe.team.roster import case_key
from visitsafe.text.clock import from_text, to_text


class Facts(msgspec.Struct, frozen=True):
    """What bears on how long a plan is kept.

    Attributes:
        plan: The plan's id.
        case: Its case, as the version in force has it.
        cases: The keys of all cases that any of its versions was for.
        last: When its visit ended at the latest, or its newest entry was made, UTC text.
        start: When the visit was to start, UTC text; so is `due_back`, its end.
        incident: One was recorded, or a near miss, or an alarm was stood down because of one.
        sealed: It holds sealed tracing details.
        entries: How many entries have content to be removed.
        open: Something may still have to be done about it.
        untalked: That is only that an incident was not talked over.
        cut: Entries of it are not here because their removal is signed, so that it may only look open.
        problem: What else does not hold about it; empty if all does.
        authors: The keys of those who signed its versions.
    """

    plan: str
    case: str
    cases: frozenset[str]
    last: str
    start: str
    due_back: str
    incident: bool
    sealed: bool
    entries: int
    open: bool
    untalked: bool
    cut: bool
    problem: str
    authors: frozenset[str]

    @property
    def ref(self) -> str:
        """The reference read over the telephone."""
        return reference(self.plan)

    @property
    def key(self) -> str:
        """What holds the plans of one case together; a plan without a case stands alone."""
        return case_key(self.case) or self.plan


class CaseVerdict(msgspec.Struct, frozen=True):
    """Whether a case goes now.

    Attributes:
        case: Its reference, as its newest plan has it.
        plans: Its plans.
        rule: The rule that it is kept by.
        days: For how many days; 0 if the team has agreed on none.
        since: When they began, UTC text.
        until: When they are over, UTC text; empty if the team has agreed on none.
        why_not: Why it stays; empty if it goes.
    """

    case: str
    plans: tuple[Facts, ...]
    rule: str
    days: int
    since: str
    until: str
    why_not: str

    @property
    def key(self) -> str:
        """As in `Facts`."""
        return self.plans[0].key

    @property
    def sealed(self) -> bool:
        """Whether sealed tracing details are among what goes."""
        return any(one.sealed for one in self.plans)

    @property
    def entries(self) -> int:
        """How many entries have content to be removed."""
        return sum(one.entries for one in self.plans)


def facts_of(state: PlanState) -> Facts:
    """What bears on how long a plan is kept."""
    bodies = [one.body for one in state.judged if isinstance(one.body, PlanBody) and not one.why_not]
    written = [one.entry.content.at for one in state.judged if one.entry.content.kind != Kind.PURGED]
    ends = [state.visit.due_back, *(body.visit.due_back for body in bodies)]
    return Facts(
        plan=state.plan,
        case=state.body.visit.case,
        cases=frozenset(case_key(body.visit.case) for body in bodies),
        last=max((*ends, *written)),
        start=state.body.visit.start,
        due_back=state.visit.due_back,
        incident=any(map(_is_incident, state.judged)),
        sealed=any(body.sealed for body in bodies),
        entries=len(written),
        open=not state.settled,
        untalked=not state.settled and bool(_without_incidents(state).settled),
        cut=NOT_CARRIED_OUT in state.problems,
        problem=next((text for text in state.problems if text != NOT_CARRIED_OUT), ""),
        authors=frozenset(
            one.entry.content.by for one in state.judged if isinstance(one.body, PlanBody) and not one.why_not
        ),
    )


def _without_incidents(state: PlanState) -> PlanState:
    return msgspec.structs.replace(state, after=msgspec.structs.replace(state.after, not_talked_over=()))


def _is_incident(one: Judged) -> bool:
    if isinstance(one.body, StoodDownBody):
        return one.body.because is Because.INCIDENT and not one.body.drill and not one.why_not
    return one.entry.content.kind == Kind.INCIDENT and one.author is not None


def gone_of(state: PlanState) -> tuple[Gone, ...]:
    """All of a plan's entries whose content goes: every one but those that remove others."""
    return tuple(
        Gone(id=one.entry.id, kind=one.entry.content.kind, at=one.entry.content.at, by=one.entry.content.by)
        for one in state.judged
        if one.entry.content.kind != Kind.PURGED
    )


def named_in(state: PlanState) -> dict[str, str]:
    """The entries whose removal is signed and counts: each id, and that of the entry that names it."""
    return {
        gone.id: one.entry.id
        for one in state.judged
        if isinstance(one.body, PurgedBody) and not one.why_not
        for gone in one.body.removed
    }


def shortest(agreed: AgreedBody) -> int:
    """The fewest days after which anything can go; 0 if the team has agreed on none."""
    days = (agreed_days(agreed, rule) for rule in (KEEP_DAYS, KEEP_DAYS_INCIDENT))
    return min(filter(None, days), default=0)


def in_cases(facts: Iterable[Facts]) -> list[tuple[Facts, ...]]:
    """Plans by case, each case's newest first."""
    found: dict[str, list[Facts]] = {}
    for one in facts:
        found.setdefault(one.key, []).append(one)
    return [
        tuple(sorted(group, key=lambda one: (one.start, one.plan), reverse=True)) for group in found.values()
    ]


def verdict(plans: Sequence[Facts], agreed: AgreedBody, holds: Holds, now: datetime) -> CaseVerdict:
    """Whether a case goes by the team's rule.

    Args:
        plans: All plans of the case, the newest first.
        agreed: What the team has agreed on.
        holds: The holds that stand.
        now: Aware.
    """
    incident = any(one.incident for one in plans)
    rule = KEEP_DAYS_INCIDENT if incident else KEEP_DAYS
    days, since = agreed_days(agreed, rule), max(one.last for one in plans)
    until = _until(since, days)
    why_not = why_stays(plans, holds, over=bool(days) and until <= to_text(now))
    if not why_not and not days:
        why_not = "the team has agreed on no time for it (visitsafe team set --keep-days)"
    elif not why_not and until > to_text(now):
        why_not = f"kept until {until[:10]}"
    return CaseVerdict(plans[0].case, tuple(plans), rule, days, since, until, why_not)


def why_stays(plans: Sequence[Facts], holds: Holds, *, over: bool = False) -> str:
    """Why a case stays whoever asks; empty if nothing keeps it.

    Args:
        plans: All plans of the case.
        holds: The holds that stand.
        over: The time is over by the team's rule: then an incident that nobody talked over keeps nothing.
    """
    for one in plans:
        if one.problem:
            return f"the record of {one.ref} does not hold: {one.problem}"
    for one in plans:
        if one.open and not (one.untalked and over):
            talk = f"an incident on {one.ref} was not talked over (visitsafe debrief {one.ref})"
            return talk if one.untalked else f"{one.ref} is not closed"
    return held_words(plans, holds)


def held_words(plans: Iterable[Facts], holds: Holds) -> str:
    """Which hold keeps these plans, by any case that a version of them was for; empty if none does."""
    for key in sorted({key for one in plans for key in one.cases}):
        for hold in holds.get(key, ()):
            return f"held since {hold.at[:10]} by {hold.by}: {hold.reason}"
    return ""


def _until(since: str, days: int) -> str:
    if not days:
        return ""
    try:
        return to_text(from_text(since) + timedelta(days=days))
    except OverflowError:
        return "9999-12-31T23:59:59Z"
