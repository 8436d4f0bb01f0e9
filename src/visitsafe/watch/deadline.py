"""Doing something that talks to others without ever waiting for it longer than was said.

It runs in a thread of its own that does not keep the program alive: whoever hangs is left behind. Nothing is
stopped by force, so what was given up on may still happen later.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Run(Generic[T]):
    """One run of some work and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.results: list[T] = []
        self.errors: list[BaseException] = []

    def __call__(self) -> None:
        try:
            self.results.append(self.work())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits; a thread must not print it
            self.errors.append(error)


def within(seconds: float, work: Callable[[], T]) -> T:
    """Do some work, and give up waiting for it after so many seconds.

    Raises:
        TimeoutError: It has not come back yet.
        Exception: Whatever the work raised.
    """
    run = _Run(work)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if run.errors:
        raise run.errors[0]
    if not run.results:
        raise TimeoutError
    return run.results[0]
