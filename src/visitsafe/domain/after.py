"""What was recorded after a visit, folded from the counted entries of a plan. Pure.

The same in whatever order they came. What was corrected stays in the record and does not count here any
more. An incident is talked over by a debrief whose author had seen it: one that was signed at the same time
elsewhere does not end it.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from visitsafe.domain.afterwards import (
    DebriefedBody,
    DocumentedBody,
    Filled,
    IncidentBody,
    MarkedBody,
    SharedBody,
)
from visitsafe.domain.judging import Judged
from visitsafe.domain.order import Order
from visitsafe.domain.said import Counted, Said, said_in

F = TypeVar("F", bound=Filled)


class AfterState(msgspec.Struct, frozen=True):
    """What was recorded after a visit; all in causal order.

    Attributes:
        incidents: Incidents and near misses, without those that were corrected.
        debriefs: How it was, in the words of those who went.
        shared: What was shared with other professionals, or decided not to be.
        documents: Written agreement, risk reduction plan and the like, without those that were replaced.
        markers: Where warning markers stand; the last one is the newest.
        not_talked_over: The incidents that no debrief has followed, by entry id.
    """

    incidents: tuple[Said[IncidentBody], ...] = ()
    debriefs: tuple[Said[DebriefedBody], ...] = ()
    shared: tuple[Said[SharedBody], ...] = ()
    documents: tuple[Said[DocumentedBody], ...] = ()
    markers: tuple[Said[MarkedBody], ...] = ()
    not_talked_over: tuple[str, ...] = ()


NOTHING = AfterState()


def after_state(order: Order, counted: Sequence[Judged]) -> AfterState:
    """Fold what was recorded after a visit from the entries that count."""
    if not any(isinstance(one.body, Filled | SharedBody | MarkedBody) for one in counted):
        return NOTHING  # as for nearly every visit under way
    counted = Counted(counted)
    incidents = _standing(said_in(counted, IncidentBody))
    debriefs = _standing(said_in(counted, DebriefedBody))
    talked_over = order.seen_by([one.id for one in debriefs])
    return AfterState(
        incidents=incidents,
        debriefs=debriefs,
        shared=tuple(said_in(counted, SharedBody)),
        documents=_standing(said_in(counted, DocumentedBody)),
        markers=tuple(said_in(counted, MarkedBody)),
        not_talked_over=tuple(one.id for one in incidents if one.id not in talked_over),
    )


def _standing(said: Sequence[Said[F]]) -> tuple[Said[F], ...]:
    """Those that no later one corrects: `judging_after` sees to it that what corrects another had seen it."""
    corrected = {one.body.replaces for one in said}
    return tuple(one for one in said if one.id not in corrected)
