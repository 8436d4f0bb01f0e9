"""Which prompts a supervision pack takes: those whose pattern shows, and those that are always asked. Pure.

At most about ten, for an hour has no more. What is asked of fewer patterns is more specific and comes first;
for each pattern one prompt is taken before any gets a second one. What is always asked is never crowded out.
"""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from visitsafe.checklists.model import Pattern

MOST = 10


class Prompted(Protocol):
    """A prompt, as a checklist has it."""

    @property
    def when(self) -> tuple[Pattern, ...]:
        """The patterns of which one has to show; empty: it is always asked."""


P = TypeVar("P", bound=Prompted)


def chosen(prompts: Sequence[P], shown: Collection[Pattern], most: int = MOST) -> list[P]:
    """The prompts to talk about, the most specific first, and last those that are always asked.

    Args:
        prompts: All of them, the more important first.
        shown: The patterns that show in the record.
        most: How many, if that leaves room for what is always asked.
    """
    always = [one for one in prompts if not one.when]
    return [*specific(prompts, shown, most - len(always)), *always]


def specific(prompts: Sequence[P], shown: Collection[Pattern], most: int = MOST) -> list[P]:
    """Those whose pattern shows, the most specific first."""
    fitting = [one for one in prompts if not set(one.when).isdisjoint(shown)]
    waiting = sorted(fitting, key=lambda one: len(one.when))
    taken: list[P] = []
    answered: set[Pattern] = set()
    while waiting and len(taken) < most:
        fresh = next((one for one in waiting if set(one.when) & set(shown) - answered), waiting[0])
        waiting.remove(fresh)
        taken.append(fresh)
        answered |= set(fresh.when)
    return taken
