"""Verification as the product: what was checked, by which keys, what does not hold, and what that proves.

A store or one plan of it, or a bundle's file. A store is checked in parts that do not need each other, by
as many processes as the caller has: one task walks along the running hash, each other one takes the streams
from one id to the next, and a sum over both proves that they saw the same entries. Memory follows what does
not hold. Nothing is changed, nothing is mended, and no fault stops the rest from being checked.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec

from visitsafe.desk import Desk, open_roster
from visitsafe.errors import KeyFileError, StoreError, UsageError, VerificationError
from visitsafe.exchange import findings as faults
from visitsafe.exchange.bundle import Bundle, Packed, fits_its_name
from visitsafe.exchange.checkpoint import Checkpoint, Walked, compare, walk
from visitsafe.exchange.findings import Fault, Tally, VerifyReport, row_from, state_of, tell
from visitsafe.record.chain import GENESIS, ChainProblem, order_problems, row_problems
from visitsafe.record.entry import MOST_REMEMBERED, Verified, verify_entry, verify_together
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import ALPHABET, is_plan_id, reference
from visitsafe.record.ssh import fingerprint
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.retention.verify_removals import Removals
from visitsafe.state.fold import PlanState, fold
from visitsafe.state.removed import Removed, RemovedError
from visitsafe.team.roster import Roster
from visitsafe.text.clock import to_text

EACH = 2_000
"""About how many entries a part has: ids are spread evenly."""
_LETTERS = 3


class Whole(msgspec.Struct, frozen=True):
    """A task: check the file or the database itself."""


class Along(msgspec.Struct, frozen=True):
    """A task: walk along the running hash, and note it at these positions."""

    wanted: frozenset[int]


class Part(msgspec.Struct, frozen=True):
    """A task: the streams from `first` to before `end`; an empty `end` means all that come after.

    `now` is when it is checked, UTC text; by an empty one nothing is in the future.
    """

    first: str
    end: str
    now: str = ""


class Checked(msgspec.Struct, frozen=True):
    """What is wrong with the file or the database itself, as sentences."""

    wrong: tuple[str, ...]


class Walk(msgspec.Struct, frozen=True):
    """What came of walking along: `bad` as in `Found`; `error` if the walk could not be ended.

    `untimely` are sentences about removals behind which something arrived that was received long before.
    """

    entries: int
    same: int
    end: int
    chains: dict[int, str]
    bad: tuple[ChainProblem, ...]
    error: str = ""
    untimely: tuple[str, ...] = ()


class About(msgspec.Struct, frozen=True):
    """What was found about one stream."""

    stream: str
    faults: tuple[Fault, ...]
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    uncounted: tuple[Fault, ...] = ()


class Found(msgspec.Struct, frozen=True):
    """What came of a part.

    Attributes:
        same: The sum over the running hashes of its entries up to where the store ended at first.
        plans: How many plans hold.
        removed: How many entries have no content any more because it was removed by rule.
        signers: Who signed entries of plans.
        bad: What does not hold about single entries.
        about: What was found about streams.
        lost: Plans that are listed and have no entries.
        errors: What could not be read.
    """

    same: int
    plans: int
    removed: int
    signers: frozenset[str]
    bad: tuple[ChainProblem, ...]
    about: tuple[About, ...]
    lost: tuple[str, ...]
    errors: tuple[str, ...]


Task = Whole | Along | Part
Result = Checked | Walk | Found
Spread = Callable[[Sequence[Task], int], Iterable[Result]]
"""Has tasks done, each with the position at which the store ended at first; the results in any order."""


def tasks(upto: int, wanted: Iterable[int] = (), now: str = "") -> list[Task]:
    """What there is to do for a store of so many entries, the longest task first."""
    most = len(ALPHABET) ** _LETTERS
    count = max(1, min(upto // EACH, most))
    bounds = ["", *(_beginning(most * number // count) for number in range(1, count))]
    parts = (Part(first, end, now) for first, end in zip(bounds, [*bounds[1:], ""], strict=True))
    return [Whole(), Along(frozenset(wanted)), *parts]


def _beginning(number: int) -> str:
    """The first letters of the ids that so many in `_LETTERS` letters come before."""
    letters = ""
    for _ in range(_LETTERS):
        number, place = divmod(number, len(ALPHABET))
        letters = ALPHABET[place] + letters
    return letters


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


NOT_ALL = "the entries that the store has by plan are not the same as those in order of arrival"


def verify_store(
    desk: Desk, checkpoints: Sequence[Checkpoint] = (), spread: Spread | None = None
) -> VerifyReport:
    """Check everything in the store, and that it agrees with checkpoints that were kept elsewhere.

    Args:
        desk: The store and the team.
        checkpoints: What was kept elsewhere.
        spread: Has the parts checked by several processes; without, all is done in this one.
    """
    tally = Tally(desk.roster)
    tally.store = desk.store.store_id
    upto = _end(desk)
    todo = tasks(upto, (one.position for one in checkpoints), to_text(desk.now))
    checked, walks, found = _gathered((spread or here(desk.store, desk.roster))(todo, upto))
    tally.faults += [faults.in_store(text) for text in checked.wrong]
    _store(desk, tally, walks, found, checkpoints)
    if not walks.error and not found.errors and walks.same != found.same:
        tally.faults.append(faults.in_store(NOT_ALL))
    tally.faults += [faults.in_store(text) for text in found.errors]
    tally.doubts += walks.untimely
    for one in found.about:
        tally.faults += one.faults
        tally.doubts += one.doubts
        tally.notes += one.notes
        tally.uncounted += one.uncounted
    for plan in found.lost:
        ref = reference(plan)
        tally.faults.append(faults.in_list(f"the list names {ref}, which has no entries", ref))
    tally.seen |= found.signers
    tally.entries, tally.plans, tally.removed = walks.entries, found.plans, found.removed
    return tally.report("store")


def verify_plan(desk: Desk, plan: str, checkpoints: Sequence[Checkpoint] = ()) -> VerifyReport:
    """Check one plan, the team's record and the store they are in; with what is known about each time."""
    tally = Tally(desk.roster)
    tally.store = desk.store.store_id
    tally.faults += [faults.in_store(text) for text in desk.store.check_file()]
    try:
        walked, problems = walk(desk.store, desk.store.scan(), checkpoints)
        _ended(desk, tally, walked, [ChainProblem(*one) for one in problems], checkpoints)
    except StoreError as error:
        _not_ended(tally, error.message, checkpoints)
    row = None
    try:
        row = desk.store.row(plan)
    except StoreError as error:
        tally.faults.append(faults.in_store(error.message))
    tally.entries = _plan(desk, tally, plan, row) + len(desk.roster.order.entries)
    return tally.report("plan")


