"""The sections of a team's report, in words, and which of their numbers add up to which (8.2). Pure.

Every number that hangs together with another is named in `Sum`: what is left out there could be computed by
somebody outside the team (`suppression`).
"""

from collections.abc import Iterator, Mapping
from datetime import date

from visitsafe.record.terms import Status
from visitsafe.supervision.figures import Figures, Spread
from visitsafe.supervision.report_people import people_sections
from visitsafe.supervision.report_shape import MINUTES, Line, Section
from visitsafe.supervision.suppression import Sum
from visitsafe.text.clock import MONTHS

STATUS_WORDS = {
    Status.AWAITING: "Waiting for a decision",
    Status.COUNTERSIGNED: "Countersigned",
    Status.RETURNED: "Returned",
    Status.REFUSED: "Refused",
    Status.WITHDRAWN: "Withdrawn",
}
SUMS = (
    Sum("planned", tuple(STATUS_WORDS)),
    Sum("planned", ("urgent",), whole=False),
    Sum("planned", ("alone", "alone_not_said"), whole=False),
    Sum("alone", ("alone_after_dark",), whole=False),
    Sum("refused", ("purpose_said", "purpose_not_said")),
    Sum("planned", ("overdue",), whole=False),
    Sum("overdue", ("overdue_ended", "overdue_open")),
    Sum("overdue_open", ("unheard",), whole=False),
    Sum("steps_raised", ("alarms",), whole=False),
    Sum("alarms", ("alarms_taken", "alarms_not_taken")),
    Sum("steps_raised", ("gaps",), whole=False),
    Sum("reported", ("incidents", "near_misses")),
    Sum("reported", ("hurt", "hurt_not_sure"), whole=False),
    Sum("reported", ("off_over_three",), whole=False),
    Sum("off_over_three", ("off_over_seven",), whole=False),
    Sum("reported", ("police_told",), whole=False),
    Sum("planned", ("debriefs_asked",), whole=False),
    Sum("debriefs_asked", ("debriefs_done", "debriefs_owed")),
    Sum("debriefs_owed", ("debriefs_late",), whole=False),
    Sum(
        "duties", ("sharing_in_time", "sharing_late", "sharing_overdue", "sharing_due", "sharing_declined")
    ),
    Sum("planned", ("workers",), whole=False),
    Sum("workers", ("training_old",), whole=False),
    Sum("workers", ("details_current", "details_old", "details_none")),
    Sum("planned", ("hostile_visits",), whole=False),
    Sum("hostile_visits", ("hostile_cases",), whole=False),
)  # fmt: skip
"""Which numbers add up to which; those about behaviours come as they are named."""


def sections_of(
    figures: Figures, words: Mapping[str, str], *, named: bool, prompts: bool, outside: bool
) -> tuple[list[Section], tuple[Sum, ...]]:
    """The sections, and how their numbers hang together.

    Args:
        figures: What was counted.
        words: Behaviours in words, by id.
        named: With what each worker carries.
        prompts: With how many workers never report anything.
        outside: Behaviours are left out: that one of them occurred can already point at a person.
    """
    behaviours = {} if outside else figures.incidents.behaviours
    sections = [
        _visits(figures), _refused(figures), _overdue(figures), _alarms(figures), _gaps(figures),
        _incidents(figures), *([] if outside else [_behaviours(behaviours, words)]), _debriefs(figures),
        _sharing(figures), _up_to_date(figures), _hostile(figures),
        *people_sections(figures, named=named, prompts=prompts), *_weeks(figures),
    ]  # fmt: skip
    more = (Sum("reported", (f"behaviour_{name}",), whole=False) for name in behaviours)
    return sections, (*SUMS, *more)


def _visits(figures: Figures) -> Section:
    visits = figures.visits
    status = (
        Line(one.value, words, visits.by_status[one], part=True, bar=True)
        for one, words in STATUS_WORDS.items()
    )
    return Section(
        "visits",
        "Visits planned",
        (
            Line("planned", "Visits planned", visits.planned),
            *status,
            Line("urgent", "Urgent: could not wait for a countersignature", visits.urgent),
            Line("alone", "Alone", visits.alone),
            Line("alone_not_said", "Whether alone: not sure, or not asked", visits.not_said),
            Line("alone_after_dark", "Alone, and not surely in daylight", visits.alone_after_dark, part=True),
        ),
    )


def _refused(figures: Figures) -> Section:
    said = sum(bool(one.how) for one in figures.instead)
    return Section(
        "refused",
        "Refused visits: how the child or adult was seen instead",
        (
            Line("purpose_said", "Refused, and the manager wrote how the purpose would be met", said),
            Line("purpose_not_said", "Refused, and nothing is written about it", len(figures.instead) - said),
        ),
        quotes=tuple((one.ref, one.how) for one in figures.instead if one.how),
    )


def _spread(prefix: str, what: str, depends: str, took: Spread) -> Iterator[Line]:
    yield Line(f"{prefix}_median", f"{what}: half took no longer than", took.median, MINUTES, depends=depends)
    yield Line(
        f"{prefix}_longest",
        f"{what}: the longest",
        took.longest,
        MINUTES,
        depends=depends,
        private=True,
    )


