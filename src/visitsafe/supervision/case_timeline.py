"""What became of each visit of a case in a line: by whom, decided how, when out and back. Pure, unescaped."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from visitsafe.record.entry import to_text
from visitsafe.record.kinds import Status
from visitsafe.state.duties import talk_by
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import in_minutes, otherwise_went, who_goes
from visitsafe.state.visit_words import late_back, stage_words
from visitsafe.supervision.case_facts import is_to_come, was_alarmed, was_made
from visitsafe.supervision.case_words import counted, hurt_in
from visitsafe.text.clean import one_line
from visitsafe.text.clock import clock

LONGEST = 160
"""Characters of anybody's words in a line."""


def short(text: str, longest: int = LONGEST) -> str:
    """Somebody's words on one line, cut at a word."""
    text = one_line(text)
    return text if len(text) <= longest else f"{text[:longest].rsplit(' ', 1)[0]} ..."


def _clause(text: str) -> str:
    """Somebody's words inside a sentence of ours."""
    return short(text).removesuffix(".")


def who_went(state: PlanState) -> str:
    """`Sam Okafor, alone`."""
    planned = f" (planned: {who_goes(state.body)})" if otherwise_went(state) else ""
    return f"{state.author.person.name}, {who_goes(state.going)}{planned}"


def became(state: PlanState, now: datetime, zone: tzinfo) -> str:
    """What became of a visit: `countersigned by Mo; set out 15:05, back 16:40; 1 incident; talked over`."""
    said = "; ".join(filter(None, (*_decided(state, now), *_went(state, now, zone), *_after(state))))
    return f"{said[:1].upper()}{said[1:]}"


def _decided(state: PlanState, now: datetime) -> Iterator[str]:
    name = state.decision.name if state.decision else "a manager"
    if state.status is Status.WITHDRAWN:
        yield f"withdrawn: {_clause(state.withdrawn)}"
    elif state.status is Status.REFUSED:
        instead = _clause(state.decided.purpose_met) if state.decided else ""
        yield f"refused by {name}"
        yield f"instead: {instead}" if instead else ""
    elif state.status is Status.AWAITING:
        started = state.started(to_text(now))
        yield "no manager decided on it" if started else "waiting for a manager's decision"
    else:
        yield f"{state.status} by {name}"


def _went(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[str]:
    visit = state.visit
    if was_made(state):
        yield ", ".join(_times(state, now, zone))
        yield "broken off" if visit.stopped else ""
    elif is_to_come(state, now):
        yield "still to come"
    elif state.status not in {Status.REFUSED, Status.WITHDRAWN}:
        yield "nobody reported setting out"
    yield "an alarm was raised" if was_alarmed(state) else ""


def _times(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[str]:
    visit, day = state.visit, state.body.visit.start
    if visit.departed:
        yield f"set out {clock(visit.departed.happened, zone, day)}"
    elif not visit.out:
        yield "nobody reported setting out"
    if visit.back:
        late = late_back(state)
        yield f"back {clock(visit.back.happened, zone, day)}" + (
            f" ({in_minutes(late)} late)" if late else ""
        )
    elif not visit.closed:
        yield stage_words(state, now, zone)
    else:
        yield "stood down by somebody else, not reported back"


def _after(state: PlanState) -> Iterator[str]:
    if state.after.incidents:
        yield f"{counted(state.after.incidents)}{hurt_in(state.after.incidents)}"
    if state.after.not_talked_over or talk_by(state):
        yield "not talked over yet"
    elif state.after.debriefs:
        yield "talked over"
