"""What a store took in later than its entries say they were made. The store's clock is no proof."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from visitsafe.errors import VerificationError
from visitsafe.record.entries import from_text
from visitsafe.record.plan import DecidedBody
from visitsafe.record.stored import Stored
from visitsafe.record.terms import Decision, kind_words
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import Judged

A_DAY = timedelta(days=1)
_DAY = len("2026-11-23")


def late(state: PlanState, history: Sequence[Stored]) -> Iterator[str]:
    """A sentence for each entry that came in long after it says it was made, or after the visit's start.

    Args:
        state: The plan.
        history: Its entries as the store has them.
    """
    received = {row.id: row.received for row in history}
    for judged in state.judged:
        at, got = judged.entry.content.at, received.get(judged.entry.id, "")
        if _is_later(got, at, A_DAY):
            yield f"{_what(state, judged)} says {at}, and this store received it at {got}"
        counts = not judged.why_not and _countersigns(judged.body)
        if counts and not state.body.urgent and _is_later(got, state.body.visit.start):
            yield f"{_what(state, judged)} countersigns, and this store received it after the start, at {got}"


def _what(state: PlanState, judged: Judged) -> str:
    kind = kind_words(judged.entry.content.kind)
    return f"{state.ref}: the {kind} entry {judged.entry.id[:12]} by {judged.name}"


def _countersigns(body: object) -> bool:
    return isinstance(body, DecidedBody) and body.decision is Decision.COUNTERSIGN


def _is_later(received: str, than: str, by: timedelta = timedelta()) -> bool:
    if received <= than or (by and received[:_DAY] == than[:_DAY]):
        return False  # as nearly always, and as texts they are compared at once
    try:
        return from_text(received) - from_text(than) > by
    except VerificationError:  # somebody altered it: the running hash says so
        return False
