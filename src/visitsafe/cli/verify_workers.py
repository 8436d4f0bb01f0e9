"""`visitsafe verify` on all processors: what another process needs to check a part of the store.

A small store is checked in one process: to start others takes longer. What is found does not depend on it.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.exchange.verify_parts import Result, Spread, Task

WORTH_IT = 20_000
"""Entries from which other processes are started."""
Tell = Callable[[str, int, int], None]


def spread(desk: "Desk", url: str, tell: Tell, *, count: int = 0, worth_it: int = WORTH_IT) -> "Spread":
    """Has a store checked by all processors, or here if it is small or no process can be started.

    Args:
        desk: The store and the team.
        url: The store's, so that others can open it.
        tell: Told how much is done.
        count: How many processes; 0 for one on each processor.
        worth_it: The number of entries from which it is worth it.
    """
    from visitsafe.exchange.processes import NoProcessesError, processors, share
    from visitsafe.exchange.verify_many import here

    number = count or processors()

    def run(todo: "Sequence[Task]", upto: int) -> "Iterator[Result]":
        alone = here(desk.store, desk.roster)
        if upto < worth_it or number < 2:  # noqa: PLR2004 - one process is this one
            yield from _telling(alone(todo, upto), len(todo), tell)
            return
        try:
            yield from _telling(share(begin, (url, desk.roster.team_id, upto), todo, number), len(todo), tell)
        except NoProcessesError:
            yield from _telling(alone(todo, upto), len(todo), tell)

    return run


def _telling(results: "Iterable[Result]", total: int, tell: Tell) -> "Iterator[Result]":
    tell("checking the store", 0, total)
    for done, result in enumerate(results, 1):
        yield result
        tell("checking the store", done, total)


def begin(url: str, team_id: str, upto: int) -> "Callable[[Task], Result]":
    """In another process: open the store and the team; what is returned does tasks."""
    from visitsafe.desk import open_roster
    from visitsafe.exchange.verify_many import perform
    from visitsafe.store.open import open_store

    store = open_store(url, owner=True)
    roster = open_roster(store, team_id)
    gc.collect()
    gc.freeze()

    def task(one: "Task") -> "Result":
        # Looking for garbage while entries come and go by the thousand takes a third of the time.
        gc.disable()
        try:
            return perform(store, roster, one, upto)
        finally:
            gc.collect()

    return task
