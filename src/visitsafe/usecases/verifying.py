"""Verification as the product: what was checked, by which keys, what does not hold, and what that proves.

A store, one plan or a bundle's file; each plan is folded by itself and let go, so that a large store needs no
large memory. Nothing is changed, nothing is mended, and no fault stops the rest from being checked.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from visitsafe.domain.checkpoint import Checkpoint
from visitsafe.domain.entries import from_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.plan import DecidedBody
from visitsafe.domain.refs import is_plan_id, reference
from visitsafe.domain.stored import PlanRow, Stored
from visitsafe.domain.terms import TEAM_STREAM, Decision
from visitsafe.errors import StoreError, VerificationError
from visitsafe.usecases import faults
from visitsafe.usecases.checkpoint import compare, walk
from visitsafe.usecases.desk import Desk, folded, row_of
from visitsafe.usecases.listing import otherwise
from visitsafe.usecases.report import Report, Tally

A_DAY = timedelta(days=1)


def verify_store(desk: Desk, checkpoints: Sequence[Checkpoint] = ()) -> Report:
    """Check everything in the store, and that it agrees with checkpoints that were kept elsewhere."""
    tally = Tally(desk.roster)
    streams: dict[str, int] = {}

    def counted() -> Iterator[Stored]:
        for row in desk.store.scan():
            streams[row.stream] = streams.get(row.stream, 0) + 1
            yield row

    _walk(desk, tally, counted(), checkpoints)
    listed = {row.plan: row for row in _rows(desk, tally)}
    for plan in sorted(streams.keys() - {TEAM_STREAM}):
        _plan(desk, tally, plan, listed.pop(plan, None))
    for plan in sorted(listed):
        ref = reference(plan)
        tally.faults.append(faults.in_list(f"the list names {ref}, which has no entries", ref))
    tally.entries = sum(streams.values())
    return tally.report("store")


def verify_plan(desk: Desk, plan: str, checkpoints: Sequence[Checkpoint] = ()) -> Report:
    """Check one plan, the team's record and the store they are in; with what is known about each time."""
    tally = Tally(desk.roster)
    _walk(desk, tally, desk.store.scan(), checkpoints)
    row = None
    try:
        row = desk.store.row(plan)
    except StoreError as error:
        tally.faults.append(faults.in_store(error.message))
    tally.entries = _plan(desk, tally, plan, row, times=True) + len(desk.roster.order.entries)
    return tally.report("plan")


def _rows(desk: Desk, tally: Tally) -> list[PlanRow]:
    try:
        return desk.store.plans()
    except StoreError as error:
        tally.faults.append(faults.in_store(error.message))
        return []


def _walk(desk: Desk, tally: Tally, rows: Iterator[Stored], checkpoints: Sequence[Checkpoint]) -> None:
    """The file, the running hash and the checkpoints."""
    tally.store = desk.store.store_id
    tally.faults += [faults.in_store(text) for text in desk.store.check_file()]
    try:
        walked, problems = walk(desk.store, rows, checkpoints)
        tally.position, tally.chain = desk.store.head()
    except StoreError as error:
        tally.faults.append(faults.in_store(error.message))
        tally.faults += [_not_compared(one) for one in checkpoints]
        return
    tally.faults += [faults.in_store(f"{text} (entry {name[:12]})", name) for _, name, text in problems]
    tally.checkpoints = compare(checkpoints, walked, desk.roster)
    for one in tally.checkpoints:
        if one.wrong:
            text = f"the checkpoint of {one.at} at position {one.position}: {one.wrong}"
            tally.faults.append(faults.in_checkpoint(text))


def _not_compared(checkpoint: Checkpoint) -> faults.Fault:
    text = f"the checkpoint of {checkpoint.at} at position {checkpoint.position} could not be compared"
    return faults.in_checkpoint(text)


def _plan(desk: Desk, tally: Tally, plan: str, listed: PlanRow | None, *, times: bool = False) -> int:
    """One plan of the store, and whether the store's list shows it as it is; how many entries it has."""
    if not is_plan_id(plan):
        text = f"the store holds entries under {plan[:40]!r}, which is no plan"
        tally.faults.append(faults.in_store(text))
        return 0
    history: Sequence[Stored] = ()
    try:
        history = desk.store.history(plan)
        state = folded(plan, history, desk.roster)
    except StoreError as error:
        tally.faults.append(faults.in_store(error.message))
        return len(history)
    except VerificationError as error:
        tally.faults.append(faults.no_version(error.message, reference(plan)))
        return len(history)
    tally.plan(state, times=times)
    if row_of(state, history) != listed:
        tally.faults.append(faults.in_list(otherwise(plan), state.ref))
    tally.notes += _late(state, history)
    return len(history)


def _late(state: PlanState, history: Sequence[Stored]) -> Iterator[str]:
    """What the store took in long after it says it was made, or after the start. Its clock is no proof."""
    received = {row.id: row.received for row in history}
    for judged in state.judged:
        content, got = judged.entry.content, received.get(judged.entry.id, "")
        what = f"{state.ref}: the {content.kind} entry {judged.entry.id[:12]} by {judged.name}"
        if _is_later(got, content.at, A_DAY):
            yield f"{what} says {content.at}, and this store received it at {got}"
        in_time = state.body.urgent or not _is_later(got, state.body.visit.start)
        if not judged.why_not and _countersigns(judged.body) and not in_time:
            yield f"{what} countersigns, and this store received it after the start, at {got}"


def _countersigns(body: object) -> bool:
    return isinstance(body, DecidedBody) and body.decision is Decision.COUNTERSIGN


def _is_later(received: str, than: str, by: timedelta = timedelta()) -> bool:
    try:
        return from_text(received) - from_text(than) > by
    except VerificationError:  # somebody altered it: the running hash says so
        return False
