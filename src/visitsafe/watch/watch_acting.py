"""What a watcher does about a visit: raise the steps that are due, then send the messages that are owed.

Each step and each message is one signed entry, on the disk before the next (docs/adr/0015): whoever is
killed here loses no step and repeats at most the message that was on its way. Watchers take turns by
claims, so that one acts; what one could not keep is remembered and told. Which steps and messages there are
is told by `state/ladder.py` and `outbox`. One visit that goes wrong never keeps the watch from the others,
and one visit never uses up the time of all.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeVar

import msgspec

from visitsafe.desk import summariser_at
from visitsafe.errors import KeyFileError, StoreError, VerificationError, VisitsafeError
from visitsafe.record.bodies import BeatBody, EscalatedBody, NotifiedBody
from visitsafe.record.entry import Entry, compose, seal_entry
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import reference
from visitsafe.record.ssh import Signer
from visitsafe.record.stored import Store, Stored, nothing_first
from visitsafe.record.terms import Outcome
from visitsafe.state import ladder as alarm
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Alarm, Event
from visitsafe.team.roster import Roster
from visitsafe.text.clock import from_text, to_text
from visitsafe.watch.heartbeat import SILENCE, Gap, read_beats
from visitsafe.watch.messages import Text, text_of
from visitsafe.watch.outbox import Channel, Contacts, Message, hushed_by, messages_due
from visitsafe.watch.watch_view import Fresh, Seen, View

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


PATIENCE = timedelta(seconds=150)
"""How long a claim is respected without anything coming of it; it holds for 90 seconds at a time."""


class _Waiting(msgspec.Struct, frozen=True):
    since: datetime
    position: int
    ref: str
    too_long: bool = False


class KeptOff:
    """The visits that another watcher's claim keeps this one off: it must never silence a visit.

    Claims are rows that nobody signs. A watcher that is alive puts something on the record while it holds
    one; where nothing comes, or no other watcher is alive at all, this one acts in spite of the claim. A
    message may come twice then, which is the lesser harm.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._waiting: dict[str, _Waiting] = {}

    def free(self, plan: str) -> None:
        """Nothing keeps this watcher off a visit."""
        self._waiting.pop(plan, None)

    def is_kept_off(self, plan: str) -> bool:
        """Whether another's claim on a visit is respected now."""
        return plan in self._waiting and not self._waiting[plan].too_long

    def must_act(self, seen: Seen, is_alone: Callable[[], bool]) -> bool:
        """Whether to act on a visit in spite of another's claim.

        Args:
            seen: The visit, about which something is to be done.
            is_alone: Whether no other watcher is alive.
        """
        plan, now = seen.state.plan, self._means.now()
        waiting = self._waiting.get(plan)
        if waiting is None or (waiting.position != seen.position and not waiting.too_long):
            waiting = _Waiting(now, seen.position, seen.state.ref)
        late = now - waiting.since >= PATIENCE or (self._is_long_due(seen) and is_alone())
        self._waiting[plan] = msgspec.structs.replace(waiting, too_long=waiting.too_long or late)
        return self._waiting[plan].too_long

    def reasons(self) -> Iterator[str]:
        """What is wrong, as sentences."""
        for waiting in self._waiting.values():
            if waiting.too_long:
                yield f"a claim of another watcher on {waiting.ref} keeps it silent: acting in spite of it"

    def _is_long_due(self, seen: Seen) -> bool:
        limit = to_text(self._means.now() - PATIENCE)
        raised = (one.at for one in seen.state.visit.alarm.raised)
        due = (step.at for now in self._means.times() for step in alarm.to_raise(seen.state, now))
        return min([*raised, *due], default=limit) < limit


WRITE_AGAIN = timedelta(minutes=1)
MAKE_ANEW, LONGEST = timedelta(minutes=15), timedelta(hours=4)


class UnkeptItem(msgspec.Struct, frozen=True):
    """An entry that the record does not show, or that does not count there.

    Attributes:
        said: What it says.
        entry: The entry itself.
        alarm: How many alarms of the visit had ended when it was made.
        stored: Whether the store has it, so that it is only a matter of counting.
        reason: What is wrong, as a sentence.
        again: When to try again.
    """

    said: Event[Any]
    entry: Entry
    alarm: int
    stored: bool
    reason: str
    again: datetime


