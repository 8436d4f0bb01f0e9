"""The sections of a team's report about who carries what: for a manager's eyes only (D14; 8.2). Pure."""

from collections.abc import Iterator

from visitsafe.supervision.figures import MANY, Figures
from visitsafe.supervision.report_shape import Line, Section

ASK = (
    "It may be luck or skill. It may also be that reporting is hard, or seems to change nothing. "
    "A question worth asking kindly; it says nothing about how anybody works."
)


def people_sections(figures: Figures, *, named: bool, prompts: bool) -> Iterator[Section]:
    """Who carries most, if names may be given, and whom to ask about reporting.

    Args:
        figures: What was counted.
        named: With names.
        prompts: With how many there are whom to ask.
    """
    if named:
        yield _carried(figures)
    if prompts:
        yield _reporting(figures, named=named)


def _carried(figures: Figures) -> Section:
    lines = (
        Line(
            f"carried_{place}",
            one.name,
            one.cases,
            note=f"in {_visits(one.visits)}",
            bar=True,
            private=True,
        )
        for place, one in enumerate(figures.carried, start=1)
    )
    return Section(
        "carried",
        "Who carries the cases in which somebody may be hostile",
        tuple(lines),
        about=("Different cases. For sharing the work out more fairly, not for comparing people.",),
        private=True,
    )


def _visits(count: int) -> str:
    return "1 visit" if count == 1 else f"{count} visits"


def _reporting(figures: Figures, *, named: bool) -> Section:
    asked = [one for one in figures.carried if one.never_reported]
    first = Line(
        "never_reported",
        f"Workers with {MANY} or more such visits and no incident or near miss reported",
        len(asked),
        private=True,
    )
    each = (
        Line(
            f"never_reported_{place}",
            one.name,
            one.visits,
            note="such visits",
            part=True,
            private=True,
        )
        for place, one in enumerate(asked, start=1)
    )
    about = (ASK,) if asked else ()
    return Section(
        "reporting",
        "Is anything not reported?",
        (first, *(each if named else ())),
        about=about,
        private=True,
    )
