"""What the record of one visit says, as patterns of a case need it (3.6, 5.3, 8.1). Pure.

By the ids of the shipped checklists. An agency may have questions of its own in their place, so that each
answer may be missing: then nothing is said about it. Not sure counts as the unsafe answer (D7).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from visitsafe.checklists.facts import in_the_dark
from visitsafe.record.bodies import Filled, Shown
from visitsafe.record.entry import from_text, to_text
from visitsafe.record.kinds import Answer, Company, Kind, Status
from visitsafe.state.fold import PlanState
from visitsafe.text.clock import local_time

Answers = Mapping[str, str | Sequence[str]]
NOTHING = frozenset({"none", "blank"})
"""How an answers file may say that nothing was chosen."""

BEHAVIOURS, UNCOOPERATIVE, THREAT = "behaviours", "uncooperativeness", "threat-expected"
HOSTILE = frozenset({"confrontation", "violence"})
"""The kinds of uncooperativeness (2.1) that are hostile."""
SHARE_HOSTILITY = "share-hostility"
REMARKS = frozenset({"racist-remarks", "homophobic-remarks"})
"""The behaviours (6.2) that are aimed at who somebody is."""
IDENTITY = "identity"
"""The question of the incident form about that."""
WENT = "went"
"""The question of the debrief about how the visit went."""
NOT_MADE, ELSEWHERE, NOBODY_IN = "not-made", "elsewhere", "nobody-in"
ANY_NOT_SEEN, NOT_SEEN = "any-not-seen", "not-seen"
ANY_UNSAID, UNSAID, RELIEVED = "any-unsaid", "unsaid", "relieved"
MOVED = frozenset(
    {"move-venue", "dark-elsewhere", "violence-elsewhere", "hostility-elsewhere", "animal-elsewhere"}
)
"""The control measures that move a visit somewhere else."""
EVENING, MORNING = 18, 7
"""The hours from which, and until which, a visit is in the evening or at night."""
LAPSED = timedelta(hours=24)
"""How long after the time due back nobody is expected to report setting out any more."""
_UNSAFE = frozenset({str(Answer.YES), str(Answer.NOT_SURE)})


def given(answers: Answers, question: str) -> frozenset[str]:
    """What was chosen or written; nothing if it was not asked, passed over, or answered with none."""
    value = answers.get(question, ())
    values = (value,) if isinstance(value, str) else value
    return frozenset(one for one in values if one.strip()) - NOTHING


def answered(body: Filled) -> list[Shown]:
    """The questions of a form that were answered, in the order asked; what was passed over stays out."""
    return [one for one in body.shown if one.answer.strip() and body.answers.get(one.id, one.answer) != ""]


def says_yes(answers: Answers, question: str) -> bool:
    """Whether a question to which yes is the unsafe answer was answered with yes or not sure."""
    return not _UNSAFE.isdisjoint(given(answers, question))


def was_made(state: PlanState) -> bool:
    """Whether anybody reported that the worker went, or was back."""
    return state.visit.out or state.visit.back is not None


def is_to_come(state: PlanState, now: datetime) -> bool:
    """Whether the visit may still be made."""
    over = state.status in {Status.REFUSED, Status.WITHDRAWN} or bool(state.closed)
    return not was_made(state) and not over and state.visit.due_back >= to_text(now)


def has_lapsed(state: PlanState, now: datetime) -> bool:
    """Whether its time is long over, and nothing says that anybody went or why not."""
    if was_made(state) or state.status in {Status.REFUSED, Status.WITHDRAWN} or state.after.debriefs:
        return False
    return from_text(state.visit.due_back) + LAPSED < now


def went(state: PlanState) -> frozenset[str]:
    """How the visit went, in the words of those who were there."""
    return frozenset[str]().union(*(given(one.body.answers, WENT) for one in state.after.debriefs))


def is_alone(state: PlanState) -> bool:
    """Whether somebody said that the worker goes with nobody."""
    return state.going.company is Company.ALONE


def is_late_in_the_day(state: PlanState, zone: tzinfo, *, sure: bool = False) -> bool:
    """Whether it was after dark by the plan (`sure`, or perhaps), or begins or ends in the evening."""
    times = (
        local_time(text, zone) for text in (state.visit.start or state.body.visit.start, state.visit.due_back)
    )
    late = any(one is not None and not MORNING <= one.hour < EVENING for one in times)
    return late or in_the_dark(state.body, sure=sure)


def tells_of_hostility(state: PlanState) -> bool:
    """Whether the plan says that the family has been hostile."""
    answers = state.body.answers
    return (
        bool(given(answers, BEHAVIOURS))
        or not given(answers, UNCOOPERATIVE).isdisjoint(HOSTILE)
        or Answer.YES in given(answers, SHARE_HOSTILITY)
    )


def is_hostile(state: PlanState, *, sure: bool = False) -> bool:
    """Whether hostility is on record or was expected; without `sure` also if nobody could say."""
    answers = state.body.answers
    expected = Answer.YES in given(answers, THREAT) if sure else says_yes(answers, THREAT)
    return expected or tells_of_hostility(state) or bool(state.after.incidents)


def was_alarmed(state: PlanState) -> bool:
    """Whether anybody but the worker was called because the worker was not back in time."""
    raised = (state.visit.rung(one.body.step) for alarm in state.visit.alarms for one in alarm.raised)
    return any(set(rung.who) != {"lone-worker"} and not rung.early for rung in raised)


def was_moved(state: PlanState) -> bool:
    """Whether a control measure was chosen that moves the visit away from the home."""
    offered = {one.text for found in state.body.findings for one in found.suggest if one.id in MOVED}
    return any(control.text in offered for control in state.body.controls)


def minutes_there(state: PlanState) -> int | None:
    """How long the worker was there, in minutes; None if arriving or leaving was not reported."""
    return _minutes(_first(state, Kind.ARRIVED), _last(state, Kind.LEFT))


def minutes_away(state: PlanState) -> int | None:
    """How long the worker was out, in minutes; None if setting out or being back was not reported."""
    return _minutes(_first(state, Kind.DEPARTED), state.visit.back.happened if state.visit.back else "")


def _first(state: PlanState, kind: Kind) -> str:
    return min((one.happened for one in state.visit.reports if one.kind is kind), default="")


def _last(state: PlanState, kind: Kind) -> str:
    return max((one.happened for one in state.visit.reports if one.kind is kind), default="")


def _minutes(begin: str, end: str) -> int | None:
    if not begin or not end or end < begin:
        return None
    return (from_text(end) - from_text(begin)) // timedelta(minutes=1)
