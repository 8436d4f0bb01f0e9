"""What a team's report is made of: sections with lines of one figure each. Pure."""

import msgspec

from visitsafe.supervision.suppression import Hidden

COUNT, MINUTES = "count", "minutes"
NONE = "none"
"""What stands in the place of a time that nothing took."""


class Line(msgspec.Struct, frozen=True):
    """One figure.

    Attributes:
        id: Its name for programs; the same in every report.
        label: What it counts, for people. It may be text that somebody wrote.
        value: The number; None where there is none, or where it is not given.
        unit: `count` or `minutes`.
        part: It is a part of a line above it.
        hidden: Why it is not given; None if it is.
        depends: The figure that says of how many something is the median or the sum; empty for a count.
        private: Not for outside the team.
        note: More about it.
        bar: Whether it is drawn as a bar.
    """

    id: str
    label: str
    value: int | None
    unit: str = COUNT
    part: bool = False
    hidden: Hidden | None = None
    depends: str = ""
    private: bool = False
    note: str = ""
    bar: bool = False

    @property
    def shown(self) -> str:
        """The figure as people read it."""
        if self.hidden is not None:
            return self.hidden.value
        if self.value is None:
            return NONE
        return str(self.value) if self.unit == COUNT else f"{self.value} min"


class Section(msgspec.Struct, frozen=True):
    """Figures that belong together.

    Attributes:
        id: Its name for programs.
        title: Its heading.
        lines: The figures.
        about: Sentences that say what is counted, or what to ask.
        quotes: What managers wrote, each with the plan's reference.
        private: Not for outside the team.
        what: What the lines are, as the heading of their column.
    """

    id: str
    title: str
    lines: tuple[Line, ...]
    about: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()
    private: bool = False
    what: str = "What"

    @property
    def bars(self) -> tuple[Line, ...]:
        """The lines that are drawn, if any of them is more than nothing."""
        found = tuple(line for line in self.lines if line.bar and line.value is not None)
        return found if any(line.value for line in found) else ()
