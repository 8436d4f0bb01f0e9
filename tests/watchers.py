"""Watchers at one store, with real signatures, driven by a clock that tests move: `desk.watcher().round()`.

Nothing sleeps and nothing is patched: the store is real, the channels are a list, and a kill is an exception
that nothing catches, after which that watcher can do nothing any more, as after SIGKILL.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from story import Actor, Story
from visit_story import DEE
from visitsafe.desk import summariser_at
from visitsafe.record.bodies import EscalatedBody
from visitsafe.record.entry import verify_entry
from visitsafe.record.stored import Store
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.state.fold import PlanState
from visitsafe.store.open import create_store, open_store
from visitsafe.watch.messages import Text
from visitsafe.watch.outbox import Channel, Contacts
from visitsafe.watch.watch_acting import Means
from visitsafe.watch.watcher import Round, Watching

if TYPE_CHECKING:
    from visitsafe.state.rules import Judged
    from visitsafe.watch.heartbeat import Gap

CHANNELS = Contacts(
    (
        Channel("desk", "duty"),
        Channel("boss-mail", "manager"),
        Channel("boss-sms", "manager"),
        Channel("sam-sms", "lone-worker"),
    )
)


class KilledError(BaseException):
    """The watcher was killed."""


class Mortal:
    """A store or sender whose caller is killed at one of its calls, just before or just after it.

    Whatever is called afterwards is refused too: a dead process does not tidy up.
    """

    def __init__(self, thing: Any, fate: "Fate") -> None:
        self._thing, self._fate = thing, fate

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._thing, name)
        return self._fate.guard(value) if callable(value) else value


@dataclass
class Fate:
    """At which call a watcher is killed, or something else happens first; never, if that is not said.

    Calls within another, such as in the store's transaction, count for kills; nobody else writes in them.
    """

    dies_at: int = -1
    after: bool = False
    meanwhile_at: int = -1
    meanwhile: Callable[[], object] = object
    names: list[str] = field(default_factory=list)
    dead: bool = False
    _depth: int = 0

    @property
    def calls(self) -> int:
        return len(self.names)

    def guard(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **more: Any) -> Any:
            if self.dead:
                raise KilledError
            now = len(self.names)
            self.names.append(call.__name__)
            if now == self.meanwhile_at and not self._depth:
                self.meanwhile()
            self.dead = now == self.dies_at
            if self.dead and not self.after:
                raise KilledError
            self._depth += 1
            try:
                result = call(*args, **more)
            finally:
                self._depth -= 1
            if self.dead:
                raise KilledError
            return result

        return guarded


@dataclass
class Got:
    """A message that was handed over."""

    label: str
    text: Text
    at: datetime


@dataclass
class Desk:
    """A store with one visit or more, a clock, and the channels."""

    folder: Path
    story: Story
    now: datetime = field(init=False)
    got: list[Got] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    contacts: Contacts = CHANNELS
    running: set[int] = field(default_factory=set)
    wait: float = 0.1

    def __post_init__(self) -> None:
        self.now = self.story.at
        create_store(self.url, self.now).close()
        self.take_in(self.story)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'store.sqlite3'}"

    @contextmanager
    def store(self) -> Iterator[Store]:
        opened = open_store(self.url, wait=self.wait)
        try:
            yield opened
        finally:
            opened.close()

    def take_in(self, story: Story) -> None:
        """Add whatever of a story the store does not have."""
        with self.store() as store:
            entries = [one.entry for one in (*story.team, *story.entries)]
            store.append(entries, self.now, summariser_at(store, story.team[0].id))

    def read(self, plan: str = "") -> Story:
        """The record as the store has it now, to go on from."""
        plan = plan or self.story.plan
        with self.store() as store:
            team = tuple(verify_entry(row.entry) for row in store.history(TEAM_STREAM))
            entries = tuple(verify_entry(row.entry) for row in store.history(plan))
        return replace(self.story, team=team, entries=entries, plan=plan, at=self.now)

    def happens(self, step: Callable[..., Story], *args: Any, **more: Any) -> None:
        """Something of `visit_story` happens now, following all that the store has."""
        self.take_in(step(self.read(), *args, **more))

    @property
    def state(self) -> PlanState:
        return self.read().state

    def at(self, minutes: float) -> "Desk":
        """The clock shows so many minutes after the visit's first time due back."""
        due = datetime.fromisoformat(self.story.state.body.visit.due_back)
        self.now = due + timedelta(minutes=minutes)
        return self

    def watcher(self, who: Actor = DEE, **changes: Any) -> "Watcher":
        return Watcher(self, who, **changes)

    def send(self, channel: Channel, text: Text) -> str:
        if channel.label in self.broken:
            return "the server did not answer"
        self.got.append(Got(channel.label, text, self.now))
        return ""

    @property
    def labels(self) -> list[str]:
        return [one.label for one in self.got]

    @property
    def raised(self) -> list[str]:
        """The steps on the record in order of arrival, drills left out."""
        entries = self.read().entries
        bodies = (one.content.body for one in entries if one.content.kind == "escalated")
        return [body["step"] for body in bodies if not body["drill"]]

    def escalated(self) -> list[EscalatedBody]:
        return [one.body for alarm in self.state.visit.alarms for one in alarm.raised]


class Watcher:
    """One run of the watch. A round opens the store anew, as the command does."""

    number = 0

    def __init__(self, desk: Desk, who: Actor = DEE, fate: Fate | None = None, host: str = "desk-pc") -> None:
        Watcher.number += 1
        self.desk, self.fate = desk, fate or Fate()
        self.pid = 1000 + Watcher.number
        desk.running.add(self.pid)
        self.told: list[tuple[PlanState, Judged]] = []
        self.gaps: list[Gap] = []
        self.means = Means(
            signer=who.signer,
            contacts=desk.contacts,
            send=self.fate.guard(desk.send),
            now=lambda: desk.now,
            zone=lambda _roster: ZoneInfo("Europe/London"),
            watcher=f"{Watcher.number:016x}",
            host=host,
            pid=self.pid,
            runs=lambda pid: pid in desk.running,
            every=15,
        )
        self.watching = Watching(
            self.means, desk.read().roster, lambda *news: self.told.append(news), self.gaps.append
        )

    def round(self) -> Round:
        with self.desk.store() as store:
            while (found := self.watching.round(Mortal(store, self.fate))).more:
                pass
        return found

    def die(self) -> None:
        """Its process is gone."""
        self.desk.running.discard(self.pid)

    def watches(self, minutes: int, seconds: int = 60) -> "Watcher":
        """Watch for so many minutes, a round every so many seconds."""
        for _ in range(minutes * 60 // seconds):
            self.round()
            self.desk.now += timedelta(seconds=seconds)
        return self