class Unkept:
    """What a run of the watch remembers of this kind, by plan, so that the watch goes on.

    An entry can be refused by the store (the visit's row says that entries are gone), or be there and not
    count (a clock that lies, a role that was taken away). Neither may silence a visit or send one message
    in every round: one that was not written is written later, the same bytes; one that does not count is made
    anew after a while, each time later.
    """

    def __init__(self) -> None:
        self._items: dict[str, dict[str, UnkeptItem]] = {}
        self._times: Counter[str] = Counter()

    def add(
        self, state: PlanState, said: Event[Any], entry: Entry, reason: str, now: datetime, *, stored: bool
    ) -> None:
        """Remember an entry about a visit; `stored` if the store has it and it does not count."""
        mine = self._items.setdefault(state.plan, {})
        if stored and not any(item.stored for item in mine.values()):
            self._times[state.plan] += 1
        later = min(MAKE_ANEW * (1 << min(max(self._times[state.plan] - 1, 0), 4)), LONGEST)
        again = now + (later if stored else WRITE_AGAIN)
        mine[said.id] = UnkeptItem(said, entry, len(state.visit.alarms) - 1, stored, reason, again)

    def over(self, state: PlanState) -> PlanState:
        """A visit as if what this watcher did about it counted."""
        items = self._items.get(state.plan)
        if not items:
            return state
        alarms, taken = list(state.visit.alarms), dict(state.visit.taken)
        for item in items.values():
            number = min(item.alarm, len(alarms) - 1)
            alarms[number] = _with(alarms[number], item.said)
            taken |= _taken(state, alarms[number], item.said)
        visit = msgspec.structs.replace(state.visit, alarms=tuple(alarms), taken=taken)
        return msgspec.structs.replace(state, visit=visit)

    def write_late(self, now: datetime, write: Callable[[str, UnkeptItem], bool]) -> None:
        """Hand out what is to be written again, in order; `write` tells whether it is on the disk now."""
        for plan, items in list(self._items.items()):
            for name, item in list(items.items()):
                if not item.stored and item.again <= now:
                    items[name] = msgspec.structs.replace(item, again=now + WRITE_AGAIN)
                    if write(plan, item) and not items[name].stored:
                        del items[name]
        self._tidy()

    def let_go(self, now: datetime | None = None) -> None:
        """Make anew what does not count: what has waited long enough; everything without a time."""
        for items in self._items.values():
            stored = [item.again for item in items.values() if item.stored]
            if stored and (now is None or min(stored) <= now):
                for name in [name for name, item in items.items() if item.stored]:
                    del items[name]
        self._tidy()

    def reasons(self) -> Iterator[str]:
        """What is wrong, one sentence for each visit."""
        for items in self._items.values():
            yield next(iter(items.values())).reason

    def _tidy(self) -> None:
        self._items = {plan: items for plan, items in self._items.items() if items}


def _with(alarm: Alarm, said: Event[Any]) -> Alarm:
    if isinstance(said.body, EscalatedBody):
        return msgspec.structs.replace(alarm, raised=(*alarm.raised, said))
    return msgspec.structs.replace(alarm, sent=(*alarm.sent, said))


def _taken(state: PlanState, alarm: Alarm, said: Event[Any]) -> dict[str, str]:
    """Who took such a step on: they cannot have seen it on the record, only on a screen or in a message."""
    if not isinstance(said.body, EscalatedBody):
        return {}
    level = state.visit.level
    for one in alarm.owned:
        if one.at >= said.at and level(one.body.step) >= level(said.body.step):
            return {said.id: one.id}
    return {}


class GrownError(VisitsafeError):
    """Something came in about the visit after it was read."""

    def __init__(self) -> None:
        super().__init__("something came in about this visit meanwhile")


class Notebook:
    """What a run of the watch signs about visits.

    Attributes:
        unkept: What was done and the record does not show.
    """

    def __init__(self, means: Means, view: View, pen: Pen) -> None:
        self.unkept = Unkept()
        self._means, self._view, self._pen = means, view, pen

    def write_late(self, store: Store) -> None:
        """Write what could not be written before."""
        self.unkept.write_late(self._means.now(), lambda plan, item: self._write_late(store, plan, item))

    def note(
        self,
        store: Store,
        fresh: Fresh,
        kind: Kind,
        body: EscalatedBody | NotifiedBody,
        first: Callable[[], None] = nothing_first,
    ) -> Fresh | None:
        """Put what was done on the record; what the record does not take is remembered as done."""
        state, roster = fresh.state, self._view.roster
        entry = self._pen.sign(roster, state, kind, body)
        said = Event(entry.id, kind, entry.content.at, roster.members[self._means.signer.fingerprint], body)
        try:
            self._pen.append(store, roster, entry, first)
        except VerificationError as error:
            self.unkept.add(state, said, entry, error.message, self._means.now(), stored=False)
            return fresh
        except StoreError as error:
            if kind is Kind.NOTIFIED:  # it went out; a step is raised the next time
                self.unkept.add(state, said, entry, error.message, self._means.now(), stored=False)
            raise
        after = self._view.fold_now(store, state.plan)
        self._look_whether_it_counts(after, UnkeptItem(said, entry, 0, True, "", self._means.now()))
        return after

    def _look_whether_it_counts(self, after: Fresh | None, item: UnkeptItem) -> None:
        judged = after.state.judged if after else ()
        why = next((one.why_not for one in judged if one.entry.id == item.said.id), "")
        if after is not None and why:
            reason = f"what this desk signs about {after.state.ref} does not count: {why}"
            self.unkept.add(after.state, item.said, item.entry, reason, self._means.now(), stored=True)

    def _write_late(self, store: Store, plan: str, item: UnkeptItem) -> bool:
        """Write what could not be written, the same bytes as then; whether that went well."""
        try:
            self._pen.append(store, self._view.roster, item.entry)
        except VerificationError:
            return False
        self._look_whether_it_counts(self._view.fold_now(store, plan), item)
        return True


def unless_grown(store: Store, plan: str, rows: Sequence[Stored]) -> Callable[[], None]:
    """Looks, inside the store's transaction, whether a visit's entries are still those that were read."""

    def first() -> None:
        now = store.history(plan)
        if len(now) != len(rows) or now[-1].id != rows[-1].id:
            raise GrownError

    return first


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
