"""Which numbers of a table are not given outside the team, so that small ones cannot be worked out. Pure.

A number from 1 to 4 can point at a person. It is not given, and neither is any other number from which it
could be computed: the tables say which numbers add up to which (`Sum`), and from these, and from what is
given, the least and the most are worked out that each hidden number can be. One that can be only one thing is
not hidden yet. The tables' sums form no ring (a test checks), so that this reasoning leaves out nothing.
It knows one table only: two tables of overlapping times can be compared by whoever has both.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

FEWEST = 5
"""The smallest number, but 0, that is given outside the team."""
_ENDLESS = 1 << 62


class Hidden(StrEnum):
    """What stands in the place of a number that is not given."""

    FEW = "fewer than 5"
    """It is 1, 2, 3 or 4."""
    HELD_BACK = "not shown"
    """It may be anything: another number could be computed from it."""


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


Span = tuple[int, int]
"""The least and the most that a number can be."""


def suppressed(numbers: Mapping[str, int], sums: Sequence[Sum]) -> dict[str, Hidden]:
    """What is not given of a table, by name.

    Args:
        numbers: All numbers of the table, none of them below 0.
        sums: How they hang together. Of a table that does not add up nothing is given.
    """
    if not all(_adds_up(one, numbers) for one in sums):
        return dict.fromkeys(numbers, Hidden.HELD_BACK)
    hidden = {name: Hidden.FEW for name, number in numbers.items() if 0 < number < FEWEST}
    while exposed := _exposed(numbers, sums, hidden):
        near = _near(exposed, sums)
        given = [name for name in near if name in numbers and name not in hidden]
        if given:
            hidden[_best(exposed, given, numbers, sums, hidden)] = Hidden.HELD_BACK
        else:
            hidden |= {name: Hidden.HELD_BACK for name in (exposed, *near) if name in numbers}
    return hidden


def _adds_up(one: Sum, numbers: Mapping[str, int]) -> bool:
    parts = sum(numbers.get(part, 0) for part in one.parts)
    rest = numbers[one.total] - parts
    return rest == 0 if one.whole and all(part in numbers for part in one.parts) else rest >= 0


def spans(numbers: Mapping[str, int], sums: Sequence[Sum], hidden: Mapping[str, Hidden]) -> dict[str, Span]:
    """The least and the most that each number can be for somebody who has only what is given.

    The numbers must add up as `sums` says.
    """
    known = {name: _alone(number, hidden.get(name)) for name, number in numbers.items()}
    rest = [one if one.whole else _with_rest(one, at) for at, one in enumerate(sums)]
    known |= {name: (0, _ENDLESS) for one in rest for name in one.parts if name not in known}
    before: dict[str, Span] = {}
    while before != known:
        before = dict(known)
        for one in rest:
            _narrow(one, known)
    return known


def _alone(number: int, how: Hidden | None) -> Span:
    if how is None:
        return number, number
    return (1, FEWEST - 1) if how is Hidden.FEW else (0, _ENDLESS)


def _with_rest(one: Sum, at: int) -> Sum:
    return Sum(one.total, (*one.parts, f"rest {at}"))


def _narrow(one: Sum, known: dict[str, Span]) -> None:
    """What a sum says about its total, and about each part by the total and the other parts."""
    least = sum(known[part][0] for part in one.parts)
    most = sum(known[part][1] for part in one.parts)
    low, high = known[one.total]
    known[one.total] = low, high = max(low, least), min(high, most)
    for part in one.parts:
        mine = known[part]
        fewest, largest = low - (most - mine[1]), high - (least - mine[0])
        known[part] = max(mine[0], fewest), min(mine[1], largest)


def _exposed(numbers: Mapping[str, int], sums: Sequence[Sum], hidden: Mapping[str, Hidden]) -> str:
    """A small number that is hidden and can be computed all the same; empty if there is none."""
    known = spans(numbers, sums, hidden)
    small = (name for name in hidden if 0 < numbers[name] < FEWEST)
    return next((name for name in small if known[name][0] == known[name][1]), "")


def _near(name: str, sums: Sequence[Sum]) -> list[str]:
    """The numbers that hang together with one, the nearest first; parts before the total they add up to."""
    found = [name]
    for one in found:  # grows while it is walked
        for each in sums:
            members = (*each.parts, each.total)
            if one in members:
                found += [member for member in members if member not in found]
    return found[1:]


def _best(
    exposed: str,
    given: Iterable[str],
    numbers: Mapping[str, int],
    sums: Sequence[Sum],
    hidden: Mapping[str, Hidden],
) -> str:
    """Which number to hold back too: the nearest that helps by itself, one that is not 0 if there is one."""
    ordered = sorted(given, key=lambda name: not numbers[name])
    for name in ordered:
        low, high = spans(numbers, sums, {**hidden, name: Hidden.HELD_BACK})[exposed]
        if low < high:
            return name
    return ordered[0]
