"""What was recorded after a visit, as somebody may see it: in other words, or with some of it left out. Pure.

Which words and what is left out is decided in `shapes` (addresses) and `discretion` (duress). The state that
comes of it is for showing: nothing is signed from it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from visitsafe.record.bodies import Filled
from visitsafe.record.order import Order
from visitsafe.state.after import AfterState, after_state
from visitsafe.state.rules import Judged
from visitsafe.state.visit import Event

F = TypeVar("F", bound=Filled)


def with_bodies(after: AfterState, bodies: Mapping[str, Any]) -> AfterState:
    """The same with other bodies, by entry id."""

    def said(many: Sequence[Event[Any]]) -> tuple[Event[Any], ...]:
        return tuple(msgspec.structs.replace(one, body=bodies.get(one.id, one.body)) for one in many)

    return msgspec.structs.replace(
        after,
        incidents=said(after.incidents),
        debriefs=said(after.debriefs),
        shared=said(after.shared),
        documents=said(after.documents),
        markers=said(after.markers),
        told=said(after.told),
        corrected=said(after.corrected),
    )


def folded_again(judged: Sequence[Judged]) -> AfterState:
    """What follows from these entries alone."""
    order = Order(one.entry for one in judged)
    by_id = {one.entry.id: one for one in judged}
    return after_state(order, [by_id[one.id] for one in order.entries if not by_id[one.id].why_not])


def unknown_caller(body: F) -> F:
    """A form without how the caller was known whose word it is: those words may hold the duress phrase."""
    if body.heard is None:
        return body
    return msgspec.structs.replace(body, heard=msgspec.structs.replace(body.heard, known_by=""))
