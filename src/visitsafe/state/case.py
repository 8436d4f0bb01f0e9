"""A case: all plans with its reference, and what the newest of them say (3.10, 9.5). Pure.

What is recorded about a case stands in the record of one of its plans; this looks across them. A plan that
does not hold is not in here: who gathers the plans says so.
"""

from collections.abc import Iterator

import msgspec

from visitsafe.record.bodies import DebriefedBody, DocumentedBody, IncidentBody, MarkedBody
from visitsafe.record.terms import Document
from visitsafe.state.events import Event
from visitsafe.state.fold import PlanState


class CaseHistory(msgspec.Struct, frozen=True):
    """The plans of one case.

    Attributes:
        case: Its reference, as the newest plan has it.
        plans: By start, the earliest first.
        removed: How many plans there were whose content is gone.
        unread: How many plans do not hold, so that nothing of them is in here.
    """

    case: str
    plans: tuple[PlanState, ...]
    removed: int = 0
    unread: int = 0

    def incidents(self) -> Iterator[tuple[PlanState, Event[IncidentBody]]]:
        """Incidents and near misses, with their plans, the earliest visit first."""
        return ((state, said) for state in self.plans for said in state.after.incidents)

    def debriefs(self) -> Iterator[tuple[PlanState, Event[DebriefedBody]]]:
        """Debriefs, with their plans, the earliest visit first."""
        return ((state, said) for state in self.plans for said in state.after.debriefs)

    def documents(self, document: Document | None = None) -> list[tuple[PlanState, Event[DocumentedBody]]]:
        """Documents of the case, or those of one kind, by when they were signed."""
        found = [(state, said) for state in self.plans for said in state.after.documents]
        wanted = [one for one in found if document in {None, one[1].body.document}]
        return sorted(wanted, key=lambda one: (one[1].at, one[1].id))

    def marker(self) -> Event[MarkedBody] | None:
        """Where a warning marker stood when somebody looked last."""
        found = [said for state in self.plans for said in state.after.markers]
        return max(found, key=lambda one: (one.body.checked, one.at, one.id), default=None)