def _end(desk: Desk) -> int:
    try:
        return desk.store.head()[0]
    except StoreError:  # the walk along the store will say so
        return 0


def _gathered(results: Iterable[Result]) -> tuple[Checked, Walk, Found]:
    """What came of it all, in an order that does not depend on who came first."""
    checked: list[Checked] = []
    walks: list[Walk] = []
    founds: list[Found] = []
    for result in results:
        if isinstance(result, Checked):
            checked.append(result)
        elif isinstance(result, Walk):
            walks.append(result)
        else:
            founds.append(result)
    return (
        checked[0],
        walks[0],
        Found(
            same=sum(one.same for one in founds),
            plans=sum(one.plans for one in founds),
            removed=sum(one.removed for one in founds),
            signers=frozenset[str]().union(*(one.signers for one in founds)),
            bad=tuple(bad for one in founds for bad in one.bad),
            about=tuple(sorted((about for one in founds for about in one.about), key=lambda one: one.stream)),
            lost=tuple(sorted(plan for one in founds for plan in one.lost)),
            errors=tuple(sorted({text for one in founds for text in one.errors})),
        ),
    )


def _store(desk: Desk, tally: Tally, walks: Walk, found: Found, checkpoints: Sequence[Checkpoint]) -> None:
    """The running hash, the entries by themselves and the checkpoints."""
    if walks.error:
        _not_ended(tally, walks.error, checkpoints)
        return
    bad = sorted((*walks.bad, *found.bad), key=lambda one: one.position)
    first_bad = bad[0].position if bad else None
    walked = Walked(desk.store.store_id, walks.end, walks.chains, first_bad)
    try:
        _ended(desk, tally, walked, bad, checkpoints)
    except StoreError as error:
        _not_ended(tally, error.message, checkpoints)


def _ended(
    desk: Desk,
    tally: Tally,
    walked: Walked,
    problems: Iterable[ChainProblem],
    checkpoints: Sequence[Checkpoint],
) -> None:
    tally.position, tally.chain = desk.store.head()
    tally.faults += [faults.in_store(f"{one.text} (entry {one.id[:12]})", one.id) for one in problems]
    tally.checkpoints = compare(checkpoints, walked, desk.roster)
    for one in tally.checkpoints:
        if one.wrong:
            text = f"the checkpoint of {one.at} at position {one.position}: {one.wrong}"
            tally.faults.append(faults.in_checkpoint(text))


def _not_ended(tally: Tally, error: str, checkpoints: Sequence[Checkpoint]) -> None:
    tally.faults.append(faults.in_store(error))
    for one in checkpoints:
        text = f"the checkpoint of {one.at} at position {one.position} could not be compared"
        tally.faults.append(faults.in_checkpoint(text))


