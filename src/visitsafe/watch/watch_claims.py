"""How a watcher signs and how it keeps out of another watcher's way: its means, claims and entries.

A claim on a visit holds for a while and is let go of afterwards. What a watcher of this very computer held is
free as soon as its process is seen to be gone; whatever else was claimed is respected until it ends.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

import msgspec

from visitsafe.desk import summariser_at
from visitsafe.record.bodies import BeatBody
from visitsafe.record.entry import Entry, compose, seal_entry
from visitsafe.record.kinds import Kind
from visitsafe.record.ssh import Signer
from visitsafe.record.stored import Store, nothing_first
from visitsafe.state.fold import PlanState
from visitsafe.team.roster import Roster
from visitsafe.text.clock import from_text
from visitsafe.watch.heartbeat import SILENCE, read_beats
from visitsafe.watch.messages import Text
from visitsafe.watch.outbox import Channel, Contacts

CLAIM = timedelta(seconds=90)
"""How long a claim on a visit holds; prolonged before each message."""


class Means(msgspec.Struct, frozen=True):
    """What a watcher works with; the edge gives it.

    Attributes:
        signer: The desk's key, opened.
        contacts: Whom the desk can reach.
        send: Sends a text and says why it could not; empty if it was handed over. Never hangs for long.
        now: The time, aware.
        zone: Whose local time the messages tell.
        watcher: This run of the watch, in hex.
        host: This computer's name.
        pid: This process.
        runs: Whether a process of this computer is still there.
        every: Seconds between rounds; 0 for a single one.
        wall: What the wall clock shows, where that may differ from `now`; None where it does not.
        doubt: What is wrong with the clock, as sentences.
        remarks: What else somebody should know of this watch, as sentences.
    """

    signer: Signer
    contacts: Contacts
    send: Callable[[Channel, Text], str]
    now: Callable[[], datetime]
    zone: Callable[[Roster], tzinfo]
    watcher: str
    host: str
    pid: int
    runs: Callable[[int], bool]
    every: int = 0
    wall: Callable[[], datetime] | None = None
    doubt: Callable[[], Sequence[str]] = tuple
    remarks: Callable[[], Sequence[str]] = tuple

    @property
    def holder(self) -> str:
        """Who holds a claim: runs from cron share a name, processes do not."""
        return holder(self.watcher, self.pid)

    def times(self) -> tuple[datetime, ...]:
        """The times by which something may be due: the one to act by, and the wall clock's."""
        now = self.now()
        return (now,) if self.wall is None or self.wall() == now else (now, self.wall())

    def is_dead(self, beat: BeatBody) -> bool:
        """Whether a heartbeat is of a process of this very computer that is no more."""
        return beat.host == self.host and not self.runs(beat.pid)


def holder(watcher: str, pid: int) -> str:
    """The name under which a process claims a visit; its heartbeat tells the same."""
    return f"{watcher}:{pid}"


class Pen:
    """Signs entries about visits with the desk's key, and claims visits for it."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self._held: set[str] = set()

    def sign(self, roster: Roster, state: PlanState, kind: Kind, body: msgspec.Struct) -> Entry:
        """An entry about a visit, signed with the desk's key and nowhere yet."""
        now, signer = self.means.now(), self.means.signer
        after = [*state.heads, *roster.heads]
        return seal_entry(compose(state.plan, kind, now, signer.fingerprint, after, body), signer)

    def append(
        self, store: Store, roster: Roster, entry: Entry, first: Callable[[], None] = nothing_first
    ) -> None:
        """Add an entry, durably; one that is there already changes nothing. What `first` raises stops it."""
        store.append([entry], self.means.now(), summariser_at(store, roster.team_id), first=first)

    @contextmanager
    def claimed(self, store: Store, roster: Roster, plan: str) -> Iterator[bool]:
        """Whether the visit is this watcher's to act on; let go of at the outermost end."""
        if not (
            self._claim(store, plan) or (self._free_the_dead(store, roster) and self._claim(store, plan))
        ):
            yield False
            return
        if plan in self._held:
            yield True
            return
        self._held.add(plan)
        try:
            yield True
        finally:
            self._held.discard(plan)
            store.release(self.means.holder, plan)

    def _claim(self, store: Store, plan: str) -> bool:
        now = self.means.now()
        return store.claim(plan, self.means.holder, now, now + CLAIM)

    def _free_the_dead(self, store: Store, roster: Roster) -> bool:
        """Let go of what watchers of this very computer held whose process is no more."""
        dead = [beat.body for beat in read_beats(store, roster) if self.means.is_dead(beat.body)]
        for body in dead:
            store.release(holder(body.watcher, body.pid))
        return bool(dead)

    def is_alone(self, store: Store, roster: Roster) -> bool:
        """Whether no other watcher has been seen alive lately, by what is signed."""
        means, now = self.means, self.means.now()
        return not any(
            abs(now - from_text(beat.at)) <= SILENCE
            and beat.body.watcher != means.watcher
            and not means.is_dead(beat.body)
            for beat in read_beats(store, roster)
        )
