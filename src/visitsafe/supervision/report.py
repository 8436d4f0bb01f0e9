"""A team's report: a table of figures, as the people may see them for whom it is made (8.2). Pure.

Each row of `TABLE` is a figure: its id, its label, and what it is a part of; `figures` counts it under the
same id, and docs/report.md says what it is. Three views. The team's names no worker. With names, which only
managers get, it also says who carries what (D14). Outside the team nothing is left that could point at a
person: no names, no references, nobody's words, no weeks, no longest time, and no small number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum

import msgspec

from visitsafe.record.terms import Status
from visitsafe.supervision.figures import MANY, Figures
from visitsafe.text.clean import things
from visitsafe.text.clock import MONTHS
from visitsafe.text.days import Period

COUNT, MINUTES = "count", "minutes"
NONE = "none"
"""What stands in the place of a time that nothing took."""
NOT_SHOWN = "not shown"
"""What stands in the place of a number that is not given: the same words, whatever the number is."""
FEWEST = 5
"""The smallest number, but 0, that is given outside the team."""
ASK = (
    "It may be luck or skill. It may also be that reporting is hard, or seems to change nothing. "
    "A question worth asking kindly; it says nothing about how anybody works."
)


class Figure(msgspec.Struct, frozen=True):
    """A row of the table, and with its number a line of a report.

    Attributes:
        id: Its name for programs; the same in every report.
        label: What it counts, for people. It may be text that somebody wrote.
        of: The figure that it is a part of: from that and the other parts it could be worked out.
        whole: Those parts of a figure that are so are together all of it.
        beside: Another part of the same figure with which it has nothing in common.
        under: It stands under the line above it, as a part of that.
        bar: It is drawn as a bar.
        unit: `count` or `minutes`.
        depends: The figure that says of how many it is the median or the sum; empty for a count.
        private: Not for outside the team.
        note: More about it.
        value: The number; None where there is none, or where it is not given.
        hidden: It is not given.
    """

    id: str
    label: str
    of: str = ""
    whole: bool = False
    beside: str = ""
    under: bool = False
    bar: bool = False
    unit: str = COUNT
    depends: str = ""
    private: bool = False
    note: str = ""
    value: int | None = None
    hidden: bool = False

    @property
    def shown(self) -> str:
        """The figure as people read it."""
        if self.hidden:
            return NOT_SHOWN
        if self.value is None:
            return NONE
        return str(self.value) if self.unit == COUNT else f"{self.value} min"


class FigureSection(msgspec.Struct, frozen=True):
    """Figures that belong together.

    Attributes:
        id: Its name for programs.
        title: Its heading.
        figures: A line each.
        about: Sentences that say what is counted, or what to ask.
        quotes: What managers wrote, each with the plan's reference.
        private: Not for outside the team.
        what: What the lines are, as the heading of their column.
    """

    id: str
    title: str
    figures: tuple[Figure, ...]
    about: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()
    private: bool = False
    what: str = "What"

    @property
    def bars(self) -> tuple[Figure, ...]:
        """The figures that are drawn, if any of them is more than nothing."""
        found = tuple(one for one in self.figures if one.bar and one.value is not None)
        return found if any(one.value for one in found) else ()


def _one_of(of: str, name: str, label: str, *, bar: bool = False) -> Figure:
    """One of the parts that are together all of the figure above them."""
    return Figure(name, label, of, whole=True, under=True, bar=bar)


def _took(prefix: str, label: str, depends: str) -> tuple[Figure, Figure]:
    middle, longest = f"{label}: half took no longer than", f"{label}: the longest"
    return (
        Figure(f"{prefix}_median", middle, unit=MINUTES, depends=depends),
        Figure(f"{prefix}_longest", longest, unit=MINUTES, depends=depends, private=True),
    )


TABLE = (
    FigureSection(
        "visits",
        "Visits planned",
        (
            Figure("planned", "Visits planned"),
            _one_of("planned", Status.AWAITING.value, "Waiting for a decision", bar=True),
            _one_of("planned", Status.COUNTERSIGNED.value, "Countersigned", bar=True),
            _one_of("planned", Status.RETURNED.value, "Returned", bar=True),
            _one_of("planned", Status.REFUSED.value, "Refused", bar=True),
            _one_of("planned", Status.WITHDRAWN.value, "Withdrawn", bar=True),
            Figure("urgent", "Urgent: could not wait for a countersignature", "planned"),
            Figure("alone", "Alone", "planned"),
            Figure("alone_not_said", "Whether alone: not sure, or not asked", "planned", beside="alone"),
            Figure("alone_after_dark", "Alone, and not surely in daylight", "alone", under=True),
        ),
    ),
    FigureSection(
        "refused",
        "Refused visits: how the child or adult was seen instead",
        (
            Figure(
                "purpose_said",
                "Refused, and the manager wrote how the purpose would be met",
                "refused",
                whole=True,
            ),
            Figure("purpose_not_said", "Refused, and nothing is written about it", "refused", whole=True),
        ),
    ),
    FigureSection(
        "overdue",
        "Overdue",
        (
            Figure("overdue", "Visits from which somebody was not back in time", "planned"),
            _one_of("overdue", "overdue_ended", "It is on record when that was over"),
            _one_of("overdue", "overdue_open", "No end on record"),
            Figure("unheard", "Of these: nobody ever reported anything", "overdue_open", under=True),
            *_took("overdue", "From the time due back to the end", "overdue_ended"),
        ),
    ),
    FigureSection(
        "escalation",
        "Escalation",
        (
            Figure("steps_raised", "Escalation steps raised"),
            Figure("alarms", "Alarms that somebody had to take on", "steps_raised"),
            _one_of("alarms", "alarms_taken", "Somebody acknowledged it or stood it down"),
            _one_of("alarms", "alarms_not_taken", "Nobody has"),
            *_took("alarms", "Until somebody took it on", "alarms_taken"),
        ),
        about=("Drills are not counted.",),
    ),
    FigureSection(
        "unwatched",
        "When nobody was watching",
        (
            Figure("gaps", "Times at which a step fell due and nobody was watching", "steps_raised"),
            Figure("gaps_minutes", "Together", unit=MINUTES, depends="gaps"),
        ),
    ),
    FigureSection(
        "incidents",
        "Incidents and near misses",
        (
            Figure("reported", "Incidents and near misses"),
            _one_of("reported", "incidents", "Incidents"),
            _one_of("reported", "near_misses", "Near misses"),
            Figure("hurt", "Somebody was hurt", "reported"),
            Figure("hurt_not_sure", "Not sure whether somebody was hurt", "reported", beside="hurt"),
            Figure("off_over_three", "Kept from work for more than three days", "reported"),
            Figure("off_over_seven", "Of these: more than seven days", "off_over_three", under=True),
            Figure("police_told", "The police know", "reported"),
        ),
        about=("Few reports can mean few incidents, or that reporting is hard.",),
    ),
    FigureSection(
        "debriefs",
        "Talking it over",
        (
            Figure("debriefs_asked", "Visits to be talked over", "planned"),
            _one_of("debriefs_asked", "debriefs_done", "Talked over", bar=True),
            _one_of("debriefs_asked", "debriefs_owed", "Still to be talked over", bar=True),
            Figure("debriefs_late", "Of these: past the day for it", "debriefs_owed", under=True),
        ),
    ),
    FigureSection(
        "sharing",
        "Telling other professionals",
        (
            Figure("duties", "Duties to tell other professionals"),
            _one_of("duties", "sharing_in_time", "Shared in time", bar=True),
            _one_of("duties", "sharing_late", "Shared late", bar=True),
            _one_of("duties", "sharing_overdue", "Not yet, and overdue", bar=True),
            _one_of("duties", "sharing_due", "Not yet, and not due", bar=True),
            _one_of("duties", "sharing_declined", "Decided not to", bar=True),
        ),
    ),
    FigureSection(
        "up_to_date",
        "Training and tracing details",
        (
            Figure("workers", "Workers who planned a visit", "planned"),
            Figure("training_old", "Safety training not up to date, or not sure", "workers", under=True),
            _one_of("workers", "details_current", "Tracing details given, and not past their date"),
            _one_of("workers", "details_old", "Tracing details past their date"),
            _one_of("workers", "details_none", "No tracing details given"),
        ),
        about=("By each worker's newest plan of this time.",),
    ),
    FigureSection(
        "hostile",
        "Visits to people who may be hostile",
        (
            Figure("hostile_visits", "Visits", "planned"),
            Figure("hostile_cases", "Different cases", "hostile_visits", under=True),
        ),
    ),
)
"""The figures of every report, in order."""


class Audience(StrEnum):
    """For whom a report is made."""

    TEAM = "team"
    NAMED = "named"
    OUTSIDE = "outside"


class TeamReport(msgspec.Struct, frozen=True):
    """A report to be shown.

    Attributes:
        team: The team's name; it is text that somebody wrote.
        period: The days.
        made: The day on which it was made, by the team's clocks.
        view: For whom.
        sections: In order.
        remarks: Sentences about the report as a whole.
    """

    team: str
    period: Period
    made: date
    view: Audience
    sections: tuple[FigureSection, ...]
    remarks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is and for which days."""
        return f"Visits from {day(self.period.first)} to {day(self.period.last)}"


