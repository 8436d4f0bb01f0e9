"""A store verified in parts that do not need each other, so that many processes can share the work.

One task walks along the running hash in order of arrival. Each other one takes the streams from one id to the
next: every entry there is read once, and its id, columns and signature are checked and its plan is folded.
That both see the same entries is proven by a sum over them. What a task finds is small, and sorted by
whoever gathers it, so that a report does not depend on who did what. Memory follows what does not hold.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from visitsafe.desk import open_roster
from visitsafe.errors import StoreError, VerificationError
from visitsafe.exchange import findings as faults
from visitsafe.exchange.findings import Tally, row_from, state_of, tell
from visitsafe.exchange.verify_parts import (
    About,
    Along,
    Checked,
    Found,
    Part,
    Result,
    Spread,
    Task,
    Walk,
    Whole,
)
from visitsafe.record.chain import GENESIS, ChainProblem, order_problems, row_problems
from visitsafe.record.entry import MOST_REMEMBERED, verify_together
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.retention.verify_removals import Removals
from visitsafe.state.fold import PlanState
from visitsafe.state.removed import Removed
from visitsafe.team.roster import Roster

_AT_ONCE = 100
"""About how many entries are checked together."""
_TRIES = 5
_Known = tuple[PlanState | Removed, Sequence[Stored], PlanRow | None]


def perform(store: Store, roster: Roster, task: Task, upto: int) -> Result:
    """Do one task.

    Args:
        store: Where.
        roster: The team.
        task: What.
        upto: Where the store ended at first: entries behind that are not summed up.
    """
    if isinstance(task, Whole):
        return Checked(tuple(store.check_file()))
    return _along(store, task, upto) if isinstance(task, Along) else _Checking(store, roster, upto).part(task)


def here(store: Store, roster: Roster) -> Spread:
    """Has all done in this process, one after the other."""
    return lambda todo, upto: (perform(store, roster, task, upto) for task in todo)


def _together(entries: Iterable[Stored]) -> Iterator[list[list[Stored]]]:
    """Whole streams, as many at once as have some hundred entries, but no large ones together."""
    streams: list[list[Stored]] = []
    count = size = 0
    for _, group in groupby(entries, attrgetter("stream")):
        streams.append(list(group))
        count += len(streams[-1])
        size += sum(len(row.payload) for row in streams[-1])
        if count >= _AT_ONCE or size >= MOST_REMEMBERED // 2:
            yield streams
            streams, count, size = [], 0, 0
    if streams:
        yield streams


def _summand(row: Stored) -> int:
    return int.from_bytes(row.chain.encode("utf-8", "surrogatepass"))


def _along(store: Store, task: Along, upto: int) -> Walk:
    bad: list[ChainProblem] = []
    chains: dict[int, str] = {}
    count = same = position = 0
    previous, error = GENESIS, ""
    removals = Removals()
    try:
        for row in store.scan():
            bad += [
                ChainProblem(row.position, row.id, text) for text in order_problems(position, previous, row)
            ]
            position, previous = row.position, row.chain
            removals.see(row)
            count += 1
            if position <= upto:
                same += _summand(row)
            if position in task.wanted:
                chains[position] = previous
    except StoreError as stopped:
        error = stopped.message
    return Walk(count, same, position, chains, tuple(bad), error, tuple(removals.untimely))


class _Checking:
    """One part in the making."""

    def __init__(self, store: Store, roster: Roster, upto: int) -> None:
        self._store, self._roster, self._upto = store, roster, upto
        self._tally = Tally(roster, team=False)
        self._same, self._now = 0, ""
        self._bad: list[ChainProblem] = []
        self._about: list[About] = []
        self._errors: list[str] = []

    def part(self, part: Part) -> Found:
        """Check it all; what cannot be read is noted and stops nothing else."""
        self._now = part.now
        rows = self._rows(part)
        try:
            for streams in _together(self._entries(part)):
                verify_together(row.entry for entries in streams for row in entries if not row.blank)
                for entries in streams:
                    stream = entries[0].stream
                    listed = rows.pop(stream, None) if stream != TEAM_STREAM else None  # none is called that
                    self._stream(stream, entries, listed)
        except StoreError as error:
            self._errors.append(error.message)
            rows = self._one_by_one(rows)
        lost = tuple(plan for plan in rows if self._has_no_entries(plan))
        return Found(
            same=self._same,
            plans=self._tally.plans,
            removed=self._tally.removed,
            signers=frozenset(self._tally.seen),
            bad=tuple(self._bad),
            about=tuple(self._about),
            lost=lost,
            errors=tuple(self._errors),
        )

    def _rows(self, part: Part) -> dict[str, PlanRow]:
        rows: dict[str, PlanRow] = {}
        try:
            for row in self._store.rows_from(part.first):
                if part.end and row.plan >= part.end:
                    break
                rows[row.plan] = row
        except StoreError as error:
            self._errors.append(error.message)
        return rows

    def _entries(self, part: Part) -> Iterable[Stored]:
        for row in self._store.by_stream(part.first):
            if part.end and row.stream >= part.end:
                return
            yield row

    def _one_by_one(self, rows: dict[str, PlanRow]) -> dict[str, PlanRow]:
        """Where the streams cannot be read on, the plans that are listed can perhaps be."""
        left = {}
        for plan, row in rows.items():
            try:
                history = self._store.history(plan)
            except StoreError as error:
                self._errors.append(error.message)
                continue
            if history:
                self._stream(plan, history, row)
            else:
                left[plan] = row
        return left

    def _has_no_entries(self, plan: str) -> bool:
        """It may have been taken in meanwhile, or taken out."""
        if plan == TEAM_STREAM:
            return True
        try:
            return self._store.row(plan) is not None and not self._store.history(plan)
        except StoreError as error:
            self._errors.append(error.message)
            return False

    def _stream(self, stream: str, rows: Sequence[Stored], listed: PlanRow | None) -> None:
        for row in rows:
            if row.position <= self._upto:
                self._same += _summand(row)
            self._bad += [ChainProblem(row.position, row.id, text) for text in row_problems(row)]
        if stream == TEAM_STREAM:
            return
        if is_plan_id(stream):
            self._plan(stream, rows, listed)
        else:
            text = f"the store holds entries under {stream[:40]!r}, which is no plan"
            self._tally.faults.append(faults.in_store(text))
        self._keep(stream)

    def _plan(self, plan: str, rows: Sequence[Stored], listed: PlanRow | None) -> None:
        try:
            state = state_of(plan, rows, self._roster)
        except VerificationError as error:
            self._tally.faults.append(faults.no_version(error.message, reference(plan)))
            return
        same = row_from(state, rows) == listed
        if not same:
            state, rows, same = self._asked_again(plan, (state, rows, listed))
        tell(self._tally, state, rows, same=same, now=self._now)

    def _asked_again(self, plan: str, last: _Known) -> tuple[PlanState | Removed, Sequence[Stored], bool]:
        """A plan whose row does not follow from it, looked at again: somebody may be adding to it now."""
        state, rows, listed = last
        try:
            for _ in range(_TRIES):
                before = (listed, len(rows), self._roster)
                listed, rows = self._store.row(plan), self._store.history(plan)
                self._roster = open_roster(self._store, self._roster.team_id, self._roster)
                if (listed, len(rows), self._roster) == before:
                    break
                state = state_of(plan, rows, self._roster)
                if row_from(state, rows) == listed:
                    return state, rows, True
        except (StoreError, VerificationError):
            return last[0], last[1], False
        return state, rows, False

    def _keep(self, stream: str) -> None:
        tally = self._tally
        if tally.faults or tally.doubts or tally.notes or tally.uncounted:
            found = About(
                stream,
                tuple(tally.faults),
                tuple(tally.doubts),
                tuple(tally.notes),
                tuple(tally.uncounted),
            )
            self._about.append(found)
            tally.faults, tally.doubts, tally.notes, tally.uncounted = [], [], [], []
