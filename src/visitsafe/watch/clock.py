"""What a watcher makes of its clocks from one round to the next. Pure: both clocks are arguments.

The wall clock says what time it is and can jump; the count of elapsed seconds never jumps and cannot tell
the time. A watcher acts by the wall clock, but never at an earlier time than before: a step may come early,
never late or twice. Only a clock that is back where it was by the count, after it had been put forward, takes
that jump back. Where the count stands still while a computer sleeps, a jump and a sleep look the same.
"""

from datetime import datetime, timedelta

import msgspec

APART = timedelta(seconds=90)
"""How far two clocks may drift from each other between two rounds before one of them jumped."""
SETTLED = timedelta(hours=1)
"""For how long a clock that was put forward is in doubt, and may take that back."""
FORGIVEN = 0.01
"""The part of the time by which the wall clock may go more slowly than the count."""


class Reading(msgspec.Struct, frozen=True):
    """What the clocks showed at a round.

    Attributes:
        wall: The wall clock, aware.
        elapsed: Seconds from some beginning, going on while the computer sleeps where it can.
        acted: The time by which the watcher acted then, aware.
        counted: The time by the count from when both clocks last agreed, aware.
        steady: The time by the count alone, from before the clock was put forward, aware.
        doubted: For how long the clock has shown more than that.
    """

    wall: datetime
    elapsed: float
    acted: datetime
    counted: datetime
    steady: datetime
    doubted: timedelta = timedelta()

    @property
    def apart(self) -> bool:
        """Whether the clock cannot be trusted now: it is behind, or was put forward not long ago."""
        return self.behind or abs(self.wall - self.steady) > APART

    @property
    def behind(self) -> bool:
        """Whether the wall clock shows less than the count: it went back, or stands still."""
        return self.counted - self.wall > APART


def first_reading(wall: datetime, elapsed: float) -> Reading:
    """The reading of a watcher's first round."""
    return Reading(wall=wall, elapsed=elapsed, acted=wall, counted=wall, steady=wall)


def next_reading(
    last: Reading, wall: datetime, elapsed: float, every: float, *, counts_sleep: bool = True
) -> tuple[Reading, str | None]:
    """The time to act by now, and what there is to say about the clocks.

    Args:
        last: The reading of the round before.
        wall: The wall clock now, aware.
        elapsed: The count now, in seconds, from the same beginning.
        every: Seconds between rounds.
        counts_sleep: Whether the count goes on while the computer sleeps.

    Returns:
        The reading, whose `acted` is never before the last one's, and a sentence or None.
    """
    passed = timedelta(seconds=max(0.0, elapsed - last.elapsed))
    counted = last.counted + passed
    if counted - wall <= APART:
        # A wall clock that is set back a little now and then is forgiven; one that stands still is found out.
        counted = max(wall, counted - passed * FORGIVEN)
    steady, doubted = _steady(last, wall, passed, counts_sleep=counts_sleep)
    agrees = abs(wall - (last.steady + passed)) <= APART  # and not: its doubt has only run out
    if last.doubted and agrees and last.acted - wall > APART:
        reading = Reading(wall=wall, elapsed=elapsed, acted=wall, counted=wall, steady=wall)
        return reading, "the clock is back where it was by counting; going on by it"
    reading = Reading(wall=wall, elapsed=elapsed, acted=wall, counted=counted, steady=steady, doubted=doubted)
    acted = max(counted if reading.behind else wall, last.acted)
    reading = msgspec.structs.replace(reading, acted=acted)
    return reading, _said(last, reading, passed, timedelta(seconds=every), counts_sleep=counts_sleep)


def _steady(
    last: Reading, wall: datetime, passed: timedelta, *, counts_sleep: bool
) -> tuple[datetime, timedelta]:
    """The time by the count alone, and for how long the wall clock has shown more than that."""
    steady = last.steady + passed
    ahead = wall - steady
    if abs(ahead) <= APART:
        return max(wall, steady - passed * FORGIVEN), timedelta()
    if ahead < timedelta():
        return steady, timedelta()
    doubted = last.doubted + max(passed, timedelta(seconds=1))
    if not counts_sleep or doubted > SETTLED:
        return wall, timedelta()
    return steady, doubted


def _said(
    last: Reading, now: Reading, passed: timedelta, every: timedelta, *, counts_sleep: bool
) -> str | None:
    jumped = (now.wall - last.wall) - passed
    if jumped < -APART:
        return f"the clock went back by {_long(-jumped)}; going on by counting until it has caught up"
    if jumped > APART:
        if counts_sleep:
            return f"the clock went forward by {_long(jumped)}; acting by the new time"
        return f"the clock went forward by {_long(jumped)}, or the computer slept; acting by the new time"
    if now.behind and not last.behind:
        return "the clock stands still or goes too slowly; going on by counting until it has caught up"
    if passed > every + APART:
        return f"nothing was watched for {_long(passed)}: the computer slept, or the watcher was held up"
    return None


def _long(time: timedelta) -> str:
    """`45 seconds`, `12 minutes`, `1 h 05 min`."""
    seconds = round(time.total_seconds())
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{seconds} seconds"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} minutes"