def day(value: date) -> str:
    """`1 November 2026`."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def report_of(
    figures: Figures,
    team: str,
    view: Audience,
    *,
    words: Mapping[str, str] | None = None,
    prompts: bool = False,
) -> TeamReport:
    """The report.

    Args:
        figures: What was counted.
        team: The team's name.
        view: For whom it is made.
        words: Behaviours in words, by the ids of the incident form.
        prompts: Whether it may say how many workers never report anything: to a manager.
    """
    sections: Iterable[FigureSection] = sections_of(figures, words or {}, view, prompts=prompts)
    if view is Audience.OUTSIDE:
        sections = _for_outside([section for section in sections if not section.private])
    made = figures.at.astimezone(figures.period.zone).date()
    remarks = tuple(_remarks(figures, made, view))
    return TeamReport(team, figures.period, made, view, tuple(sections), remarks)


def sections_of(
    figures: Figures, words: Mapping[str, str], view: Audience, *, prompts: bool
) -> Iterator[FigureSection]:
    """The sections with their numbers, private ones too; arguments as for `report_of`."""
    quotes = {"refused": tuple((ref, how) for ref, how in figures.instead if how)}
    for section in TABLE:
        lines = (_with(one, value=figures.numbers[one.id]) for one in section.figures)
        yield _with(section, figures=tuple(lines), quotes=quotes.get(section.id, ()))
        if section.id == "incidents":
            yield _behaviours(figures, words)
    if view is Audience.NAMED:
        yield _carried(figures)
    if prompts or view is Audience.NAMED:
        yield _reporting(figures, named=view is Audience.NAMED)
    yield _weeks(figures, "planned", "Visits planned, by week")
    yield _weeks(figures, "overdue", "Visits overdue, by week")
    yield _weeks(figures, "incidents", "Incidents and near misses, by week")


_with = msgspec.structs.replace


def _behaviours(figures: Figures, words: Mapping[str, str]) -> FigureSection:
    """Private: that one of them occurred can already point at a person."""
    found = figures.behaviours.items()
    lines = (
        Figure(f"behaviour_{name}", words.get(name, name), bar=True, value=count) for name, count in found
    )
    about = "One incident can have several of these." if found else "Nothing was named."
    return FigureSection("behaviours", "What happened in them", tuple(lines), (about,), private=True)


def _carried(figures: Figures) -> FigureSection:
    lines = (
        Figure(
            f"carried_{place}", one.name, bar=True, value=one.cases,
            note=f"in {things(one.visits, 'visit')}",
        )
        for place, one in enumerate(figures.carried, start=1)
    )  # fmt: skip
    return FigureSection(
        "carried",
        "Who carries the cases in which somebody may be hostile",
        tuple(lines),
        about=("Different cases. For sharing the work out more fairly, not for comparing people.",),
        private=True,
    )


def _reporting(figures: Figures, *, named: bool) -> FigureSection:
    asked = [one for one in figures.carried if one.never_reported]
    label = f"Workers with {MANY} or more such visits and no incident or near miss reported"
    each = (
        Figure(f"never_reported_{place}", one.name, under=True, note="such visits", value=one.visits)
        for place, one in enumerate(asked, start=1)
    )
    lines = (Figure("never_reported", label, value=len(asked)), *(each if named else ()))
    about = (ASK,) if asked else ()
    return FigureSection("reporting", "Is anything not reported?", lines, about, private=True)


def _weeks(figures: Figures, what: str, title: str) -> FigureSection:
    """Small numbers, week by week: never for outside."""
    lines = (
        Figure(
            f"week_{week.first.isoformat()}_{what}",
            f"{week.first.day} {MONTHS[week.first.month - 1][:3]} {week.first.year}",
            bar=True,
            value=getattr(week, what),
        )
        for week in figures.weeks
    )
    return FigureSection(f"weeks_{what}", title, tuple(lines), private=True, what="Week from")


class Sum(msgspec.Struct, frozen=True):
    """Numbers that add up to another; what `parts` leave over, if not `whole`, is known to nobody.

    Attributes:
        total: The name of the number that they add up to.
        parts: Their names.
        whole: Whether they are all there is.
    """

    total: str
    parts: tuple[str, ...]
    whole: bool = True


def sums_in(figures: Iterable[Figure]) -> tuple[Sum, ...]:
    """Which figures add up to which: those that are the whole of one together, others by themselves."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in figures:
        if one.of:
            found.setdefault((one.of, "" if one.whole else one.beside or one.id), []).append(one.id)
    return tuple(Sum(total, tuple(parts), whole=not name) for (total, name), parts in found.items())


