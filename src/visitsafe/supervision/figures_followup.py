"""What a report counts about what came after visits: incidents, debriefs, sharing, what is out of date. Pure.

By states as somebody may see them who knows of no duress (`figures` sees to that). An incident that was
corrected or completed counts once. Nothing here names anybody.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from visitsafe.record.bodies import IncidentBody
from visitsafe.record.entry import to_text
from visitsafe.record.kinds import Answer
from visitsafe.state.duties import Met, each_once, talk_by
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState
from visitsafe.state.incidents import to_tell
from visitsafe.team.details import is_old

TRAINING = "training"
"""The question whose answer says that safety training is up to date; a checklist may do without it."""
OFF_WORK, OVER_THREE, OVER_SEVEN = "off-work", "over-three", "over-seven"
POLICE, POLICE_KNOW = "police", "told"
"""Questions of the form `incident` and answers to them; a form of an agency's own may do without them."""


class Incidents(msgspec.Struct, frozen=True):
    """Incidents and near misses; one that has several behaviours counts under each of them.

    Attributes:
        incidents: How many.
        near_misses: How many of those.
        behaviours: How often each occurred, by its id.
        hurt: In which somebody was hurt.
        hurt_not_sure: In which nobody is sure of that.
        off_over_three: After which somebody was kept from work for more than three days.
        off_over_seven: Of these: for more than seven.
        police_told: Of which the police know.
    """

    incidents: int = 0
    near_misses: int = 0
    behaviours: dict[str, int] = {}
    hurt: int = 0
    hurt_not_sure: int = 0
    off_over_three: int = 0
    off_over_seven: int = 0
    police_told: int = 0


class Debriefs(msgspec.Struct, frozen=True):
    """Visits that were talked over, that still are to be, and of those how many are late."""

    done: int = 0
    owed: int = 0
    late: int = 0


class Sharing(msgspec.Struct, frozen=True):
    """Duties to tell other professionals, by what became of them."""

    in_time: int = 0
    late: int = 0
    overdue: int = 0
    due: int = 0
    declined: int = 0


class OutOfDate(msgspec.Struct, frozen=True):
    """Workers, and how many of them have something that is not up to date by their newest plan.

    Attributes:
        workers: Those who planned a visit.
        training: Whose safety training is not up to date, or was last confirmed too long ago.
        details_old: Whose tracing details are past their date.
        details_none: Who gave none with that plan.
    """

    workers: int = 0
    training: int = 0
    details_old: int = 0
    details_none: int = 0


def incidents_of(state: PlanState) -> list[Said[IncidentBody]]:
    """The incidents and near misses of a plan, each once."""
    return [said for said, _ in to_tell(state.after)]


def incidents_in(states: Iterable[PlanState]) -> Incidents:
    """How many there were, and what they were."""
    said = [one.body for state in states for one in incidents_of(state)]
    near = sum(body.near_miss for body in said)
    behaviours = Counter(name for body in said for name in dict.fromkeys(body.behaviours))
    off = Counter(body.answers.get(OFF_WORK) for body in said)
    return Incidents(
        incidents=len(said) - near,
        near_misses=near,
        behaviours=dict(sorted(behaviours.items(), key=_most_first)),
        hurt=sum(body.hurt == Answer.YES for body in said),
        hurt_not_sure=sum(body.hurt == Answer.NOT_SURE for body in said),
        off_over_three=off[OVER_THREE] + off[OVER_SEVEN],
        off_over_seven=off[OVER_SEVEN],
        police_told=sum(body.answers.get(POLICE) == POLICE_KNOW for body in said),
    )


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def debriefs_in(states: Iterable[PlanState], now: datetime) -> Debriefs:
    """What was talked over and what was not."""
    done = owed = late = 0
    for state in states:
        by = talk_by(state)
        owed += bool(by)
        late += bool(by) and by < to_text(now)
        done += not by and bool(state.after.debriefs)
    return Debriefs(done, owed, late)


def sharing_in(states: Iterable[PlanState], now: datetime) -> Sharing:
    """What became of each duty; one that was met late is met all the same."""
    found = Counter[str]()
    for _, one in each_once(states):
        met = one.met(now)
        if met is Met.SHARED and one.said is not None:
            found["in_time" if one.said.happened <= one.by else "late"] += 1
        else:
            found[{Met.OVERDUE: "overdue", Met.DUE: "due"}.get(met, "declined")] += 1
    return Sharing(**found)


def out_of_date(newest: Sequence[PlanState], kept_for: Mapping[str, int], now: datetime) -> OutOfDate:
    """What is out of date, by the newest plan of each worker.

    Args:
        newest: Those plans.
        kept_for: Days for which the answer about training holds, by the id of the visit checklist.
        now: Aware.
    """
    sealed = [state.sealed for state in newest]
    return OutOfDate(
        workers=len(newest),
        training=sum(_is_training_old(state, kept_for, now) for state in newest),
        details_old=sum(one is not None and is_old(one.valid_until, now) for one in sealed),
        details_none=sum(one is None for one in sealed),
    )


def _is_training_old(state: PlanState, kept_for: Mapping[str, int], now: datetime) -> bool:
    """Not sure counts as no (D7); a checklist that does not ask it says nothing."""
    body = state.body
    if TRAINING not in body.answers:
        return False
    if body.answers[TRAINING] != Answer.YES:
        return True
    given = body.standing.get(TRAINING, "")
    days = kept_for.get(body.checklists[0].id) if body.checklists else None
    return bool(given and days) and given < to_text(now - timedelta(days=days or 0))
