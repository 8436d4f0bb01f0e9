"""Copies of a whole store: entries as they are, in order, each compared afterwards; and rows made anew.

Backups from a server, restoring and moving are this copy. It goes on where it stopped: what the copy holds
already must be the beginning of the original, or nothing is done. A moved store is marked before its copy
can be opened, while nobody can write to it: no entry is left behind, and there are never two stores to
write to. What was removed by rule (docs/adr/0019) is removed in the copy too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile, zip_longest
from typing import Protocol

import msgspec

from visitsafe.errors import StoreError, VerificationError
from visitsafe.record.chain import GENESIS, check_chain
from visitsafe.record.entry import verify_entry
from visitsafe.record.stored import Fillable, PlanRow, Purge, Store, Stored, Summarise
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.text.clean import one_line

BATCH = 256
BATCH_BYTES = 4 << 20
MOST_NAMED = 20
"""How many entries that do not hold are named."""
FILLING, MOVED = "filling", "moved"
Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""
Rows = Callable[[], Summarise]
"""Makes what makes the rows of plans, by the team as it is in the copy at that moment."""


class Care(Protocol):
    """A store in the hands of those who look after it."""

    @property
    def store(self) -> Fillable:
        """The store."""
        ...

    @property
    def where(self) -> str:
        """Its place, for people."""
        ...

    def mark(self, marks: Mapping[str, str | None], first: Callable[[], None]) -> None:
        """Set what it says of itself while nobody else can write, after `first`."""
        ...

    def purges(self, after: str = "") -> list[Purge]:
        """Some of what was removed by rule, behind an id, in order; empty behind the last."""
        ...

    def count_purges(self) -> int:
        """How much was removed by rule."""
        ...

    def put_purges(self, purges: Sequence[Purge]) -> None:
        """Note in a copy what was removed, and remove it there too."""
        ...


class Copied(msgspec.Struct, frozen=True):
    """What a copy holds.

    Attributes:
        position: Its last position: how many entries there are.
        chain: The running hash there.
        received: When the original took in the newest of them, UTC text; empty if there is none.
        faults: Sentences about entries that do not hold, in the original as in the copy.
        junk: Those of them that are about what nobody ever signed and what stands as it was put there.
    """

    position: int
    chain: str
    received: str
    faults: tuple[str, ...] = ()
    junk: tuple[str, ...] = ()


def check_part(original: Store, copy: Store) -> None:
    """Refuse a copy that is not the beginning of the original.

    Raises:
        StoreError: It has other entries, or more.
    """
    position, chain = copy.head()
    if position == 0:
        return
    same = next(original.scan(position - 1), None)
    if same is None or (same.position, same.chain) != (position, chain):
        raise StoreError(
            "what is there already is no part of this store: it holds other entries",
            hint="nothing was changed; name another place",
        )


def fill(source: Care, target: Care, rows: Rows, tell: Tell) -> Copied:
    """Put everything that a store holds which nobody writes to into a copy; compare it, and list its plans.

    Raises:
        StoreError: The copy is no part of the original, or one of them cannot be used.
        VerificationError: The original's running hash does not hold, or the copy differs.
    """
    found = _copied(source.store, target.store, tell)
    _carry_purges(source, target)
    target.store.rebuild(told(rows(), tell))
    return found


def move(source: Care, target: Care, rows: Rows, now: datetime, tell: Tell) -> Copied:
    """Fill a copy, then put into it what came meanwhile, mark the original as moved, and open the copy.

    Interrupted anywhere, it can be called again. Whoever reads or writes finds the original until it is
    marked, then neither, and then the copy.

    Of two that move the same store at once to two places one is refused, so that there are never two stores.

    Args:
        source: The original. It keeps all its entries.
        target: A marked copy; see `check_part`.
        rows: For the copy.
        now: Aware.
        tell: Told how far it is.

    Raises:
        StoreError: As for `fill`.
        VerificationError: As for `fill`.
    """
    found = _copied(source.store, target.store, tell)
    target.store.rebuild(told(rows(), tell))

    def rest() -> None:
        nonlocal found
        if _moved_meanwhile(source, target):
            return
        tail = _rest(source.store, target.store, found)
        purged = _carry_purges(source, target)
        streams = {row.stream for row in tail} | purged
        if TEAM_STREAM in streams:  # which bears on plans anywhere
            target.store.rebuild(rows())
        elif streams:
            target.store.append((), now, rows(), also=sorted(streams))
        if tail:
            faults = (*found.faults, *_unsigned(tail))
            found = Copied(tail[-1].position, tail[-1].chain, tail[-1].received, faults)

    source.mark({MOVED: target.where, FILLING: None}, first=rest)
    target.mark({FILLING: None, MOVED: None}, first=lambda: None)
    return found


def compare(original: Store, copy: Store, end: int, tell: Tell) -> Copied:
    """Compare two stores entry by entry up to a position, and check every running hash and signature.

    Raises:
        VerificationError: They differ.
    """
    last: Stored | None = None
    faults: list[str] = []

    def compared() -> Iterator[Stored]:
        nonlocal last
        pairs = zip_longest(_until(original.scan(), end), _until(copy.scan(), end))
        for number, (one, other) in enumerate(pairs, 1):
            if one is None or other is None or not _same(one, other):
                raise VerificationError(
                    f"the copy differs from its original at position {number}",
                    hint="do not use the copy; remove it and begin again, in another place",
                )
            last = other
            yield other
            tell("comparing", number, end)

    for text in sentences(compared()):
        if len(faults) < MOST_NAMED:
            faults.append(text)
    if (last.position if last else 0) != end:
        raise VerificationError("the copy lacks entries at its end", hint="run the same command again")
    return Copied(end, last.chain if last else GENESIS, last.received if last else "", tuple(faults))


def sentences(rows: Iterable[Stored], after: tuple[int, str] = (0, GENESIS)) -> Iterator[str]:
    """What does not hold about rows: the running hash, copies of columns, signatures. In constant memory."""
    for serious, text in weighed(rows, after):
        del serious
        yield text


def weighed(rows: Iterable[Stored], after: tuple[int, str] = (0, GENESIS)) -> Iterator[tuple[bool, str]]:
    """The same, and whether something was altered or moved; else it was put in and never signed."""
    for row in rows:
        problems = list(check_chain([row], after))
        for problem in problems:
            yield True, f"{problem.text} (entry {problem.id[:12]})"
        for text in _unsigned([row]):
            yield bool(problems), text
        after = row.position, row.chain


def told(summarise: Summarise, tell: Tell) -> Summarise:
    """The same, counting the plans that it lists."""
    count = 0

    def counted(plan: str, history: Sequence[Stored]) -> PlanRow | None:
        nonlocal count
        count += 1
        tell("listing plans", count, 0)
        return summarise(plan, history)

    return counted


def _moved_meanwhile(source: Care, target: Care) -> bool:
    """Whether somebody else has moved the store to this very place; called while nobody can write to it.

    Raises:
        StoreError: It was moved to another place, or is being filled itself.
    """
    meta = source.store.meta()
    where = meta.get(MOVED, target.where)
    if where != target.where or FILLING in meta:
        what = f"was moved to {one_line(where)}" if MOVED in meta else "became the copy of another"
        raise StoreError(
            f"the store {what} by somebody else meanwhile; what was copied to {target.where} is no store",
            hint="remove what was copied, and go on with the store that is in use",
        )
    return MOVED in meta and FILLING not in target.store.meta()


def _same(one: Stored, other: Stored) -> bool:
    """Whether a copy is like its original, whose content may have been removed since it was copied."""
    return one == (msgspec.structs.replace(other, payload=b"") if one.blank else other)


def _unsigned(rows: Iterable[Stored]) -> Iterator[str]:
    for row in rows:
        if row.blank:
            continue
        try:
            verify_entry(row.entry, row.id)
        except VerificationError as error:
            yield f"at position {row.position}, {error.message}"


def _copied(original: Store, copy: Fillable, tell: Tell) -> Copied:
    end = original.head()[0]
    _put(original, copy, end, tell)
    return compare(original, copy, end, tell)


def _carry_purges(source: Care, target: Care) -> set[str]:
    """Remove from a copy what was removed from its original; the plans that this bears on."""
    streams: set[str] = set()
    after = ""
    while source.count_purges() != target.count_purges() and (batch := source.purges(after)):
        target.put_purges(batch)
        streams.update(purge.stream for purge in batch)
        after = batch[-1].id
    return streams


def _put(original: Store, copy: Fillable, end: int, tell: Tell) -> None:
    for batch in _batches(_until(original.scan(copy.head()[0]), end)):
        copy.put_rows(batch)
        tell("copying", batch[-1].position, end)


def _rest(original: Store, copy: Fillable, found: Copied) -> list[Stored]:
    """Put the entries behind what was compared into the copy too, and compare them; they are few."""
    tail = list(original.scan(found.position))
    copy.put_rows(tail)
    if list(copy.scan(found.position)) != tail:
        raise VerificationError("the copy differs from its original at its end", hint="run the same again")
    return tail


def _batches(rows: Iterator[Stored]) -> Iterator[list[Stored]]:
    batch: list[Stored] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.payload)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _until(rows: Iterable[Stored], end: int) -> Iterator[Stored]:
    return takewhile(lambda row: row.position <= end, rows)


def examine(store: Store, tell: Tell) -> Copied:
    """Check all of a store that nobody writes to; its faults say what does not hold.

    Raises:
        StoreError: It cannot be read to its end.
    """
    end = store.head()[0]
    last: Stored | None = None

    def rows() -> Iterator[Stored]:
        nonlocal last
        for row in store.scan():
            last = row
            yield row
            tell("checking", row.position, end)

    faults, junk = store.check_file(), list[str]()
    for serious, text in weighed(rows()):
        told = faults if serious else junk
        if len(told) < MOST_NAMED:
            told.append(text)
    everything = (*faults, *junk)
    if last is None:
        return Copied(0, GENESIS, "", everything)
    return Copied(last.position, last.chain, last.received, everything, tuple(junk))


def refuse_unsound(found: Copied, name: str) -> None:
    """Refuse to use a backup that does not hold.

    What nobody signed and what was only put in is no reason: it counts for nothing in the store either, and
    whoever could put it there must not make every backup useless.

    Raises:
        VerificationError: Something about it does not hold; nothing was made from it.
    """
    faults = found.faults[: len(found.faults) - len(found.junk)]
    if faults:
        more = f" (and {len(found.faults) - 1} more)" if len(found.faults) > 1 else ""
        raise VerificationError(
            f"{name} does not hold: {faults[0]}{more}",
            hint="nothing was restored; use an older backup, and keep this one as it is",
        )


class Rebuilt(msgspec.Struct, frozen=True):
    """What came of making the rows anew.

    Attributes:
        plans: How many plans are listed now.
        different: How many rows were missing, of no plan, or not what follows from the entries.
        traces: The plans whose row goes on telling of entries that are not there.
    """

    plans: int
    different: int
    traces: tuple[str, ...] = ()


def rebuild(
    store: Store,
    summarise: Summarise,
    before: int,
    tell: Callable[[str, int, int], None],
    *,
    forget: bool = False,
) -> Rebuilt:
    """Make every row anew, in one transaction.

    Args:
        store: Where.
        summarise: Makes the rows.
        before: How many rows there are.
        tell: Told what is being done, and how much of it is done.
        forget: Rows go on telling of nothing that is not there.
    """
    count = added = gone = different = 0

    def compared(plan: str, history: Sequence[Stored]) -> PlanRow | None:
        nonlocal count, added, gone, different
        was, new = store.row(plan), summarise(plan, history)
        count += 1
        added += was is None and new is not None
        gone += was is not None and new is None
        different += was != new
        tell("listing plans", count, max(before, count))
        return new

    plans = store.rebuild(compared, forget=forget)
    of_nothing = before + added - gone - plans  # rows without any entry, which are taken out
    return Rebuilt(plans, different + max(0, of_nothing), tuple(store.traces()))
