"""Which numbers of a table are not given outside the team, so that small ones cannot be worked out. Pure.

A number from 1 to 4 can point at a person. It is not given, and neither are all the numbers beside it that
add up to the same total (`Sum`), nor whatever any of these is made of. What is not given looks the same
whether it is small or not, 0 too. What is hidden depends on nothing else, so that somebody who knows this
rule learns no more by it: under a total of five or more any of its parts can be the small one. This holds if
no number is part of two sums (a test checks that, and tries out whole sets of tables).
It knows one table only: two tables of overlapping times can be compared by whoever has both.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

FEWEST = 5
"""The smallest number, but 0, that is given outside the team."""


class Hidden(StrEnum):
    """What stands in the place of a number that is not given: one word, whatever the number is."""

    HELD_BACK = "not shown"


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


def suppressed(numbers: Mapping[str, int], sums: Sequence[Sum]) -> dict[str, Hidden]:
    """What is not given of a table, by name.

    Args:
        numbers: All numbers of the table, none of them below 0.
        sums: How they hang together. Of a table that does not add up nothing is given.
    """
    if not all(_adds_up(one, numbers) for one in sums):
        return dict.fromkeys(numbers, Hidden.HELD_BACK)
    hidden = {name for name, number in numbers.items() if 0 < number < FEWEST}
    before: set[str] = set()
    while before != hidden:
        before = set(hidden)
        for one in sums:
            if not hidden.isdisjoint((one.total, *one.parts)):
                hidden.update(one.parts)
    return {name: Hidden.HELD_BACK for name in numbers if name in hidden}


def _adds_up(one: Sum, numbers: Mapping[str, int]) -> bool:
    parts = sum(numbers.get(part, 0) for part in one.parts)
    rest = numbers[one.total] - parts
    return rest == 0 if one.whole and all(part in numbers for part in one.parts) else rest >= 0
