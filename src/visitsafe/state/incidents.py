"""Incidents of which somebody still has to hear: the managers, once each, and who talks them over. Pure.

An incident that was only completed is still the same one (`after`): nobody is told twice. How often a message
that failed is tried again is the affair of `outbox`.
"""

from collections.abc import Iterator, Sequence

from visitsafe.record.bodies import IncidentBody
from visitsafe.state.events import Event
from visitsafe.state.fold import PlanState
from visitsafe.state.followup import AfterState


def to_tell(after: AfterState) -> Iterator[tuple[Event[IncidentBody], tuple[str, ...]]]:
    """Each incident once, with the ids of all its versions: who was told of any of them was told.

    Of two that complete the same one and had not seen each other, the first stands for both.
    """
    known: set[str] = set()
    for said in after.incidents:
        ids = after.versions(said.id)
        if ids[-1] not in known:
            known.add(ids[-1])
            yield said, ids


def incidents_waiting(states: Sequence[PlanState]) -> list[tuple[PlanState, Event[IncidentBody]]]:
    """The incidents of these plans that nobody has talked over yet, the longest waiting first.

    Args:
        states: Plans, as whoever asks may see them.
    """
    found = [
        (state, said)
        for state in states
        for said, _ in to_tell(state.after)
        if said.id in state.after.not_talked_over
    ]
    return sorted(found, key=lambda pair: (pair[1].at, pair[1].id))
