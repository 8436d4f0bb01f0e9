"""kill -9 of writers: at random moments, and at every statement that a command runs.

The statement is counted where the database's own driver runs it: nothing of ours is replaced.
"""

import itertools
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from patience import until
from reliability.children import Child
from reliability.ledger import Ledger, acknowledged
from reliability.lives import once, writes
from reliability.town import Town
from reliability.truth import Outcome

_MOST = 400
_SELDOM = 10  # a look at everything takes longer the more there is


def at_random(town: Town, folder: Path, kills: int, seed: int, writers: int = 3) -> Outcome:
    """Writers at work; one of them, by chance, is killed at a moment left to chance, and replaced."""
    outcome = Outcome("kill -9 of a writer, at random", town.on)
    chance, numbers = Random(seed), itertools.count()

    def begun() -> Child:
        number = next(numbers)
        return Child(folder, lambda: writes(town, folder, number, seed))

    alive = [begun() for _ in range(writers)]
    until(lambda: acknowledged(folder) > kills // 2, "the writers to get on")
    while outcome.tried < kills:
        time.sleep(chance.uniform(0.0, 0.1))
        chosen = chance.randrange(writers)
        alive[chosen].kill()
        outcome.tried += 1
        if outcome.tried % _SELDOM == 0:
            _look(outcome, town, alive)
        alive[chosen] = begun()
    for child in alive:
        child.kill()
    outcome.judge(town, folder)
    return outcome


def _look(outcome: Outcome, town: Town, alive: list[Child]) -> None:
    """See that all holds while everybody stands still, wherever they are."""
    for child in alive:
        child.stop()
    outcome.look(town)
    for child in alive:
        child.go_on()


def at_each_statement(town: Town, folder: Path, command: str) -> Outcome:
    """One command again and again, killed before its first statement, its second, and so on to its last."""
    outcome = Outcome(f"kill -9 of '{command}' at every statement", town.on)
    for statement in range(1, _MOST):
        child = Child(folder, partial(_one, town, folder, command, statement))
        if child.wait() != -signal.SIGKILL:
            break
        outcome.tried += 1
        outcome.look(town)
    else:
        outcome.wrong.append("it never ran to its end")
    outcome.judge(town, folder)
    return outcome


def _one(town: Town, folder: Path, command: str, at: int) -> None:
    left = itertools.count(at - 1, -1)

    def burns() -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    _counting(burns)
    ledger = Ledger(folder, at)
    noted = ledger.note

    def note(state: str, mark: str, said: str = "") -> None:
        if state != "begun":
            burns()  # committed, and nobody has heard of it
        noted(state, mark, said)

    ledger.note = note  # type: ignore[method-assign] # the fuse burns in the ledger too
    once(town, ledger, command)


def _counting(burns: Callable[[], None]) -> None:
    """Have the drivers of this process tell before each statement, and PostgreSQL's after it as well."""
    import psycopg

    connect, execute = sqlite3.connect, psycopg.Connection.execute

    def traced(*words: Any, **more: Any) -> sqlite3.Connection:
        database: sqlite3.Connection = connect(*words, **more)
        database.set_trace_callback(lambda _statement: burns())
        return database

    def executed(*words: Any, **more: Any) -> Any:
        burns()
        done = execute(*words, **more)
        burns()
        return done

    sqlite3.connect = traced  # type: ignore[assignment] # the same
    psycopg.Connection.execute = executed  # type: ignore[method-assign] # of the driver, in this child only
