"""Many at once: writers and watchers on one store, each a process of its own."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from patience import until
from reliability.children import Child
from reliability.ledger import acknowledged
from reliability.lives import enough, watches, writes
from reliability.town import Town, rows
from reliability.truth import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable


def crowd(town: Town, folder: Path, processes: int, seconds: float, seed: int) -> Outcome:
    """So many writers and two watchers, for so many seconds, and on until all of them have been heard."""
    outcome = Outcome("many at once", town.on, processes)
    lives: list[Callable[[], object]] = [
        partial(writes, town, folder, number, seed) for number in range(processes)
    ]
    lives += [partial(watches, town, folder)] * 2
    people = [Child(folder, life) for life in lives]
    time.sleep(seconds)
    until(lambda: acknowledged(folder) > processes, "the writers to get on")
    until(lambda: raised(town) >= len(town.overdue), "the watchers to raise what is overdue")
    enough(folder)
    ends = [child.wait() for child in people]
    if any(end is None for end in ends):
        outcome.wrong.append(f"{ends.count(None)} of {len(ends)} never ended: they wait for each other")
    outcome.judge(town, folder)
    outcome.counted["raised by watchers"] = raised(town)
    return outcome


def raised(town: Town) -> int:
    """How many steps watchers have raised."""
    return sum(row.kind == "escalated" for row in rows(town))
