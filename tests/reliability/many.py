"""Many at once: writers and watchers on one store, each a process of its own."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reliability.children import Child
from reliability.lives import watches, writes
from reliability.town import Town, rows
from reliability.truth import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 60.0


def crowd(town: Town, folder: Path, processes: int, seconds: float, seed: int, turns: int = 10**6) -> Outcome:
    """So many writers and two watchers, for so many seconds."""
    outcome = Outcome("many at once", town.on, processes)
    lives: list[Callable[[], object]] = [
        partial(writes, town, folder, number, seed, seconds, turns) for number in range(processes)
    ]
    lives += [partial(watches, town, seconds)] * 2
    people = [Child(folder, life) for life in lives]
    ends = [child.wait(seconds + PATIENCE) for child in people]
    if any(end is None for end in ends):
        outcome.wrong.append(f"{ends.count(None)} of {len(ends)} never ended: they wait for each other")
    outcome.judge(town, folder)
    outcome.counted["raised by watchers"] = sum(row.kind == "escalated" for row in rows(town))
    return outcome