def _overdue(figures: Figures) -> Section:
    late = figures.overdue
    return Section(
        "overdue",
        "Overdue",
        (
            Line("overdue", "Visits from which somebody was not back in time", late.visits),
            Line("overdue_ended", "It is on record when that was over", late.ended.count, part=True),
            Line("overdue_open", "No end on record", late.visits - late.ended.count, part=True),
            Line("unheard", "Of these: nobody ever reported anything", late.unheard, part=True),
            *_spread("overdue", "From the time due back to the end", "overdue_ended", late.ended),
        ),
    )


def _alarms(figures: Figures) -> Section:
    alarms = figures.alarms
    not_taken = alarms.asked - alarms.taken.count
    return Section(
        "escalation",
        "Escalation",
        (
            Line("steps_raised", "Escalation steps raised", alarms.steps),
            Line("alarms", "Alarms that somebody had to take on", alarms.asked),
            Line("alarms_taken", "Somebody acknowledged it or stood it down", alarms.taken.count, part=True),
            Line("alarms_not_taken", "Nobody has", not_taken, part=True),
            *_spread("alarms", "Until somebody took it on", "alarms_taken", alarms.taken),
        ),
        about=("Drills are not counted.",),
    )


def _gaps(figures: Figures) -> Section:
    gaps = figures.gaps
    return Section(
        "unwatched",
        "When nobody was watching",
        (
            Line("gaps", "Times at which a step fell due and nobody was watching", gaps.count),
            Line("gaps_minutes", "Together", gaps.minutes, MINUTES, depends="gaps"),
        ),
    )


def _incidents(figures: Figures) -> Section:
    found = figures.incidents
    return Section(
        "incidents",
        "Incidents and near misses",
        (
            Line("reported", "Incidents and near misses", found.incidents + found.near_misses),
            Line("incidents", "Incidents", found.incidents, part=True),
            Line("near_misses", "Near misses", found.near_misses, part=True),
            Line("hurt", "Somebody was hurt", found.hurt),
            Line("hurt_not_sure", "Not sure whether somebody was hurt", found.hurt_not_sure),
            Line("off_over_three", "Kept from work for more than three days", found.off_over_three),
            Line("off_over_seven", "Of these: more than seven days", found.off_over_seven, part=True),
            Line("police_told", "The police know", found.police_told),
        ),
        about=("Few reports can mean few incidents, or that reporting is hard.",),
    )


def _behaviours(behaviours: Mapping[str, int], words: Mapping[str, str]) -> Section:
    about = "One incident can have several of these." if behaviours else "Nothing was named."
    lines = (
        Line(f"behaviour_{name}", words.get(name, name), count, bar=True)
        for name, count in behaviours.items()
    )
    return Section(
        "behaviours",
        "What happened in them",
        tuple(lines),
        about=(about,),
    )


def _debriefs(figures: Figures) -> Section:
    found = figures.debriefs
    return Section(
        "debriefs",
        "Talking it over",
        (
            Line("debriefs_asked", "Visits to be talked over", found.done + found.owed),
            Line("debriefs_done", "Talked over", found.done, part=True, bar=True),
            Line("debriefs_owed", "Still to be talked over", found.owed, part=True, bar=True),
            Line("debriefs_late", "Of these: past the day for it", found.late, part=True),
        ),
    )


def _sharing(figures: Figures) -> Section:
    found = figures.sharing
    total = found.in_time + found.late + found.overdue + found.due + found.declined
    rows = (
        ("sharing_in_time", "Shared in time", found.in_time),
        ("sharing_late", "Shared late", found.late),
        ("sharing_overdue", "Not yet, and overdue", found.overdue),
        ("sharing_due", "Not yet, and not due", found.due),
        ("sharing_declined", "Decided not to", found.declined),
    )
    lines = (Line(name, label, value, part=True, bar=True) for name, label, value in rows)
    return Section(
        "sharing",
        "Telling other professionals",
        (Line("duties", "Duties to tell other professionals", total), *lines),
    )


def _up_to_date(figures: Figures) -> Section:
    found = figures.out_of_date
    current = found.workers - found.details_old - found.details_none
    return Section(
        "up_to_date",
        "Training and tracing details",
        (
            Line("workers", "Workers who planned a visit", found.workers),
            Line("training_old", "Safety training not up to date, or not sure", found.training, part=True),
            Line("details_current", "Tracing details given, and not past their date", current, part=True),
            Line("details_old", "Tracing details past their date", found.details_old, part=True),
            Line("details_none", "No tracing details given", found.details_none, part=True),
        ),
        about=("By each worker's newest plan of this time.",),
    )


def _hostile(figures: Figures) -> Section:
    return Section(
        "hostile",
        "Visits to people who may be hostile",
        (
            Line("hostile_visits", "Visits", figures.hostile_visits),
            Line("hostile_cases", "Different cases", figures.hostile_cases, part=True),
        ),
    )


def _weeks(figures: Figures) -> Iterator[Section]:
    """Small numbers, week by week: never for outside."""
    for name, title in (
        ("planned", "Visits planned, by week"),
        ("overdue", "Visits overdue, by week"),
        ("incidents", "Incidents and near misses, by week"),
    ):
        lines = (
            Line(
                f"week_{week.first.isoformat()}_{name}",
                _week(week.first),
                getattr(week, name),
                bar=True,
            )
            for week in figures.weeks
        )
        yield Section(f"weeks_{name}", title, tuple(lines), private=True, what="Week from")


def _week(first: date) -> str:
    return f"{first.day} {MONTHS[first.month - 1][:3]} {first.year}"
