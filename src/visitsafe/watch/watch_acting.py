"""What a watcher does about a visit: raise the steps that are due, then send the messages that are owed.

Each step and each message is one signed entry, on the disk before the next (docs/adr/0015): whoever is killed
here loses no step and repeats at most the message that was on its way. Which steps and messages there are is
the domain's affair (`alarm`, `outbox`). One visit that goes wrong never keeps the watch from the others, and
one visit never uses up the time of all.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from visitsafe.errors import KeyFileError, StoreError, VisitsafeError
from visitsafe.record.bodies import EscalatedBody, NotifiedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import reference
from visitsafe.record.stored import Store
from visitsafe.record.terms import Outcome
from visitsafe.state import ladder as alarm
from visitsafe.state.fold import PlanState
from visitsafe.text.clock import from_text, to_text
from visitsafe.watch.heartbeat import Gap
from visitsafe.watch.messages import Text, text_of
from visitsafe.watch.outbox import Channel, Message, hushed_by, messages_due
from visitsafe.watch.watch_claims import Means, Pen
from visitsafe.watch.watch_record import GrownError, Notebook, unless_grown
from visitsafe.watch.watch_turns import KeptOff
from visitsafe.watch.watch_unkept import Unkept
from visitsafe.watch.watch_view import View

T = TypeVar("T")
FEW = 3
"""Steps that are raised about a visit before it is the next one's turn."""
MOST_FAULTS = 3
"""After so many visits that the store fails at, it is the store."""
MOST_WHY = 200
NO_GAP = Gap(since="", until="")
LATELY = timedelta(minutes=30)
"""Longer than it ever takes until an alarm is told again."""


