"""What the watch says on its screen: one line for each thing that happens, for somebody tired.

Every line begins with the local time. Red is kept for what needs a person, and the bell rings only for what
needs one here; for duress it is silent, and whoever is on that visit does not see it. Nothing that is printed
ever stops the watch: a screen that is gone is no reason to leave somebody alone.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from visitsafe.cli.output import ReaderGoneError, ResultLostError, result
from visitsafe.cli.watch_words import about, told
from visitsafe.errors import MovedStoreError, StoreError
from visitsafe.opening import UK, zone_of
from visitsafe.state import ladder as alarm
from visitsafe.state.duress_redaction import hides_phrase
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import Judged
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster, is_companion
from visitsafe.text.clean import one_line
from visitsafe.text.clock import clock, to_text
from visitsafe.watch.heartbeat import Gap
from visitsafe.watch.watcher import Round

BELL, RED, PLAIN = "\a", "\x1b[1;31m", "\x1b[0m"
AGAIN = timedelta(minutes=2)
"""How often the screen repeats that nobody has taken an alarm on."""
AWAY_AGAIN = timedelta(minutes=1)
QUIET = timedelta(minutes=15)
"""How often the screen says that all is quiet, so that it is seen to be alive."""
MOST_AT_ONCE = 20
MOST_CALM = 60
"""Visits that are named while the store is away: somebody has to ring all of them."""


class WatchScreen:
    """The screen of one run of the watch."""

    def __init__(
        self,
        me: Member,
        roster: Callable[[], Roster],
        now: Callable[[], datetime],
        *,
        colour: bool = False,
        bell: bool = False,
    ) -> None:
        """Know the screen.

        Args:
            me: Whose key the desk signs with.
            roster: The team as it is now.
            now: The time.
            colour: Whether red can be shown.
            bell: Whether there is a terminal with a bell.
        """
        self.me = me
        self._roster, self._now = roster, now
        self._colour, self._bell = colour, bell
        self._troubles: frozenset[str] = frozenset()
        self._reminded: dict[str, datetime] = {}
        self._away_since: datetime | None = None
        self._said_away: datetime | None = None
        self._quiet: datetime | None = None
        self._ping = ""

    def line(self, text: str, *, grave: bool = False, bell: bool = False) -> None:
        """One line, with the time before it."""
        at = self._now().astimezone(self._zone())
        words = f"{at:%H:%M}  {one_line(text)}"
        if grave and self._colour:
            words = f"{RED}{words}{PLAIN}"
        with suppress(ReaderGoneError, ResultLostError, ValueError):
            result(words + (BELL if bell and self._bell else ""))

    def told(self, state: PlanState, judged: Judged) -> None:
        """Something came in about a visit."""
        seen = hides_phrase(state, self.me)
        shown = next((one for one in seen.judged if one.entry.id == judged.entry.id), None)
        said = told(seen, shown, *self._here()) if shown else None
        if said is not None:
            self.line(said.text, grave=said.grave, bell=said.bell and seen.visit.duress is None)

    def gap(self, gap: Gap) -> None:
        """Nobody had been watching for a while."""
        zone, now = self._zone(), self._now()
        since, until = clock(gap.since, zone, now), clock(gap.until, zone, now)
        self.line(
            f"NOBODY WAS WATCHING from {since} to {until}. What fell due meanwhile is raised now.", grave=True
        )

    def round(self, found: Round) -> None:
        """A round is over: say what has become wrong or right again, and who still waits for somebody."""
        self._back_again()
        if self._quiet is None:
            self._begin(found)
        now = set(found.troubles)
        for trouble in [one for one in found.troubles if one not in self._troubles][:MOST_AT_ONCE]:
            self.line(f"TROUBLE  {trouble}", grave=True, bell=not found.healthy)
        if self._troubles and not now:
            self.line("the trouble is over")
        self._troubles = frozenset(now)
        self._remind(found.alarming)
        self._say_quiet(found)

    def away(self, error: StoreError, known: Round) -> None:
        """The store cannot be reached: an alarm in itself. What is known from before is shown."""
        now = self._now()
        if self._away_since is None:
            self._away_since = now
        if self._said_away is not None and now - self._said_away < AWAY_AGAIN:
            return
        self._said_away = now
        since = clock(to_text(self._away_since), self._zone(), now)
        self.line(
            f"THE STORE CANNOT BE REACHED since {since}: {error.message}. No report comes in and no message "
            f"goes out. Ring whoever is out. {_then(error)}",
            grave=True,
            bell=True,
        )
        alarming = self._mine(known.alarming)
        for state in alarming[:MOST_AT_ONCE]:
            self.line(f"as last known: {about(state, *self._here())}", grave=True)
        for state in known.calm[:MOST_CALM]:
            self.line(f"as last known, not late: {about(state, *self._here())}")
        if (more := len(known.calm) - MOST_CALM) > 0:
            self.line(f"as last known: {more} more are out, not late, and due back after these")

    def fault(self, reason: str) -> None:
        """A round failed in another way."""
        self.line(f"THIS ROUND FAILED: {reason}. It is tried again.", grave=True, bell=True)

    def ping(self, trouble: str) -> None:
        """What was wrong with the last ping of the outside monitor; said when it changes."""
        if trouble != self._ping:
            self._ping = trouble
            self.line(
                f"OUTSIDE MONITOR  {trouble}" if trouble else "the outside monitor hears us again",
                grave=bool(trouble),
            )

    def clock_moved(self, by: timedelta) -> None:
        """The clock was put forward or back: what is repeated after a while is repeated all the same."""
        self._reminded = {plan: at + by for plan, at in self._reminded.items()}
        self._said_away = self._said_away and self._said_away + by
        self._quiet = self._quiet and self._quiet + by

    def _begin(self, found: Round) -> None:
        """How many are out, and about whom somebody has to act."""
        visits = "1 visit" if found.watched == 1 else f"{found.watched} visits"
        self.line(f"{visits} watched")
        for state in self._mine(found.alarming)[:MOST_AT_ONCE]:
            self.line(about(state, *self._here()), grave=True)

    def _zone(self) -> tzinfo:
        return zone_of(self._roster())

    def _here(self) -> tuple[datetime, tzinfo, Mapping[str, Member]]:
        """The moment, whose clocks, and who is who."""
        roster = self._roster()
        return self._now(), zone_of(roster), roster.known

    def _back_again(self) -> None:
        if self._away_since is None:
            return
        since = clock(to_text(self._away_since), self._zone(), self._now())
        self.line(f"the store is back; it could not be reached from {since} on", grave=True)
        self._away_since = self._said_away = None

    def _remind(self, alarming: Sequence[PlanState]) -> None:
        """Say again that nobody has taken an alarm on: with no channels, this screen is all there is."""
        now, waiting = self._now(), {}
        for state in self._mine(alarming):
            if alarm.unowned(state):
                last = self._reminded.get(state.plan, now)
                if now - last >= AGAIN:
                    self.line(
                        f"NOBODY HAS TAKEN THIS ON  {about(state, *self._here())}. "
                        f"Take it on: visitsafe acknowledge {state.ref}",
                        grave=True,
                        bell=state.visit.duress is None,
                    )
                    last = now
                waiting[state.plan] = last
        self._reminded = waiting

    def _say_quiet(self, found: Round) -> None:
        now = self._now()
        if self._quiet is None or found.alarming or found.troubles:
            self._quiet = now
        elif now - self._quiet >= QUIET:
            self._quiet = now
            visits = "1 visit" if found.watched == 1 else f"{found.watched} visits"
            self.line(f"all quiet: {visits} watched")

    def _mine(self, states: Sequence[PlanState]) -> list[PlanState]:
        """Those that may be shown here: not an alarm under duress about the visit of whoever reads this."""
        return [
            state
            for state in states
            if state.visit.duress is None
            or not (self.me.same_person(state.author) or is_companion(self.me, state.anybody_along))
        ]


def _then(error: StoreError) -> str:
    """What comes next while the store cannot be reached."""
    if isinstance(error, MovedStoreError):
        return "It does not come back here: end this watch, and start it anew with the new place."
    return "It is tried again all the time."


def still_away(error: StoreError, now: datetime) -> None:
    """At the beginning of a watch: the store cannot be reached, so that nothing at all is known."""
    bell = BELL if sys.stdout.isatty() else ""
    at = now.astimezone(ZoneInfo(UK))
    words = (
        f"{at:%H:%M}  THE STORE CANNOT BE REACHED: {error.message}. NOBODY IS WATCHED OVER from here. Ring "
        f"whoever is out. {_then(error)}"
    )
    hint = f" To mend it, {error.hint}." if error.hint else ""
    with suppress(ReaderGoneError, ResultLostError, ValueError):
        result(one_line(words + hint) + bell)
