"""Round after round until somebody ends it, whatever happens in between (D11).

The store is opened anew for each round: a file that was replaced or is away is noticed, and one that is
back is used. Time, sleep and the store come as arguments. A round that fails is said on the screen and tried
again; only a person ends the watch.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC

import msgspec

from visitsafe.cli.watch_means import Moved
from visitsafe.cli.watch_talk import WatchScreen
from visitsafe.errors import StoreError, VisitsafeError
from visitsafe.record.stored import Store
from visitsafe.watch.heartbeat import read_beats, watch_at
from visitsafe.watch.notify import Pinger
from visitsafe.watch.watcher import Round, Watching

SCREEN_GONE = "the terminal of this watch was closed: messages still go out, and nobody sees its screen"


class StoppedError(Exception):
    """Somebody asked this program to end while it slept."""


class Stop:
    """Whether somebody has asked this program to end: SIGTERM or Ctrl+C, which let a message go out first.

    A terminal that closes (SIGHUP) often does so by accident. While messages reach people the watch goes on
    without it and its heartbeat says so; where only the screen tells, it ends, so that boards turn red.

    Attributes:
        by: The signal; 0 while nobody has asked.
        needs_screen: Whether nobody is told anything but on the screen.
        screen_gone: Whether the terminal was closed.
    """

    def __init__(self) -> None:
        self.by = 0
        self.screen_gone = False
        self.needs_screen = False
        self._asleep = False

    def __call__(self) -> bool:
        """Whether to end now."""
        return bool(self.by)

    def sleep(self, seconds: float) -> None:
        """Sleep, unless or until somebody asks to end."""
        try:
            self._asleep = True
            if not self.by:
                time.sleep(seconds)
        except StoppedError:
            pass
        finally:
            self._asleep = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen for the signals meanwhile; a second Ctrl+C ends at once."""
        numbers = [signal.SIGTERM, signal.SIGINT]
        closed = getattr(signal, "SIGHUP", None)
        if closed is not None and signal.getsignal(closed) is not signal.SIG_IGN:  # as under nohup
            numbers.append(closed)
        before = {number: signal.signal(number, self._ask) for number in numbers}
        try:
            yield
        finally:
            for number, way in before.items():
                signal.signal(number, way)

    def remarks(self) -> tuple[str, ...]:
        """What is wrong, as a sentence: nobody sees this watch's screen any more."""
        return (SCREEN_GONE,) if self.screen_gone else ()

    def _ask(self, number: int, _frame: object) -> None:
        if number == getattr(signal, "SIGHUP", None):
            self.screen_gone = True
            if not self.needs_screen:
                return
        again, self.by = bool(self.by), number
        if self._asleep:
            raise StoppedError
        if again:
            raise KeyboardInterrupt


class Loop(msgspec.Struct, frozen=True):
    """What the rounds need.

    Attributes:
        watching: The run of the watch.
        screen: Where it talks.
        open_store: Opens the store for one round.
        look: Looks at the clock before a round: what it shows, and what became of it.
        every: Seconds between rounds; 0 for a single one.
        pinger: Tells an outside monitor; None without one.
    """

    watching: Watching
    screen: WatchScreen
    open_store: Callable[[], Store]
    look: Callable[[], Moved]
    every: int = 0
    pinger: Pinger | None = None

    def run(self, stop: Callable[[], bool], sleep: Callable[[float], None]) -> None:
        """Go round until somebody asks to end."""
        while not stop():
            found = self.round()
            if found is None or not found.more:
                sleep(self.every)

    def once(self) -> Round:
        """A single round, and what it leaves to be done at once.

        Raises:
            VisitsafeError: Whatever is wrong: there is no next round that could go better.
        """
        while (found := self._round()).more:
            pass
        self._after(found)
        if self.pinger is not None and (trouble := self.pinger.wait()):
            self.screen.ping(trouble)
        return found

    def round(self) -> Round | None:
        """One round with all that can go wrong said; what it found, or None if it failed."""
        try:
            found = self._round()
        except StoreError as error:
            self.screen.away(error, self.watching.found())
            return None
        except VisitsafeError as error:
            self.screen.fault(error.message)
            return None
        except Exception as error:  # noqa: BLE001 - a fault that nobody foresaw must not end the watch
            self.screen.fault(f"{type(error).__name__}, a fault of visitsafe")
            return None
        self._after(found)
        return found

    def end(self) -> list[str]:
        """Say that this run has ended; who else is watching now, by name and computer."""
        store = self.open_store()
        try:
            self.watching.end(store)
            means, roster = self.watching.means, self.watching.view.roster
            watch = watch_at(read_beats(store, roster), means.now(), UTC)
        finally:
            store.close()
        return [
            f"{beat.author.person.name} on {beat.body.host}"
            for beat in watch.alive
            if beat.body.watcher != means.watcher and not means.is_dead(beat.body)
        ]

    def _round(self) -> Round:
        moved = self.look()
        if moved.by:
            self.watching.clock_moved(moved.by)
            self.screen.clock_moved(moved.by)
        if moved.sentence:
            self.screen.line(moved.sentence, grave=True)
        store = self.open_store()
        try:
            return self.watching.round(store)
        finally:
            store.close()

    def _after(self, found: Round) -> None:
        self.screen.round(found)
        if self.pinger is not None and found.healthy:
            self.screen.ping(self.pinger.ping())