def _plan(desk: Desk, tally: Tally, plan: str, listed: PlanRow | None) -> int:
    """One plan of the store, and whether the store's list shows it as it is; how many entries it has."""
    if not is_plan_id(plan):
        text = f"the store holds entries under {plan[:40]!r}, which is no plan"
        tally.faults.append(faults.in_store(text))
        return 0
    history: Sequence[Stored] = ()
    try:
        history = desk.store.history(plan)
        state = state_of(plan, history, desk.roster)
    except StoreError as error:
        tally.faults.append(faults.in_store(error.message))
    except VerificationError as error:
        tally.faults.append(faults.no_version(error.message, reference(plan)))
    else:
        same = row_from(state, history) == listed
        tell(tally, state, history, same=same, now=to_text(desk.now), times=True)
    return len(history)


_KEY = re.compile(rb"(?:ssh-ed25519|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]{1,1000}")


def verify_file(bundle: Bundle, team_id: str = "", team_key: str = "") -> VerifyReport:
    """Check everything in a bundle.

    Args:
        bundle: As it was read.
        team_id: The id of the team that it must be of, or "".
        team_key: The public key line of that team's founder, or "".

    Raises:
        UsageError: The founder's key is no public key.
    """
    founder = _fingerprint(team_key) if team_key else ""
    good, broken = _checked(bundle.entries)
    team = [entry for entry in good if entry.content.plan == TEAM_STREAM]
    roster: Roster | None = None
    try:
        roster = _roster(team, team_id, founder)
    except VerificationError as error:
        broken.append(faults.in_team(error.message))
    tally = Tally(roster, pinned=bool(team_id or founder))
    tally.faults[:0] = broken
    tally.entries = len(bundle.entries)
    if roster is not None:
        _plans(tally, roster, [entry for entry in good if entry.content.plan != TEAM_STREAM])
        _signers(tally, roster, bundle.signers)
    tally.seen.update(entry.content.by for entry in good)
    return tally.report("file")


def _fingerprint(public_line: str) -> str:
    try:
        return fingerprint(public_line)
    except KeyFileError as error:
        raise UsageError(f"--team-key: {error.message}", error.hint) from error


def _checked(entries: Sequence[Packed]) -> tuple[list[Verified], list[faults.Fault]]:
    """Each entry by itself: those that hold, and a fault for each that does not."""
    good: dict[str, Verified] = {}
    broken: list[faults.Fault] = []
    for packed in entries:
        try:
            verified = verify_entry(packed.entry)
        except VerificationError as error:
            broken.append(faults.damaged(f"{error.message} ({packed.name})"))
            continue
        if not fits_its_name(packed):
            text = f"entry {verified.id[:12]} is not the one that the name of its file says ({packed.name})"
            broken.append(faults.damaged(text))
        good.setdefault(verified.id, verified)
    if not entries:
        broken.append(faults.damaged("the file holds no entries"))
    return list(good.values()), broken


def _roster(team: Sequence[Verified], team_id: str, founder: str) -> Roster:
    """The team that this is, chosen by its id or its founder's key; without either the only one there is."""
    founding = [entry for entry in team if entry.content.kind == Kind.FOUNDED]
    wanted = [
        entry.id
        for entry in founding
        if (not team_id or entry.id == team_id) and (not founder or entry.content.by == founder)
    ]
    if not wanted and founding and (team_id or founder):
        raise VerificationError(
            f"this file is of another team than the one you named: of {founding[0].id[:12]}, "
            f"founded by the key {founding[0].content.by}"
        )
    if not wanted:
        raise VerificationError("the file does not hold the beginning of any team's record")
    if len(founding) > 1:
        raise VerificationError("the file mixes the records of several teams")
    return Roster(team, wanted[0])


def _plans(tally: Tally, roster: Roster, entries: Sequence[Verified]) -> None:
    streams: dict[str, list[Verified]] = {}
    for entry in entries:
        streams.setdefault(entry.content.plan, []).append(entry)
    for plan, group in streams.items():
        try:
            tally.plan(fold(plan, group, roster), times=len(streams) == 1)
        except RemovedError as error:
            tally.removal(error.removed)
        except VerificationError as error:
            tally.faults.append(faults.no_version(error.message, reference(plan)))


def _signers(tally: Tally, roster: Roster, signers: bytes) -> None:
    """Who checks with OpenSSH relies on `allowed_signers`: it must name no key that the team never had."""
    for found in dict.fromkeys(_KEY.findall(signers)):
        try:
            key = fingerprint(found.decode())
        except KeyFileError:
            key = ""
        if key not in roster.known:
            named = key or "one that is no key"
            tally.faults.append(
                faults.in_team(f"allowed_signers names a key that the team never had: {named}")
            )
