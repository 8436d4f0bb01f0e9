"""What was recorded after a visit, folded from the counted entries of a plan. Pure.

The same in whatever order they came. What was corrected stays in the record and does not count here any
more. An incident is talked over by a debrief whose author had seen it: one that was signed at the same time
elsewhere does not end it. What only completes an incident, such as a police reference that came later, is
still the same incident: who was told of it, and talked it over, need not again.
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
from visitsafe.domain.reports import NotifiedBody
from visitsafe.domain.said import Counted, Said, said_in
from visitsafe.domain.terms import Answer

F = TypeVar("F", bound=Filled)
UNHURT = Answer.NO


class AfterState(msgspec.Struct, frozen=True):
    """What was recorded after a visit; all in causal order.

    Attributes:
        incidents: Incidents and near misses, without those that were corrected.
        debriefs: How it was, in the words of those who went.
        shared: What was shared with other professionals, or decided not to be.
        documents: Written agreement, risk reduction plan and the like, without those that were replaced.
        markers: Where warning markers stand; the last one is the newest.
        not_talked_over: The incidents that no debrief has followed, by entry id.
        told: The messages about incidents, sent or failed.
        same: What corrects something and tells of nothing worse, to what it corrects; by entry id.
    """

    incidents: tuple[Said[IncidentBody], ...] = ()
    debriefs: tuple[Said[DebriefedBody], ...] = ()
    shared: tuple[Said[SharedBody], ...] = ()
    documents: tuple[Said[DocumentedBody], ...] = ()
    markers: tuple[Said[MarkedBody], ...] = ()
    not_talked_over: tuple[str, ...] = ()
    told: tuple[Said[NotifiedBody], ...] = ()
    same: dict[str, str] = {}

    def versions(self, name: str) -> tuple[str, ...]:
        """An entry and the earlier ones that it corrects without telling of anything worse, newest first."""
        found = [name]
        while self.same.get(found[-1], name) not in found:
            found.append(self.same[found[-1]])
        return tuple(found)


NOTHING = AfterState()


def after_state(order: Order, counted: Sequence[Judged]) -> AfterState:
    """Fold what was recorded after a visit from the entries that count."""
    if not any(isinstance(one.body, Filled | SharedBody | MarkedBody) for one in counted):
        return NOTHING  # as for nearly every visit under way
    counted = Counted(counted)
    incidents, debriefs = said_in(counted, IncidentBody), said_in(counted, DebriefedBody)
    names = {one.id for one in incidents}
    after = AfterState(
        incidents=_standing(incidents),
        debriefs=_standing(debriefs),
        shared=tuple(said_in(counted, SharedBody)),
        documents=_standing(said_in(counted, DocumentedBody)),
        markers=tuple(said_in(counted, MarkedBody)),
        told=tuple(one for one in said_in(counted, NotifiedBody) if one.body.about in names),
        same=_same(incidents) | _same(debriefs),
    )
    talked_over = order.seen_by([one.id for one in after.debriefs])
    waiting = [one.id for one in after.incidents if talked_over.isdisjoint(after.versions(one.id))]
    return msgspec.structs.replace(after, not_talked_over=tuple(waiting))


def told_apart(after: AfterState) -> AfterState:
    """What tells whom to tell of incidents, without what they say: for a watcher's memory."""
    if not after.incidents:
        return NOTHING
    bare = (
        msgspec.structs.replace(
            one, body=msgspec.structs.replace(one.body, answers={}, shown=(), findings=())
        )
        for one in after.incidents
    )
    return AfterState(incidents=tuple(bare), told=after.told, same=after.same)


def _standing(said: Sequence[Said[F]]) -> tuple[Said[F], ...]:
    """Those that no later one corrects: `judging_after` sees to it that what corrects another had seen it."""
    corrected = {one.body.replaces for one in said}
    return tuple(one for one in said if one.id not in corrected)


def _same(said: Sequence[Said[F]]) -> dict[str, str]:
    by_id = {one.id: one.body for one in said}
    return {
        one.id: one.body.replaces
        for one in said
        if one.body.replaces in by_id and not _is_worse(one.body, by_id[one.body.replaces])
    }


def _is_worse(new: Filled, old: Filled) -> bool:
    """Whether it tells of more than a near miss, or of somebody hurt, where the earlier one did not."""
    if not isinstance(new, IncidentBody) or not isinstance(old, IncidentBody):
        return False
    return (old.near_miss and not new.near_miss) or (old.hurt == UNHURT and new.hurt != UNHURT)
