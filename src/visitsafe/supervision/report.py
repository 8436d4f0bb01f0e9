"""A team's report: its figures as sections of lines, as the people may see them for whom it is made. Pure.

Three views. The team's names no worker. With names, which only managers get, it also says who carries what
(D14). Outside the team nothing is left that could point at a person: no names, no references, nobody's words,
no weeks, no longest time, and no small number (`suppression`). What each line counts: docs/report.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum

import msgspec

from visitsafe.supervision.figures import Figures
from visitsafe.supervision.report_sections import sections_of
from visitsafe.supervision.report_shape import Line, Section
from visitsafe.supervision.suppression import FEWEST, Hidden, Sum, suppressed
from visitsafe.text.clock import MONTHS
from visitsafe.text.days import Period


class View(StrEnum):
    """For whom a report is made."""

    TEAM = "team"
    NAMED = "named"
    OUTSIDE = "outside"


class Report(msgspec.Struct, frozen=True):
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
    view: View
    sections: tuple[Section, ...]
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
    view: View,
    *,
    left_out: Sequence[str] = (),
    removed: int = 0,
    words: Mapping[str, str] | None = None,
    prompts: bool = False,
) -> Report:
    """The report.

    Args:
        figures: What was counted.
        team: The team's name.
        view: For whom it is made.
        left_out: References of plans whose record does not hold, so that they could not be counted.
        removed: How many plans of that time have no content any more.
        words: Behaviours in words, by the ids of the incident form.
        prompts: Whether it may say how many workers never report anything: to a manager.
    """
    named = view is View.NAMED
    sections, sums = sections_of(
        figures, words or {}, named=named, prompts=(prompts or named) and view is not View.OUTSIDE,
        outside=view is View.OUTSIDE,
    )  # fmt: skip
    if view is View.OUTSIDE:
        sections = _for_outside(sections, sums)
    made = figures.at.astimezone(figures.period.zone).date()
    remarks = _remarks(figures, made, view, left_out, removed)
    return Report(team, figures.period, made, view, tuple(sections), tuple(remarks))


def _for_outside(sections: Iterable[Section], sums: Sequence[Sum]) -> list[Section]:
    """The sections without what is private, and without small numbers and what would tell them."""
    kept = [section for section in sections if not section.private]
    numbers = {line.id: line.value for section in kept for line in section.lines if _is_count(line)}
    hidden = suppressed(
        {name: value or 0 for name, value in numbers.items()}, [one for one in sums if one.total in numbers]
    )
    return [
        msgspec.structs.replace(
            section,
            lines=tuple(_outside(line, hidden, numbers) for line in section.lines if not line.private),
            quotes=(),
        )
        for section in kept
    ]


def _is_count(line: Line) -> bool:
    return not line.private and not line.depends


def _outside(line: Line, hidden: Mapping[str, Hidden], numbers: Mapping[str, int | None]) -> Line:
    if not line.depends:
        how = hidden.get(line.id)
        return line if how is None else msgspec.structs.replace(line, value=None, hidden=how)
    if line.depends in hidden or 0 < (numbers.get(line.depends) or 0) < FEWEST:
        return msgspec.structs.replace(line, value=None, hidden=Hidden.HELD_BACK)
    return line


def _remarks(
    figures: Figures, made: date, view: View, left_out: Sequence[str], removed: int
) -> Iterable[str]:
    yield "Each visit is counted on the day on which it was to start, and as it stands now."
    if figures.period.last >= made:
        yield "This time is not over yet: the figures will change."
    if view is View.OUTSIDE:
        yield (
            "Numbers from 1 to 4 are not given, because they could point at a person, and neither are the "
            "numbers from which they could be worked out."
        )
        if left_out or removed:
            yield "Some plans could not be counted."
        return
    if left_out:
        many = "1 plan is" if len(left_out) == 1 else f"{len(left_out)} plans are"
        yield f"{many} not counted, because the record does not hold: {', '.join(left_out)}."
    if removed:
        many = "1 plan is" if removed == 1 else f"{removed} plans are"
        yield f"{many} not counted, because the content was removed by rule."
