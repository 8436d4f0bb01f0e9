"""Checking a store or one plan: signatures, roles at the time, order, the running hash, the file itself."""

from collections.abc import Iterator

import msgspec

from visitsafe.domain.fold import PlanState
from visitsafe.domain.judging import FORMS
from visitsafe.domain.refs import reference
from visitsafe.domain.stored import Stored, check_chain
from visitsafe.domain.terms import TEAM_STREAM
from visitsafe.errors import VerificationError
from visitsafe.usecases.desk import Desk, folded, summariser


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
    states: list[PlanState] = []
    rows = {row.plan: row for row in desk.store.plans()}
    for plan in streams.keys() - {TEAM_STREAM}:
        history = desk.store.history(plan)
        try:
            states.append(folded(plan, history, desk.roster))
        except VerificationError as error:
            problems.append(error.message)
            continue
        if summariser(desk.roster)(plan, history) != rows.get(plan):
            problems.append(f"the store's list shows {reference(plan)} otherwise than its entries do")
    problems += [
        f"the list names {reference(plan)}, which has no entries" for plan in rows.keys() - streams.keys()
    ]
    return _report(desk, states, problems, sum(streams.values()))


def verify_plan(desk: Desk, plan: str) -> Report:
    """Check one plan, the team's record and the running hash of the store.

    Raises:
        VerificationError: No version of the plan holds.
    """
    problems = _store_problems(desk, desk.store.scan())
    state = desk.plan(plan)
    count = len(desk.store.history(plan)) + len(desk.roster.order.entries)
    return _report(desk, [state], problems, count)


def _store_problems(desk: Desk, rows: Iterator[Stored]) -> list[str]:
    """The file and the running hash, each fault named once."""
    damage = list(desk.store.check_file())
    return damage + [f"{problem.text} (entry {problem.id[:12]})" for problem in check_chain(rows)]


def _report(desk: Desk, states: list[PlanState], problems: list[str], entries: int) -> Report:
    position, chain = desk.store.head()
    notes: list[str] = []
    signers = {m.fingerprint: m.person.name for m in desk.roster.members.values()}
    seen = {entry.content.by for entry in desk.roster.order.entries}
    problems += desk.roster.problems
    problems += [
        f"the team's record names an entry that is not here: {i[:12]}" for i in desk.roster.order.missing
    ]
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
