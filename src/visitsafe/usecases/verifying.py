"""Checking a store or one plan: signatures, roles at the time, order, the running hash, the file itself."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from visitsafe.domain.entries import from_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.judging import FORMS
from visitsafe.domain.plan import DecidedBody
from visitsafe.domain.refs import is_plan_id, reference
from visitsafe.domain.stored import PlanRow, Stored, check_chain
from visitsafe.domain.terms import TEAM_STREAM, Decision
from visitsafe.errors import StoreError, VerificationError
from visitsafe.usecases.desk import Desk, folded, row_of
from visitsafe.usecases.listing import otherwise

A_DAY = timedelta(days=1)


class Report(msgspec.Struct, frozen=True):
    """What was checked and what does not hold.

    Attributes:
        entries: How many entries were checked.
        plans: How many plans.
        position: The store's last position.
        chain: The running hash there.
        signers: Who signed what was checked, by name, with their key's fingerprint.
        problems: A sentence for each thing that does not hold; empty if all does.
        notes: What is worth knowing and is no fault.
    """

    entries: int
    plans: int
    position: int
    chain: str
    signers: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def verify_store(desk: Desk) -> Report:
    """Check everything in the store."""
    streams: dict[str, int] = {}

    def counted() -> Iterator[Stored]:
        for row in desk.store.scan():
            streams[row.stream] = streams.get(row.stream, 0) + 1
            yield row

    problems = _store_problems(desk, counted())
    rows = {row.plan: row for row in _rows(desk, problems)}
    notes: list[str] = []
    found = [
        _plan(desk, plan, rows.get(plan), problems, notes) for plan in sorted(streams.keys() - {TEAM_STREAM})
    ]
    problems += [
        f"the list names {reference(plan)}, which has no entries"
        for plan in sorted(rows.keys() - (streams.keys() - {TEAM_STREAM}))
    ]
    states = [state for state in found if state is not None]
    return _report(desk, states, problems, notes, sum(streams.values()))


def verify_plan(desk: Desk, plan: str) -> Report:
    """Check one plan, the team's record and the running hash of the store."""
    problems = _store_problems(desk, desk.store.scan())
    notes: list[str] = []
    count = len(desk.roster.order.entries)
    row = None
    try:
        row = desk.store.row(plan)
        count += len(desk.store.history(plan))
    except StoreError as error:
        problems.append(error.message)
    state = _plan(desk, plan, row, problems, notes)
    return _report(desk, [state] if state else [], problems, notes, count)


def _rows(desk: Desk, problems: list[str]) -> list[PlanRow]:
    try:
        return desk.store.plans()
    except StoreError as error:
        problems.append(error.message)
        return []


def _plan(
    desk: Desk, plan: str, row: PlanRow | None, problems: list[str], notes: list[str]
) -> PlanState | None:
    """Fold one plan and compare it with the store's row; what does not hold is added to the problems."""
    if not is_plan_id(plan):
        problems.append(f"the store holds entries under {plan[:40]!r}, which is no plan")
        return None
    try:
        history = desk.store.history(plan)
        state = folded(plan, history, desk.roster)
    except (VerificationError, StoreError) as error:
        problems.append(error.message)
        return None
    if row_of(state, history) != row:
        problems.append(otherwise(plan))
    notes += _late(state, history)
    return state


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


def _store_problems(desk: Desk, rows: Iterator[Stored]) -> list[str]:
    """The file and the running hash, each fault named once."""
    found = list(desk.store.check_file())
    try:
        found += [f"{problem.text} (entry {problem.id[:12]})" for problem in check_chain(rows)]
    except StoreError as error:
        found.append(error.message)
    return found


def _report(
    desk: Desk, states: list[PlanState], problems: list[str], notes: list[str], entries: int
) -> Report:
    position, chain = desk.store.head()
    signers = {m.fingerprint: m.person.name for m in desk.roster.members.values()}
    seen = {entry.content.by for entry in desk.roster.order.entries}
    problems += desk.roster.problems
    problems += [f"the team's record names an entry that is not here: {i[:12]}" for i in desk.roster.missing]
    for state in states:
        problems += [f"{state.ref}: {problem}" for problem in state.problems]
        for judged in state.judged:
            seen.add(judged.entry.content.by)
            sentence = (
                f"{state.ref}: the {judged.entry.content.kind} entry {judged.entry.id[:12]}: {judged.why_not}"
            )
            if judged.why_not and judged.entry.content.kind in FORMS:
                problems.append(sentence)
            elif judged.why_not:
                notes.append(sentence)
    return Report(
        entries=entries,
        plans=len(states),
        position=position,
        chain=chain,
        signers=tuple(sorted((signers.get(by, "somebody whom the team does not know"), by) for by in seen)),
        problems=tuple(dict.fromkeys(problems)),
        notes=tuple(notes),
    )
