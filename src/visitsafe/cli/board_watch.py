"""`visitsafe board --watch`: looks again and again, rings the bell, and outlives a store that is away.

The loop is given its clock and its rest. While the store cannot be reached the last board stays, its minutes
go on, and the first line says so. The bell never rings for duress: the worker may be in the same room.
"""

import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

import msgspec

from visitsafe.cli.board_screen import Paint
from visitsafe.errors import VisitsafeError
from visitsafe.text.clock import clock, to_text
from visitsafe.watch.board import Board, Sight, board_of
from visitsafe.watch.board_words import board_lines

AGAIN = timedelta(minutes=1)
"""How often the bell rings while nobody has taken an alarm on."""
GLANCE = 0.2
"""Seconds between two looks at the size of the window."""


class Bell(msgspec.Struct, frozen=True):
    """What the bell has rung for: who was overdue, when it rang last, and that nobody was watching."""

    overdue: frozenset[tuple[str, str]] = frozenset()
    rung: datetime | None = None
    alone: bool = False


class LastSight(msgspec.Struct, frozen=True):
    """The last sight of the store, and since when and why it cannot be reached."""

    sight: Sight
    away: datetime | None = None
    why: str = ""


def rings(bell: Bell, board: Board, *, away: bool) -> tuple[bool, Bell]:
    """Whether the bell rings for a board: somebody is newly overdue, or nobody takes an alarm on.

    Args:
        bell: What it has rung for.
        board: What is so now.
        away: Whether the store cannot be reached.
    """
    rows = [row for row in board.rows if not row.duress]
    overdue = frozenset((row.plan, row.due_back) for row in rows if row.overdue and not row.owner)
    alone = away or (board.watch is not None and not board.watch.anybody)
    rested = bell.rung is None or not timedelta() <= board.at - bell.rung < AGAIN
    asking = rested and any(row.unowned for row in rows)
    ring = bool(overdue - bell.overdue) or asking or (alone and not bell.alone)
    return ring, Bell(overdue, board.at if ring else bell.rung, alone)


def looked_again(seen: LastSight, look: Callable[[Sight | None], Sight], now: datetime) -> LastSight:
    """What is known after another look at the store, which may not be there."""
    try:
        return LastSight(look(seen.sight))
    except VisitsafeError as error:
        return LastSight(seen.sight, seen.away or now, error.message)
    except OSError as error:
        return LastSight(seen.sight, seen.away or now, error.strerror or "it cannot be read")


def away_words(seen: LastSight, now: datetime, zone: tzinfo) -> str:
    """The line that stands above all else while the store cannot be reached; empty while it can."""
    if seen.away is None:
        return ""
    since = clock(to_text(seen.away), zone, now)
    return (
        f"THE STORE CANNOT BE REACHED since {since}: {seen.why}. Below is what was known then. Still trying."
    )


def keep_looking(
    look: Callable[[Sight | None], Sight],
    paint: Paint,
    clock_now: Callable[[], datetime],
    rest: Callable[[], bool],
    zone: tzinfo,
    *,
    details: bool = False,
) -> None:
    """Show the board until somebody interrupts it.

    Args:
        look: Looks at the store, given what was seen before.
        paint: Puts a board on the screen.
        clock_now: The moment, aware.
        rest: Waits until the next look; true if it is only to be drawn again, for the window has changed.
        zone: Whose local time is told.
        details: With addresses.

    Raises:
        VisitsafeError: The very first look failed.
    """
    seen, bell = LastSight(look(None)), Bell()
    while True:
        now = clock_now()
        board = board_of(seen.sight, now, zone, details=details)
        ring, bell = rings(bell, board, away=seen.away is not None)
        lines = board_lines(board, zone, away_words(seen, now, zone))
        paint(lines, ring)
        while rest():
            paint(lines, False)
        seen = looked_again(seen, look, clock_now())


def resting(seconds: float) -> Callable[[], bool]:
    """Waits some seconds, or until the window has changed its size."""

    def rest() -> bool:
        size, end = shutil.get_terminal_size(), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(GLANCE, left))
            if shutil.get_terminal_size() != size:
                return True
        return False

    return rest
