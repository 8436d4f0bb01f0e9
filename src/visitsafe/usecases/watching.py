"""One round of the watch: a heartbeat, what is new, the steps that are due, the messages that are owed (D11).

The round is told the store and asks for the time; it neither sleeps nor prints. It may fail at any point and
be begun again: what is to be done follows from the record (docs/adr/0015). `watch_view` reads, `watch_acting`
raises and sends. What is wrong is said in the heartbeat and to whoever watches the screen, and stops only
what it must.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec

from visitsafe.domain import alarm
from visitsafe.domain.entries import from_text, to_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.heartbeat import SILENCE, Gap
from visitsafe.domain.judging_visit import WATCHERS
from visitsafe.domain.outbox import messages_due
from visitsafe.domain.reports import BeatBody
from visitsafe.domain.roster import Roster
from visitsafe.domain.stored import Store
from visitsafe.usecases.heartbeat import put_beat, read_beats
from visitsafe.usecases.watch_acting import Hands, Means
from visitsafe.usecases.watch_view import Tell, View

PULSE = timedelta(seconds=30)
"""A heartbeat goes out between messages when the last one is older than this."""
SENDING = timedelta(seconds=30)
"""After sending for so long, a round looks again for what has fallen due meanwhile."""
LONGEST_SILENCE = timedelta(days=7)
"""How far back a first round looks for visits that ended while nobody was watching."""
FAR_AHEAD = timedelta(minutes=15)
"""Longer than any message that failed waits before it is tried again."""
FEW_TROUBLES = 3


class Round(msgspec.Struct, frozen=True):
    """What a round found.

    Attributes:
        watched: How many visits are watched.
        alarming: Those about which somebody has to act, the most pressing first.
        healthy: Whether everything was done that is to be done.
        troubles: What is wrong, as sentences, healthy or not.
        more: Whether there is more to do at once.
    """

    watched: int
    alarming: tuple[PlanState, ...]
    healthy: bool = True
    troubles: tuple[str, ...] = ()
    more: bool = False


class Watching:
    """A run of the watch, from round to round.

    Attributes:
        view: What is known of the visits.
        hands: What acts on them.
    """

    def __init__(self, means: Means, roster: Roster, tell: Tell, tell_gap: Callable[[Gap], None]) -> None:
        """Begin.

        Args:
            means: What it works with.
            roster: The team.
            tell: Hears of every entry that comes in about a visit, in order.
            tell_gap: Hears that nobody was watching for a while.
        """
        self.means = means
        self.view = View(roster, tell)
        self.hands = Hands(means, self.view, self._pulse)
        self._tell_gap = tell_gap
        self._since = to_text(means.now())
        self._beat_at: datetime | None = None
        self._said = Round(0, ())

    def round(self, store: Store) -> Round:
        """Do what is to be done now.

        Raises:
            StoreError: The store cannot be read or written; nothing that was done is lost.
            KeyFileError: The desk's key does not sign any more.
        """
        before = self.view.roster
        seen = self._wake(store)
        self._beat(store)
        self.view.read(store, seen)
        if self.view.roster is not before:
            self.hands.stuck.clear()
        more = self._act(store) if self._may_watch() else False
        self._let_go()
        found = self.found(more=more)
        if (found.healthy, found.troubles, found.watched) != (
            self._said.healthy,
            self._said.troubles,
            self._said.watched,
        ):
            self._said = found
            self._beat(store)
        return found

    def found(self, *, more: bool = False) -> Round:
        """What is known now, from memory alone: also while the store cannot be reached."""
        now = self.means.now()
        states = [seen.state for seen in self.view.visits.values()]
        alarming = [state for state in states if alarm.is_alarming(state, now)]
        serious = list(self._serious(now))
        return Round(
            watched=sum(alarm.is_watched(state, now) for state in states),
            alarming=tuple(
                sorted(alarming, key=lambda one: (one.visit.duress is None, one.visit.due_back, one.plan))
            ),
            healthy=not serious,
            troubles=(*serious, *self._lesser(states)),
            more=more,
        )

    def clock_moved(self, by: timedelta) -> None:
        """The clock was put forward or back; nobody was away for that time."""
        if self._beat_at is not None:
            self._beat_at += by

    def _act(self, store: Store) -> bool:
        """Raise and send; whether there is more to do at once."""
        began = self.means.now()
        self.hands.record_late(store)
        self.hands.raise_due(store)
        tried: set[tuple[str, str]] = set()
        while owed := self.hands.owed(tried):
            for plan, message in owed:
                if self.means.now() - began > SENDING:
                    return True
                tried.add((message.about, message.channel.label))
                self.hands.send(store, plan, message)
        return False

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
            gap = self.hands.gap = Gap(since=newest, until=to_text(now))
            if newest:
                self._tell_gap(gap)
        return max(last, now - LONGEST_SILENCE)

    def _pulse(self, store: Store) -> None:
        """A heartbeat, if the last one was a while ago."""
        if self._beat_at is None or self.means.now() - self._beat_at > PULSE:
            self._beat(store)

    def _beat(self, store: Store) -> None:
        means, gap, now = self.means, self.hands.gap, self.means.now()
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
        )
        put_beat(store, means.signer, body, now)
        self._beat_at = now

    def _may_watch(self) -> bool:
        me = self.view.roster.members.get(self.means.signer.fingerprint)
        return me is not None and not me.roles.isdisjoint(WATCHERS)

    def _let_go(self) -> None:
        """Closed visits whose all-clear is out need nothing more."""
        later, members = self.means.now() + FAR_AHEAD, self.view.roster.members
        for plan, seen in list(self.view.visits.items()):
            if seen.state.closed and not messages_due(seen.state, self.means.contacts, members, later):
                self.view.forget(plan)

    def _serious(self, now: datetime) -> Iterator[str]:
        """What keeps the watch from doing all that it should."""
        if self.view.team_trouble:
            yield f"{self.view.team_trouble}; the team is taken as it was before"
        if not self._may_watch():
            yield "the key of this desk is no longer a manager's or duty officer's: nobody is told anything"
        yield from self.view.lost.values()
        yield from self.hands.stuck.values()
        why = self.hands.cut_off(now)
        if why:
            yield f"no message gets out: {why}"

    def _lesser(self, states: list[PlanState]) -> Iterator[str]:
        yield from self.view.unreadable.values()
        for state in states:
            if state.problems:
                yield f"the record of {state.ref} does not hold: {state.problems[0]}"
        yield from (f"{label}: {why}" for label, (why, _) in self.hands.failing.items())
