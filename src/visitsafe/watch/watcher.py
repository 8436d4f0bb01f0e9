"""One round of the watch: a heartbeat, what is new, the steps that are due, the messages that are owed (D11).

The round is told the store and asks for the time; it neither sleeps nor prints. It may fail at any point and
be begun again: what is to be done follows from the record (docs/adr/0015). `watch_view` reads, `watch_acting`
raises and sends. What is wrong is said in the heartbeat and to whoever watches the screen, and stops only
what it must.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from visitsafe.errors import StoreError, VisitsafeError
from visitsafe.find import otherwise
from visitsafe.record.bodies import BeatBody
from visitsafe.record.stored import Store
from visitsafe.record.terms import WATCHERS
from visitsafe.state import ladder as alarm
from visitsafe.state.fold import PlanState
from visitsafe.team.roster import Roster
from visitsafe.text.clock import from_text, to_text
from visitsafe.watch.heartbeat import SILENCE, Gap, put_beat, read_beats
from visitsafe.watch.outbox import dead, messages_due
from visitsafe.watch.watch_acting import NO_GAP, Hands, Means
from visitsafe.watch.watch_view import Tell, View

PULSE = timedelta(seconds=30)
"""A heartbeat goes out between messages when the last one is older than this."""
SENDING = timedelta(seconds=30)
"""After sending for so long, a round looks again for what has fallen due meanwhile."""
LONGEST_SILENCE = timedelta(days=7)
"""How far back a first round looks for visits that ended while nobody was watching."""
RAISING, LEAST_SENDING = timedelta(seconds=10), timedelta(seconds=10)
"""Raising gives way to sending after so long, and sending always has so long: neither starves the other."""
FAR_AHEAD = timedelta(minutes=15)
"""Longer than any message that failed waits before it is tried again."""
FEW_TROUBLES = 3


class Round(msgspec.Struct, frozen=True):
    """What a round found.

    Attributes:
        watched: How many visits are watched.
        alarming: Those about which somebody has to act, the most pressing first.
        calm: The others, in the order in which they are due back.
        healthy: Whether everything was done that is to be done.
        troubles: What is wrong, as sentences, healthy or not.
        more: Whether there is more to do at once.
        damaged: Visits about which something may be lost, so that nobody can say that all is well.
    """

    watched: int
    alarming: tuple[PlanState, ...]
    calm: tuple[PlanState, ...] = ()
    healthy: bool = True
    troubles: tuple[str, ...] = ()
    more: bool = False
    damaged: int = 0


class Watching:
    """A run of the watch, from round to round.

    Attributes:
        view: What is known of the visits.
        hands: What acts on them.
    """

    def __init__(
        self,
        means: Means,
        roster: Roster,
        tell: Tell,
        tell_gap: Callable[[Gap], None],
        *,
        drilling: bool = False,
    ) -> None:
        """Begin.

        Args:
            means: What it works with.
            roster: The team.
            tell: Hears of every entry that comes in about a visit, in order.
            tell_gap: Hears that nobody was watching for a while.
            drilling: It only plays a ladder: a drill is no watch, and gives no heartbeat.
        """
        self._drilling = drilling
        self.means = means
        self.view = View(roster, tell)
        self.hands = Hands(means, self.view, self._pulse)
        self._tell_gap = tell_gap
        self._since = to_text(means.now())
        self._beat_at: datetime | None = None
        self._beats = 0
        self._gap_is_new = False
        self._said = Round(0, ())

    def round(self, store: Store) -> Round:
        """Do what is to be done now.

        Raises:
            StoreError: The store cannot be read or written; nothing that was done is lost.
            KeyFileError: The desk's key does not sign any more.
        """
        began = self._beats
        try:
            return self._round(store)
        except Exception as error:
            if self._beats > began:  # else the store took nothing at all
                self._say_failed(store, error)
            raise

    def _round(self, store: Store) -> Round:
        before, gap = self.view.roster, self.hands.gap
        seen = self._wake(store)
        self._beat(store)
        failed: StoreError | None = None
        try:
            self.view.read(store, seen)
        except StoreError as error:  # what is known is acted upon, whatever keeps the news from being read
            failed = error
        self._look_into_gap()
        if self.view.roster is not before:
            self.hands.unkept.let_go()
        more = self._act(store) if self._may_watch() else False
        if failed is not None:
            raise failed
        self._let_go()
        found = self.found(more=more)
        if self.hands.gap != gap or (found.healthy, found.troubles, found.watched) != (
            self._said.healthy,
            self._said.troubles,
            self._said.watched,
        ):
            self._said = found
            self._beat(store)
        return found

    def _say_failed(self, store: Store, error: Exception) -> None:
        """Let the heartbeat say that a round failed, so that nobody at a board thinks that all is well."""
        what = error.message if isinstance(error, VisitsafeError) else type(error).__name__
        trouble = f"a round failed: {what}"
        self._said = Round(self._said.watched, (), healthy=False, troubles=(trouble,))
        with suppress(VisitsafeError):
            self._beat(store)

    def found(self, *, more: bool = False) -> Round:
        """What is known now, from memory alone: also while the store cannot be reached."""
        now, times = self.means.now(), self.means.times()
        states = [self.hands.unkept.over(seen.state) for seen in self.view.visits.values()]
        alarming = [state for state in states if any(alarm.is_alarming(state, one) for one in times)]
        serious = list(self._serious(now))
        watched = [state for state in states if any(alarm.is_watched(state, one) for one in times)]
        acting = {state.plan for state in alarming}
        calm = sorted(
            (state for state in watched if state.plan not in acting), key=lambda one: one.visit.due_back
        )
        return Round(
            watched=len(watched),
            calm=tuple(calm),
            alarming=tuple(
                sorted(alarming, key=lambda one: (one.visit.duress is None, one.visit.due_back, one.plan))
            ),
            healthy=not serious,
            troubles=(*serious, *self._lesser(states)),
            more=more,
            damaged=len(self.view.damaged),
        )

    def clock_moved(self, by: timedelta) -> None:
        """The clock was put forward or back; nobody was away for that time."""
        if self._beat_at is not None:
            self._beat_at += by

    def _act(self, store: Store) -> bool:
        """Raise and send, in turn; whether there is more to do at once."""
        began = self.means.now()
        self.hands.begin(store)
        tried: set[tuple[str, str]] = set()
        while True:
            left = self.hands.raise_some(store, self.means.now() + RAISING)
            now = self.means.now()
            until = max(began + SENDING, now + LEAST_SENDING)
            owed = self.hands.owed(tried)
            for plan, message in owed:
                if self.means.now() >= until:
                    return True
                tried.add((message.about, message.channel.label))
                self.hands.send(store, plan, message)
            if not (left or owed):
                return False
            if self.means.now() >= began + SENDING:
                return True

    def _wake(self, store: Store) -> datetime:
        """See whether anybody was watching until now; when that was last."""
        now = self.means.now()
        if self._beat_at is not None and now - self._beat_at <= SILENCE:
            return self._beat_at
        latest = to_text(now + SILENCE)
        beats = [beat.at for beat in read_beats(store, self.view.roster) if beat.at <= latest]
        newest = max(beats, default="")
        last = from_text(newest) if newest else now - LONGEST_SILENCE
        if now - last > SILENCE:
            self.hands.gap = Gap(since=newest, until=to_text(now))
            self._gap_is_new = bool(newest)
        return max(last, now - LONGEST_SILENCE)

    def _look_into_gap(self) -> None:
        """Say that nobody was watching, of the time when there was something to watch; else it is no gap."""
        if not self._gap_is_new:
            return
        self._gap_is_new, gap = False, self.hands.gap
        states = [seen.state for seen in self.view.visits.values()]
        spans = [(alarm.watched_since(state), alarm.watched_until(state)) for state in states]
        missed = [
            max(since, gap.since)
            for since, until in spans
            if since and since < gap.until and not (until and until <= gap.since)
        ]
        self.hands.gap = Gap(since=min(missed), until=gap.until) if missed else NO_GAP
        if missed:
            self._tell_gap(self.hands.gap)

    def _pulse(self, store: Store) -> None:
        """A heartbeat, if the last one was a while ago."""
        if self._drilling:
            return
        if self._beat_at is None or self.means.now() - self._beat_at > PULSE:
            self._beat(store)

    def end(self, store: Store) -> None:
        """Say that this run watches no more: a board need not wait until its last heartbeat is old."""
        if self._beats:
            self._beat(store, ended=True)

    def _beat(self, store: Store, *, ended: bool = False) -> None:
        means, now = self.means, self.means.now()
        gap = NO_GAP if self._gap_is_new else self.hands.gap
        body = BeatBody(
            watcher=means.watcher,
            host=means.host,
            pid=means.pid,
            since=self._since,
            every=means.every,
            visits=self._said.watched,
            healthy=self._said.healthy,
            trouble="; ".join(self._said.troubles[:FEW_TROUBLES]),
            gap_from=gap.since,
            gap_until=gap.until if gap.since else "",
            ended=ended,
        )
        put_beat(store, means.signer, body, now)
        self._beat_at = now
        self._beats += 1

    def _may_watch(self) -> bool:
        me = self.view.roster.members.get(self.means.signer.fingerprint)
        return me is not None and not me.roles.isdisjoint(WATCHERS)

    def _let_go(self) -> None:
        """Closed visits whose all-clear is out need nothing more."""
        later, members = self.means.now() + FAR_AHEAD, self.view.roster.members
        for plan, seen in list(self.view.visits.items()):
            state = self.hands.unkept.over(seen.state)
            if state.closed and not messages_due(state, self.means.contacts, members, later):
                self.view.forget(plan)

    def _serious(self, now: datetime) -> Iterator[str]:
        """What keeps the watch from doing all that it should."""
        if self.view.team_trouble:
            yield f"{self.view.team_trouble}; the team is taken as it was before"
        yield from self.view.roster.warnings[:1]
        if not self._may_watch():
            yield "the key of this desk may not watch any more: nobody is told anything"
        yield from self.means.doubt()
        yield from self.view.lost.values()
        yield from self.view.delayed.values()
        yield from self.hands.unkept.reasons()
        yield from self.hands.kept_off.reasons()
        yield from self.hands.failed.values()
        why = self.hands.cut_off(now)
        if why:
            yield f"no message gets out: {why}"

    def _lesser(self, states: list[PlanState]) -> Iterator[str]:
        yield from self.means.remarks()
        yield from dead(self.means.contacts, self.view.roster.members)
        yield from self.view.unreadable.values()
        yield from self.view.untold.values()
        for state in states:
            if state.damage:
                yield f"the record of {state.ref} does not hold: {state.damage[0]}"
        yield from (otherwise(plan) for plan in self.view.otherwise)
        yield from (f"{label}: {why}" for label, (why, _) in self.hands.failing.items())
