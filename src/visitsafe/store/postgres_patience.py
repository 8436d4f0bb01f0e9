"""A connection to PostgreSQL that waits for an answer only so long.

A server tells by itself when a statement takes too long (`statement_timeout`), and a network that is gone is
noticed by the system. Neither helps when the server's process, or a pooler in front of it, is frozen: the
socket stays open and nothing ever comes. Then what was asked counts as cut off, so whoever wrote asks what
became of it on a new connection. It stops nothing at the server.
"""

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

LONGEST_ANSWER = 75.0
"""Seconds: more than the server gives any statement, so that a server that can still speak says so itself."""
T = TypeVar("T")


class Patient(psycopg.Connection[tuple[Any, ...]]):
    """A connection that is let go of when nothing comes back.

    Attributes:
        longest: Seconds of silence while something is asked.
    """

    longest: float = LONGEST_ANSWER

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        """Wait for what was asked: each statement of psycopg's comes through here.

        Raises:
            OperationalError: Nothing came. It has no SQLSTATE, as for every connection that is cut.
        """
        return super().wait(_bounded(gen, self.longest), *args, **kwargs)


def _bounded(asked: Generator[Any, Any, T], longest: float) -> Generator[Any, Any, T]:
    """The same conversation, given up after a long silence; psycopg comes by ten times a second."""
    end = time.monotonic() + longest
    try:
        state = next(asked)
        while True:
            heard = yield state
            if heard:
                end = time.monotonic() + longest
            elif time.monotonic() > end:
                asked.close()
                raise psycopg.OperationalError("the server does not answer any more")
            state = asked.send(heard)
    except StopIteration as done:
        value: T = done.value
        return value