class Hands:
    """What acts on visits, with what it remembers between rounds.

    Attributes:
        kept_off: Visits that another watcher's claim keeps this one off.
        failed: Visits at which something went wrong the last time, with the reason.
        failing: Channels whose last message failed, with the reason and when.
        working: Channels whose last message was handed over.
        gap: The last time that nobody was watching, as far as this run knows.
    """

    def __init__(self, means: Means, view: View, pulse: Callable[[Store], None]) -> None:
        self.means = means
        self.view = view
        self.kept_off = KeptOff(means)
        self.failed: dict[str, str] = {}
        self.failing: dict[str, tuple[str, datetime]] = {}
        self.working: set[str] = set()
        self.gap = NO_GAP
        self._pen = Pen(means)
        self._notebook = Notebook(means, view, self._pen)
        self._pulse = pulse
        self._turns: Counter[str] = Counter()
        self._faults = 0

    def begin(self, store: Store) -> None:
        """At the beginning of a round: what went wrong before is tried again."""
        self.failed.clear()
        self._turns.clear()
        self._faults = 0
        self.unkept.let_go(self.means.now())
        self._notebook.write_late(store)

    def raise_some(self, store: Store, until: datetime) -> bool:
        """Raise steps that are due, a few of each visit, the most pressing first; whether more are left."""
        due = self._each(self._to_raise)
        for plan in sorted(due, key=lambda one: (self._turns[one], self._pressing(one))):
            if self.means.now() >= until:
                return True
            self._pulse(store)
            self._turns[plan] += 1
            with self._by_itself(store, plan), self._mine(store, plan) as mine:
                if mine:
                    self._raise_steps(store, plan)
        return any(len(steps) > FEW for plan, steps in due.items() if not self.kept_off.is_kept_off(plan))

    def owed(self, tried: set[tuple[str, str]]) -> list[tuple[str, Message]]:
        """The messages to send now, the most pressing first, less those that were tried in this round."""
        hushed = self._hushed()
        due = self._each(lambda state: self.messages(state, hushed))
        found = [
            (plan, number // FEW, message)
            for plan, messages in due.items()
            for number, message in enumerate(messages)
            if (message.about, message.channel.label) not in tried
        ]
        found.sort(key=lambda one: _rank(one[2], one[1], self._pressing(one[0])))
        return [(plan, message) for plan, _, message in found]

    def messages(self, state: PlanState, hushed: frozenset[str] | None = None) -> list[Message]:
        """The messages to send now about a visit; `hushed` if it is known who is under duress anywhere."""
        hushed = self._hushed() if hushed is None else hushed
        return messages_due(
            state, self.means.contacts, self.view.roster.members, self.means.now(), hushed=hushed
        )

    def send(self, store: Store, plan: str, message: Message) -> None:
        """Send one message if it is still owed, and record what became of it."""
        self._pulse(store)
        with self._by_itself(store, plan), self._mine(store, plan) as mine:
            if mine:
                self._send(store, plan, message)

    def cut_off(self, now: datetime) -> str:
        """Why nobody is reached, if no channel that was tried lately works; empty if one does."""
        lately = [why for why, at in self.failing.values() if now - at < LATELY]
        return lately[-1] if lately and not self.working else ""

    def claimed(self, store: Store, plan: str) -> AbstractContextManager[bool]:
        """Whether a visit is this watcher's to act on, for as long as the context lasts."""
        return self._pen.claimed(store, self.view.roster, plan)

    def put(self, store: Store, state: PlanState, kind: Kind, body: msgspec.Struct) -> str:
        """Sign an entry about a visit and append it; its id."""
        entry = self._pen.sign(self.view.roster, state, kind, body)
        self._pen.append(store, self.view.roster, entry)
        return entry.id

    @property
    def unkept(self) -> Unkept:
        """What was done and the record does not show."""
        return self._notebook.unkept

    @contextmanager
    def _mine(self, store: Store, plan: str) -> Iterator[bool]:
        """Whether to act on a visit: it is claimed, or the claim of another has silenced it for too long."""
        with self.claimed(store, plan) as mine:
            if mine:
                self.kept_off.free(plan)
                yield True
                return
            seen, roster = self.view.visits[plan], self.view.roster
            yield self.kept_off.must_act(seen, lambda: self._pen.is_alone(store, roster))

    @contextmanager
    def _by_itself(self, store: Store, plan: str) -> Iterator[None]:
        """What goes wrong at one visit is said, and does not keep the watch from the others."""
        try:
            yield
        except StoreError:
            self._faults += 1
            if self._faults >= MOST_FAULTS:
                raise
            store.head()
            self.failed[plan] = f"the store fails at {reference(plan)}"
        except KeyFileError:
            raise
        except Exception as error:  # noqa: BLE001 - the others must be watched all the same
            what = error.message if isinstance(error, VisitsafeError) else type(error).__name__
            self.failed[plan] = f"{reference(plan)}: {what}"

    def _each(self, work: Callable[[PlanState], Sequence[T]]) -> dict[str, Sequence[T]]:
        """What there is to do about each visit; one that nobody foresaw does not keep the others from it."""
        found, now = {}, to_text(self.means.now())
        for plan, seen in self.view.visits.items():
            if seen.quiet_until <= now:
                try:
                    found[plan] = work(self.unkept.over(seen.state))
                except Exception as error:  # noqa: BLE001 - see above
                    self.failed[plan] = f"{seen.state.ref} cannot be worked out: {type(error).__name__}"
        return {plan: todo for plan, todo in found.items() if todo}

    def _to_raise(self, state: PlanState) -> list[alarm.Due]:
        """What is due by the time to act by; by the wall clock where that finds nothing any more."""
        return next((due for now in self.means.times() if (due := alarm.to_raise(state, now))), [])

    def _hushed(self) -> frozenset[str]:
        """Everybody who is under duress on any visit."""
        return hushed_by((seen.state for seen in self.view.visits.values()), self.view.roster.members)

    def _pressing(self, plan: str) -> tuple[bool, str, str]:
        visit = self.view.visits[plan].state.visit
        return visit.duress is None, visit.due_back, plan

    def _raise_steps(self, store: Store, plan: str) -> None:
        fresh = self.view.fold_now(store, plan)
        for _ in range(FEW):
            due = self._to_raise(self.unkept.over(fresh.state)) if fresh else []
            if fresh is None or not due:
                return
            try:
                fresh = self._notebook.note(
                    store, fresh, Kind.ESCALATED, self._step(fresh.state, due[0]),
                    first=unless_grown(store, plan, fresh.rows),
                )  # fmt: skip
            except GrownError:
                fresh = self.view.fold_now(store, plan)

    def _send(self, store: Store, plan: str, message: Message) -> None:
        fresh = self.view.fold_now(store, plan)
        if fresh is None:
            return
        state = self.unkept.over(fresh.state)
        if message not in self.messages(state):
            return
        why = self.means.send(message.channel, self._text(message, state))
        self._mark(message.channel, why)
        body = NotifiedBody(
            about=message.about,
            channel=message.channel.label,
            round=message.round,
            attempt=message.attempt,
            outcome=Outcome.FAILED if why else Outcome.SENT,
            why=why[:MOST_WHY],
            drill=message.drill,
        )
        self._notebook.note(store, fresh, Kind.NOTIFIED, body)

    def _text(self, message: Message, state: PlanState) -> Text:
        """The words of a message; few of them if the visit is such as nobody foresaw."""
        roster = self.view.roster
        now, zone, phone = self.means.now(), self.means.zone(roster), roster.settings.desk_phone or ""
        try:
            return text_of(message, state, now, zone, phone)
        except Exception:  # noqa: BLE001 - somebody has to be told all the same
            drill = "DRILL " if message.drill else ""
            return Text(f"{drill}{state.ref}", f"{drill}See the board at once: visitsafe show {state.ref}")

    def _step(self, state: PlanState, step: alarm.Due) -> EscalatedBody:
        return EscalatedBody(
            of=state.version.id,
            step=step.rung.id,
            due=step.at,
            watcher=self.means.watcher,
            unwatched_from=self._unwatched_from(state, step.at),
        )

    def _unwatched_from(self, state: PlanState, due: str) -> str:
        """Since when nobody had been watching when a step fell due; empty if somebody was."""
        if due > self.gap.until:
            return ""
        since = max(self.gap.since or min(state.facts.start, due), alarm.watched_since(state))
        missed = self.means.now() - from_text(since) >= timedelta(minutes=1)
        return since if since <= due and missed else ""

    def _mark(self, channel: Channel, why: str) -> None:
        if why:
            self.failing[channel.label] = why, self.means.now()
            self.working.discard(channel.label)
        else:
            self.failing.pop(channel.label, None)
            self.working.add(channel.label)


def _rank(
    message: Message, turn: int, pressing: tuple[bool, str, str]
) -> tuple[bool, bool, int, int, int, str, str]:
    duress, due_back, plan = pressing
    return duress, message.all_clear or message.incident, turn, message.round, message.attempt, due_back, plan
