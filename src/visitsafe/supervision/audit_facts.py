"""What the evidence for the managers' own audit is made of, and how numbers are put into sentences. Pure."""

from collections.abc import Sequence

import msgspec

from visitsafe.state.fold import PlanState
from visitsafe.supervision.figures import Figures


class Facts(msgspec.Struct, frozen=True):
    """What the evidence is made of.

    Attributes:
        figures: What a team's report counts.
        states: The plans of that time, as somebody sees them who may not know of duress.
        joined: How many people joined the team.
    """

    figures: Figures
    states: Sequence[PlanState]
    joined: int


def count(number: int, what: str, several: str = "") -> str:
    """`1 visit`, `2 visits`, `no visit`."""
    return f"{number or 'no'} {what if number <= 1 else several or what + 's'}"


def were(number: int, what: str, several: str = "") -> str:
    """`1 visit was`, `2 visits were`, `No visit was`; it begins a sentence."""
    text = count(number, what, several)
    return f"{text[:1].upper()}{text[1:]} {'was' if number <= 1 else 'were'}"


def plans(number: int) -> str:
    """`2 plans`; also 1, for it stands behind `0 of`."""
    return f"{number} plans"