SUMS = sums_in(one for section in TABLE for one in section.figures)


def _for_outside(sections: Sequence[FigureSection]) -> Iterator[FigureSection]:
    """The sections without what is private, and without small numbers and what would tell them."""
    lines = [one for section in sections for one in section.figures]
    numbers = {one.id: one.value or 0 for one in lines if not one.depends}
    hidden = suppressed(numbers, SUMS)
    hidden |= {one.id for one in lines if one.depends in hidden or 0 < numbers.get(one.depends, 0) < FEWEST}
    for section in sections:
        given = (one for one in section.figures if not one.private)
        kept = (_with(one, value=None, hidden=True) if one.id in hidden else one for one in given)
        yield _with(section, figures=tuple(kept), quotes=())


def suppressed(numbers: Mapping[str, int], sums: Sequence[Sum]) -> set[str]:
    """Which numbers of a table are not given outside the team, so that small ones cannot be worked out.

    A number from 1 to 4 can point at a person. It is not given, and neither are all the numbers beside it
    that add up to the same total, nor whatever any of these is made of. What is not given looks the same
    whether it is small or not, 0 too. What is hidden depends on nothing else, so that somebody who knows this
    rule learns no more by it: under a total of five or more any of its parts can be the small one. It knows
    one table only: two tables of overlapping times can be compared by whoever has both.

    Args:
        numbers: All numbers of the table by name, none of them below 0.
        sums: How they hang together; no number is part of two. Of a table that does not add up nothing is
            given.
    """
    if not all(_adds_up(one, numbers) for one in sums):
        return set(numbers)
    hidden = {name for name, number in numbers.items() if 0 < number < FEWEST}
    before: set[str] = set()
    while before != hidden:
        before = set(hidden)
        for one in sums:
            if not hidden.isdisjoint((one.total, *one.parts)):
                hidden.update(one.parts)
    return hidden & set(numbers)


def _adds_up(one: Sum, numbers: Mapping[str, int]) -> bool:
    rest = numbers[one.total] - sum(numbers[part] for part in one.parts)
    return rest == 0 if one.whole else rest >= 0


def _remarks(figures: Figures, made: date, view: Audience) -> Iterator[str]:
    yield "Each visit is counted on the day on which it was to start, and as it stands now."
    if figures.period.last >= made:
        yield "This time is not over yet: the figures will change."
    if view is Audience.OUTSIDE:
        yield (
            "Numbers from 1 to 4 are not given, because they could point at a person, and neither are the "
            "numbers from which they could be worked out."
        )
        if figures.left_out or figures.removed:
            yield "Some plans could not be counted."
        return
    if refs := figures.left_out:
        plans = things(len(refs), "plan is", "plans are")
        yield f"{plans} not counted, because the record does not hold: {', '.join(refs)}."
    if figures.removed:
        plans = things(figures.removed, "plan is", "plans are")
        yield f"{plans} not counted, because the content was removed by rule."
