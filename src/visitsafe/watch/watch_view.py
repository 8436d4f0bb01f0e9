"""What a watcher knows: the open visits, read once and then kept up with by what was added to the store.

A round costs what is new and what is open, never what is closed. Nothing here is the truth: whoever acts on a
visit folds it again (`fold_now`). Only what tells when somebody is late is kept in memory, not the answers of
the plan. A visit that cannot be read any more stays as it was last known, and is said to be in trouble.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from visitsafe.desk import called_in, folded, open_roster
from visitsafe.errors import StoreError, VerificationError
from visitsafe.find import LATELY, doubted, recent
from visitsafe.record.bodies import Ladder, WithdrawnBody
from visitsafe.record.entry import Entry, Verified
from visitsafe.record.kinds import CLOSING
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.state import ladder as alarm
from visitsafe.state.after import told_apart
from visitsafe.state.fold import PlanState
from visitsafe.state.removed import RemovedError
from visitsafe.state.rules import Judged
from visitsafe.state.visit import Alarm
from visitsafe.team.roster import Roster

_ANYHOW = 1 << 62
"""Beyond every position: to be read even if nothing was added."""
_NO_ENTRY = Entry(payload=b"", signature="")


class Seen(msgspec.Struct, frozen=True):
    """A visit as it was last read.

    Attributes:
        state: Where it stands, without the plan's answers and the bytes of its entries.
        position: Where in the store its newest entry was.
        quiet_until: Before this time (UTC text) there is nothing to raise or to send about it.
    """

    state: PlanState
    position: int
    quiet_until: str = ""


class Fresh(msgspec.Struct, frozen=True):
    """A visit read just now, to act on: all of its state, and the entries that it was read from."""

    state: PlanState
    rows: tuple[Stored, ...]


Tell = Callable[[PlanState, Judged], None]
"""Hears of each entry about a visit that came in after the visit was last read, whoever made it."""


class View:
    """The open visits as this watcher knows them, and the team.

    Attributes:
        visits: By plan id.
        roster: The team.
        position: The last entry of the store that was looked at; 0 before the first reading.
        unreadable: Plans without a version that holds, with the reason: there is nothing to watch.
        lately: Plans that were open, or about which something came in lately: a visit may be behind those.
        lost: Visits that were watched and cannot be read any more, with the reason.
        delayed: Visits with news that the store cannot give just now, with the reason.
        otherwise: Visits that the store's list hides, or of which entries are gone by it.
        untold: Visits with news that could not be told on the screen, with the reason.
        team_trouble: Why the team's record cannot be read any more; empty while it can.
    """

    def __init__(self, roster: Roster, tell: Tell) -> None:
        self.visits: dict[str, Seen] = {}
        self.roster = roster
        self.position = 0
        self.unreadable: dict[str, str] = {}
        self.lately: set[str] = set()
        self.lost: dict[str, str] = {}
        self.delayed: dict[str, str] = {}
        self.untold: dict[str, str] = {}
        self.otherwise: set[str] = set()
        self.team_trouble = ""
        self._tell = tell
        self._wanted: dict[str, tuple[int, int]] = {}
        self._team_is_old = False
        self._last = (0, "")
        self._told = 0
        self._left: dict[str, int] = {}
        self._ladders: dict[Ladder, Ladder] = {}

    def read(self, store: Store, since: datetime) -> None:
        """Take in what was added; the first time, or if another store was put there, all that is open.

        Args:
            store: Where the entries are.
            since: For a full reading: visits that ended after this are looked at too.

        Raises:
            StoreError: The store cannot be read. What is known stays.
        """
        if not self.position or not self._goes_on(store):
            self._read_all(store, since)
            return
        self._told = self.position
        self._take_note(store)
        if (self._team_is_old or self.team_trouble) and self._read_team(store):
            self._want([*self.visits, *self.lost, *self.unreadable])
        self._read_wanted(store)
        self._left.clear()

    def _take_note(self, store: Store) -> None:
        """Note what was added before any of it is read, so that a fault on the way loses nothing."""
        for row in store.scan(self.position):
            self._want([row.stream], row.position)
            self.lately.add(row.stream)
            self._team_is_old |= row.stream == TEAM_STREAM
            self.position = row.position
            self._has_seen(row)

    def _want(self, plans: Iterable[str], position: int = _ANYHOW) -> None:
        """Plans to read up to a position; each stays wanted until it was read."""
        for plan in plans:
            if is_plan_id(plan):
                behind, newest = self._wanted.get(plan, (self._told, 0))
                self._wanted[plan] = behind, max(newest, position)

    def _read_wanted(self, store: Store) -> None:
        """Read what is wanted; a visit that the store cannot give does not keep the others from it.

        Raises:
            StoreError: The store does not answer at all.
        """
        for plan, (_, newest) in list(self._wanted.items()):
            try:
                if not self._has_read(plan, newest):
                    self.fold_now(store, plan)
            except StoreError as error:
                store.head()
                self.delayed[plan] = f"{reference(plan)} cannot be read just now: {error.message}"
            else:
                del self._wanted[plan]
                self.delayed.pop(plan, None)

    def fold_now(self, store: Store, plan: str) -> Fresh | None:
        """Read one visit, tell what is new, and remember where it stands; None if it cannot be read."""
        rows = tuple(store.history(plan))
        try:
            state = called_in(store, folded(plan, rows, self.roster))
        except RemovedError as error:
            self._is_removed(plan, rows, error)
            return None
        except VerificationError as error:
            self._not_readable(plan, error.message)
            return None
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a plan that nobody foresaw must not end the watch over all
            self._not_readable(plan, f"{reference(plan)} cannot be read: {type(error).__name__}")
            return None
        self.lost.pop(plan, None)
        self.unreadable.pop(plan, None)
        self._compare(store, state, rows)
        before = self.visits.get(plan)
        self.visits[plan] = Seen(self._slim(state), rows[-1].position, _quiet_until(state))
        self._has_seen(rows[-1])
        behind, _ = self._wanted.get(plan, (self._told, 0))
        self._tell_news(state, rows, before.position if before else self._left.get(plan, behind))
        return Fresh(state, rows)

    def _compare(self, store: Store, state: PlanState, rows: Sequence[Stored]) -> None:
        """Note where the store's list hides an open visit, or knows of entries that are gone."""
        row = store.row(state.plan)
        gone = row is not None and row.entries > len(rows)
        hidden = not state.settled and (row is None or bool(row.closed))
        self.otherwise.discard(state.plan)
        if (gone or hidden) and len(store.history(state.plan)) == len(rows):  # nothing came in meanwhile
            self.otherwise.add(state.plan)

    def _is_removed(self, plan: str, rows: Sequence[Stored], error: RemovedError) -> None:
        """Nothing is left to watch; unless nothing ended it since it was last read, or more has come in."""
        known = self.visits.get(plan)
        was_open = known is not None and not known.state.closed
        since = known.position if known is not None else 0
        ended = any(row.position > since and row.kind in CLOSING and row.blank for row in rows)
        if error.removed.left or (was_open and not ended):
            self._not_readable(plan, error.message)
            return
        for gone in (self.visits, self.lost, self.unreadable):
            gone.pop(plan, None)

    @property
    def damaged(self) -> set[str]:
        """The visits about which something may be lost: nobody can say that all of it is known."""
        known = {plan for plan, seen in self.visits.items() if seen.state.damage}
        return {*self.lost, *(self.lately & self.unreadable.keys()), *known, *self.otherwise}

    def forget(self, plan: str) -> None:
        """Let go of a visit that needs nothing more."""
        self._left[plan] = self.visits.pop(plan).position

    def _has_read(self, plan: str, position: int) -> bool:
        """Whether what came in for a plan was read already: most of it is what this watcher added itself."""
        return plan in self.visits and self.visits[plan].position >= position

    def reason(self, plan: str) -> str:
        """Why a visit cannot be read; empty if it can."""
        return self.lost.get(plan) or self.unreadable.get(plan, "")

    def _goes_on(self, store: Store) -> bool:
        """Whether the newest entry seen is where it was: no other file was put in the store's place."""
        position, name = self._last
        row = next(store.scan(position - 1), None)
        return row is not None and row.id == name

    def _has_seen(self, row: Stored) -> None:
        self._last = max(self._last, (row.position, row.id))

    def _read_all(self, store: Store, since: datetime) -> None:
        self.position = 0  # until all was read: what fails on the way is begun again
        head, _ = store.head()
        self._read_team(store)
        is_open = [row.plan for row in store.plans(open_only=True)]
        last = next(store.scan(head - 1), None) if head else None
        self._told, self._last = head, (head, last.id) if last else (0, "")
        late = recent(store, since - LATELY)
        self.lately = {*self.visits, *is_open, *doubted(store, since), *late}
        self._want([*self.visits, *is_open, *store.doubtful(), *late])
        self._read_wanted(store)
        self.position = head

    def _read_team(self, store: Store) -> bool:
        """The team as it is now; the one known before stays if its record does not hold."""
        try:
            roster = open_roster(store, self.roster.team_id)
            roster.refuse_damage()
        except VerificationError as error:
            self.team_trouble = error.message
            return False
        self.roster = roster
        self.team_trouble, self._team_is_old = "", False
        return True

    def _not_readable(self, plan: str, reason: str) -> None:
        if plan in self.visits:
            self.lost[plan] = reason
        else:
            self.unreadable[plan] = reason

    def _tell_news(self, state: PlanState, rows: Sequence[Stored], behind: int) -> None:
        new = {row.id for row in rows if row.position > behind}
        for judged in state.judged:
            if judged.entry.id in new:
                try:
                    self._tell(state, judged)
                except Exception as error:  # noqa: BLE001 - a screen must not keep the watch from a visit
                    self.untold[state.plan] = f"news of {state.ref} cannot be told: {type(error).__name__}"

    def _slim(self, state: PlanState) -> PlanState:
        """What tells when somebody is late, and no more: thousands of these are kept in memory."""
        ladder = state.visit.ladder
        ladder = self._ladders.setdefault(ladder, ladder)
        body = msgspec.structs.replace(
            state.body,
            answers={},
            findings=(),
            controls=(),
            sharing=(),
            standing={},
            shown=(),
            checklists=(),
            ladder=ladder,
            sealed=None,
        )
        return msgspec.structs.replace(
            state,
            body=body,
            version=_bare(state.version),
            decision=state.decision and _bared(state.decision),
            judged=tuple(
                _bared(one) for one in state.judged if isinstance(one.body, WithdrawnBody) and not one.why_not
            ),
            visit=msgspec.structs.replace(state.visit, ladder=ladder),
            sealed=None,
            after=told_apart(state.after),
        )


def _quiet_until(state: PlanState) -> str:
    """When the first step falls due, if nothing was ever raised, ended or played; else empty."""
    visit = state.visit
    noisy = (
        visit.duress or visit.drills or visit.alarms != (Alarm(),) or visit.changes or state.after.incidents
    )
    if state.closed or noisy:
        return ""
    return min((due.at for due in alarm.schedule(state)), default="")


def _bare(entry: Verified) -> Verified:
    content = msgspec.structs.replace(entry.content, body={}, after=())
    return msgspec.structs.replace(entry, content=content, entry=_NO_ENTRY, key="")


def _bared(judged: Judged) -> Judged:
    return msgspec.structs.replace(judged, entry=_bare(judged.entry))
