"""What a watcher does about a visit: raise the steps that are due, then send the messages that are owed.

Each step and each message is one signed entry, on the disk before the next (docs/adr/0015): whoever is killed
here loses no step and repeats at most the message that was on its way. Which steps and messages there are is
the domain's affair (`alarm`, `outbox`). Nothing is sent about a visit that another watcher has claimed.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from visitsafe.domain import alarm
from visitsafe.domain.alarm_words import Text, text_of
from visitsafe.domain.entries import to_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.heartbeat import Gap
from visitsafe.domain.outbox import Channel, Message, messages_due
from visitsafe.domain.reports import EscalatedBody, NotifiedBody
from visitsafe.domain.stored import Store, Stored, nothing_first
from visitsafe.domain.terms import Kind, Outcome
from visitsafe.errors import StoreError, VisitsafeError
from visitsafe.usecases.watch_claims import Means, Pen
from visitsafe.usecases.watch_view import Fresh, View

__all__ = ["Hands", "Means"]

T = TypeVar("T")
MOST_STEPS = 200
"""More steps than any ladder has: nobody raises for ever in one round."""
MOST_WHY = 200
NO_GAP = Gap(since="", until="")
LATELY = timedelta(minutes=30)
"""Longer than it ever takes until an alarm is told again."""


class _GrownError(VisitsafeError):
    """Something came in about the visit after it was read."""

    def __init__(self) -> None:
        super().__init__("something came in about this visit meanwhile")


class Hands:
    """What acts on visits, with what it remembers between rounds.

    Attributes:
        stuck: Visits about which nothing that this desk signs counts, with the reason.
        failing: Channels whose last message failed, with the reason and when.
        working: Channels whose last message was handed over.
        gap: The last time that nobody was watching, as far as this run knows.
    """

    def __init__(self, means: Means, view: View, pulse: Callable[[Store], None]) -> None:
        self.means = means
        self.view = view
        self.stuck: dict[str, str] = {}
        self.failing: dict[str, tuple[str, datetime]] = {}
        self.working: set[str] = set()
        self.gap = NO_GAP
        self._pen = Pen(means)
        self._pulse = pulse
        self._unrecorded: list[tuple[str, NotifiedBody]] = []

    def raise_due(self, store: Store) -> None:
        """Raise every step that is due, visit by visit, the most pressing first."""
        now = self.means.now()
        due = self._each(lambda state: alarm.to_raise(state, now))
        for plan in sorted(due, key=self._pressing):
            self._pulse(store)
            with self.claimed(store, plan) as mine:
                if mine:
                    self._raise_steps(store, plan)

    def owed(self, tried: set[tuple[str, str]]) -> list[tuple[str, Message]]:
        """The messages to send now, the most pressing first, less those that were tried in this round."""
        now, members = self.means.now(), self.view.roster.members
        due = self._each(lambda state: messages_due(state, self.means.contacts, members, now))
        found = [
            (plan, message)
            for plan, messages in due.items()
            for message in messages
            if (message.about, message.channel.label) not in tried
        ]
        return sorted(found, key=lambda one: _rank(one[1], self._pressing(one[0])))

    def send(self, store: Store, plan: str, message: Message) -> None:
        """Send one message if it is still owed, and record what became of it."""
        self._pulse(store)
        with self.claimed(store, plan) as mine:
            fresh = self.view.fold_now(store, plan) if mine else None
            if fresh is None or not self._still_owed(fresh.state, message):
                return
            why = self.means.send(message.channel, self._text(message, fresh.state))
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
            self._record(store, fresh, body)

    def record_late(self, store: Store) -> None:
        """Record messages that went out when the store could not be written to."""
        while self._unrecorded:
            plan, body = self._unrecorded[0]
            fresh = self.view.fold_now(store, plan)
            if fresh is not None:
                self.put(store, fresh.state, Kind.NOTIFIED, body)
                self.view.fold_now(store, plan)
            self._unrecorded.pop(0)

    def cut_off(self, now: datetime) -> str:
        """Why nobody is reached, if no channel that was tried lately works; empty if one does."""
        lately = [why for why, at in self.failing.values() if now - at < LATELY]
        return lately[-1] if lately and not self.working else ""

    def claimed(self, store: Store, plan: str) -> AbstractContextManager[bool]:
        """Whether a visit is this watcher's to act on, for as long as the context lasts."""
        return self._pen.claimed(store, self.view.roster, plan)

    def put(
        self,
        store: Store,
        state: PlanState,
        kind: Kind,
        body: msgspec.Struct,
        first: Callable[[], None] = nothing_first,
    ) -> str:
        """Sign an entry about a visit and append it; its id. What `first` raises stops it."""
        return self._pen.put(store, self.view.roster, state, kind, body, first)

    def _each(self, work: Callable[[PlanState], Sequence[T]]) -> dict[str, Sequence[T]]:
        """What there is to do about each visit; one that nobody foresaw does not keep the others from it."""
        found, now = {}, to_text(self.means.now())
        for plan, seen in self.view.visits.items():
            if plan not in self.stuck and seen.quiet_until <= now:
                try:
                    found[plan] = work(seen.state)
                except Exception as error:  # noqa: BLE001 - see above
                    self.stuck[plan] = f"{seen.state.ref} cannot be worked out: {type(error).__name__}"
        return {plan: todo for plan, todo in found.items() if todo}

    def _text(self, message: Message, state: PlanState) -> Text:
        """The words of a message; few of them if the visit is such as nobody foresaw."""
        roster = self.view.roster
        now, zone, phone = self.means.now(), self.means.zone(roster), roster.settings.desk_phone or ""
        try:
            return text_of(message, state, now, zone, phone)
        except Exception:  # noqa: BLE001 - somebody has to be told all the same
            drill = "DRILL " if message.drill else ""
            return Text(f"{drill}{state.ref}", f"{drill}See the board at once: visitsafe show {state.ref}")

    def _pressing(self, plan: str) -> tuple[bool, str, str]:
        visit = self.view.visits[plan].state.visit
        return visit.duress is None, visit.due_back, plan

    def _raise_steps(self, store: Store, plan: str) -> None:
        raised: set[tuple[str, str]] = set()
        for _ in range(MOST_STEPS):
            fresh = self.view.fold_now(store, plan)
            due = alarm.to_raise(fresh.state, self.means.now()) if fresh else []
            if fresh is None or not due or plan in self.stuck:
                return
            step = due[0]
            if (step.rung.id, step.at) in raised:
                self.stuck[plan] = f"the steps that this desk raises about {fresh.state.ref} do not count"
                return
            try:
                self.put(
                    store, fresh.state, Kind.ESCALATED, self._step(fresh.state, step),
                    first=_unless_grown(store, plan, fresh.rows),
                )  # fmt: skip
            except _GrownError:
                continue
            raised.add((step.rung.id, step.at))

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
        since = self.gap.since or min(state.body.visit.start, due)
        return since if since <= due else ""

    def _still_owed(self, state: PlanState, message: Message) -> bool:
        due = messages_due(state, self.means.contacts, self.view.roster.members, self.means.now())
        return message in due

    def _mark(self, channel: Channel, why: str) -> None:
        if why:
            self.failing[channel.label] = why, self.means.now()
            self.working.discard(channel.label)
        else:
            self.failing.pop(channel.label, None)
            self.working.add(channel.label)

    def _record(self, store: Store, fresh: Fresh, body: NotifiedBody) -> None:
        plan = fresh.state.plan
        try:
            made = self.put(store, fresh.state, Kind.NOTIFIED, body)
        except StoreError:
            self._unrecorded.append((plan, body))
            raise
        after = self.view.fold_now(store, plan)
        why_not = {one.entry.id: one.why_not for one in after.state.judged} if after else {}
        if why_not.get(made):
            self.stuck[plan] = f"the messages that this desk records about {fresh.state.ref} do not count"


def _rank(message: Message, pressing: tuple[bool, str, str]) -> tuple[bool, bool, int, int, str, str]:
    return pressing[0], message.all_clear, message.round, message.attempt, pressing[1], pressing[2]


def _unless_grown(store: Store, plan: str, rows: Sequence[Stored]) -> Callable[[], None]:
    def first() -> None:
        now = store.history(plan)
        if len(now) != len(rows) or now[-1].id != rows[-1].id:
            raise _GrownError

    return first
