"""What a run of the watch works with: the desk's key, its channels, this computer's name and clock.

The only part of the watch that asks the system. The key is opened once. Which time it is follows from the
wall clock and from a counter that goes on while the computer sleeps (`domain.watch_clock`).
"""

import hashlib
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotPermittedError
from visitsafe.opening import Context, invocation, settings_of, signer_of, zone_of
from visitsafe.record.terms import WATCHERS
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster
from visitsafe.watch.clock import APART, first_reading, next_reading
from visitsafe.watch.messages import Text
from visitsafe.watch.notify import Channels, Reach, Sent, read_reach
from visitsafe.watch.outbox import Channel
from visitsafe.watch.watch_claims import Means

CLOCK_DOUBTED = "the clock of this computer was put forward or back: see that it shows the right time"


class Moved(msgspec.Struct, frozen=True):
    """What became of the clock since it was last looked at.

    Attributes:
        by: How far it was put forward while nobody was away; less than nothing if that was taken back.
        sentence: What to tell; empty if all is as it should be.
    """

    by: timedelta = timedelta()
    sentence: str = ""


class Timekeeper:
    """The time by which a run of the watch acts: looked at before each round, counted on within it."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        elapsed: Callable[[], float],
        every: int,
        *,
        counts_sleep: bool = True,
    ) -> None:
        """Begin.

        Args:
            clock: The wall clock, aware.
            elapsed: A count of seconds that never jumps.
            every: Seconds between rounds.
            counts_sleep: Whether the count goes on while the computer sleeps.
        """
        self._clock, self._elapsed, self._every = clock, elapsed, every
        self._counts_sleep = counts_sleep
        self._last = first_reading(clock(), elapsed())

    def now(self) -> datetime:
        """The time to act by, aware, to the second."""
        passed = timedelta(seconds=max(0.0, self._elapsed() - self._last.elapsed))
        return (self._last.acted + passed).replace(microsecond=0)

    def look(self) -> Moved:
        """Look at both clocks."""
        before = self._last
        self._last, sentence = next_reading(
            before, self._clock(), self._elapsed(), self._every, counts_sleep=self._counts_sleep
        )
        passed = timedelta(seconds=max(0.0, self._last.elapsed - before.elapsed))
        jumped = self._last.acted - before.acted - passed
        is_jump = jumped < -APART or (self._counts_sleep and jumped > APART)
        return Moved(jumped if is_jump else timedelta(), sentence or "")

    def wall(self) -> datetime:
        """What the wall clock shows as far as it was looked at, aware; `now` where both are the same."""
        passed = timedelta(seconds=max(0.0, self._elapsed() - self._last.elapsed))
        return (self._last.wall + passed).replace(microsecond=0)

    def doubt(self) -> tuple[str, ...]:
        """What is wrong with the clock, as a sentence; empty while both clocks agree."""
        return (CLOCK_DOUBTED,) if self._last.apart else ()


class Outfit(msgspec.Struct, frozen=True):
    """All that a run of the watch needs from this computer."""

    me: Member
    roster: Roster
    reach: Reach
    means: Means
    time: Timekeeper


def outfit(context: Context, desk: Desk, every: int, remarks: Callable[[], Sequence[str]] = tuple) -> Outfit:
    """Look whether this person may watch, open the key, and gather the rest.

    Args:
        context: The invocation.
        desk: The open store and the team.
        every: Seconds between rounds; 0 for a single one.
        remarks: What somebody should know of this watch, as sentences.

    Raises:
        NotPermittedError: This key is of nobody who may watch.
        KeyFileError: The key cannot be opened.
    """
    me = desk.member()
    if me.roles.isdisjoint(WATCHERS):
        raise NotPermittedError(
            "only a manager or a duty officer watches, or a computer with the role watch",
            hint="ask an admin: visitsafe team role WHO --add duty",
        )
    reach = read_reach(settings_of(context))
    signer = signer_of(context)
    elapsed, counts_sleep = counter()
    timekeeper = Timekeeper(invocation(context).clock, elapsed, every, counts_sleep=counts_sleep)
    post = Post(reach, timekeeper.now)
    means = Means(
        signer=signer,
        contacts=reach.contacts,
        send=post.send,
        now=timekeeper.now,
        zone=zone_of,
        watcher=_name_of_run(signer.fingerprint, every),
        host=socket.gethostname(),
        pid=os.getpid(),
        runs=is_running,
        every=every,
        wall=timekeeper.wall,
        doubt=timekeeper.doubt,
        remarks=lambda: [*remarks(), *filter(None, [reach.trouble])],
    )
    return Outfit(me, desk.roster, reach, means, timekeeper)


def counter() -> tuple[Callable[[], float], bool]:
    """Seconds that never jump, and whether they go on while this computer sleeps."""
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        number = getattr(time, name, None)
        if number is not None:  # the second one goes on in a Mac's sleep, and not in Linux's
            counts_sleep = name == "CLOCK_BOOTTIME" or sys.platform == "darwin"
            return partial(time.clock_gettime, number), counts_sleep
    return time.monotonic, sys.platform == "win32"


def is_running(pid: int) -> bool:
    """Whether a process of this computer is still there; it counts as there where that cannot be told."""
    if sys.platform == "win32" or pid <= 0:  # there os.kill would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


class Post:
    """Hands messages to the channels; one that has just failed is left alone while another one may work."""

    def __init__(self, reach: Reach, now: Callable[[], datetime]) -> None:
        self._channels = Channels(reach.urls)
        self._labels = list(reach.urls)
        self._now = now

    def send(self, channel: Channel, text: Text) -> str:
        """Why a message could not be handed over; empty if it was."""
        now, label = self._now(), channel.label
        resting = [one for one in self._labels if self._channels.rests_until(one, now) is not None]
        if label in resting and len(resting) < len(self._labels):
            return "left alone for a moment, because it has just failed"
        outcome = self._channels.send(label, text, now)
        return "" if isinstance(outcome, Sent) else outcome.why


def _name_of_run(fingerprint: str, every: int) -> str:
    """Random; but runs from cron share one, or their heartbeats would pile up."""
    if every:
        return os.urandom(8).hex()
    return hashlib.sha256(f"once\n{socket.gethostname()}\n{fingerprint}".encode()).hexdigest()[:16]
