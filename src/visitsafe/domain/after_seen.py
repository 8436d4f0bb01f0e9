"""What was recorded after a visit, as somebody may see it: in other words, or with some of it left out. Pure.

Which words and what is left out is decided in `shapes` (addresses) and `discretion` (duress). The state that
comes of it is for showing: nothing is signed from it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from visitsafe.domain.after import AfterState, after_state
from visitsafe.domain.afterwards import (
    AfterBody,
    DebriefedBody,
    DocumentedBody,
    Filled,
    MarkedBody,
    SharedBody,
)
from visitsafe.domain.judging import Judged
from visitsafe.domain.order import Order
from visitsafe.domain.plan import Duty
from visitsafe.domain.said import Said

F = TypeVar("F", bound=Filled)
WORDLESS = "it is on the record"
"""What stands in the place of words that whoever looks may not read."""


def with_bodies(after: AfterState, bodies: Mapping[str, Any]) -> AfterState:
    """The same with other bodies, by entry id."""

    def said(many: Sequence[Said[Any]]) -> tuple[Said[Any], ...]:
        return tuple(msgspec.structs.replace(one, body=bodies.get(one.id, one.body)) for one in many)

    return msgspec.structs.replace(
        after,
        incidents=said(after.incidents),
        debriefs=said(after.debriefs),
        shared=said(after.shared),
        documents=said(after.documents),
        markers=said(after.markers),
        told=said(after.told),
    )


def folded_again(judged: Sequence[Judged]) -> AfterState:
    """What follows from these entries alone."""
    order = Order(one.entry for one in judged)
    by_id = {one.entry.id: one for one in judged}
    return after_state(order, [by_id[one.id] for one in order.entries if not by_id[one.id].why_not])


def wordless(body: AfterBody) -> AfterBody:
    """That something was recorded, without the words in which it was."""
    if isinstance(body, MarkedBody):
        return body
    if isinstance(body, SharedBody):
        return msgspec.structs.replace(body, recipients=(), how="", what=WORDLESS, reason="")
    bare = unknown_caller(body)
    sharing = tuple(_bare(duty) for duty in bare.sharing)
    bare = msgspec.structs.replace(bare, answers={}, shown=(), findings=(), sharing=sharing)
    if isinstance(bare, DebriefedBody):
        return msgspec.structs.replace(bare, next_time="", not_seen="", effects=())
    return msgspec.structs.replace(bare, actions=()) if isinstance(bare, DocumentedBody) else bare


def unknown_caller(body: F) -> F:
    """A form without how the caller was known whose word it is: those words may hold the duress phrase."""
    if body.heard is None:
        return body
    return msgspec.structs.replace(body, heard=msgspec.structs.replace(body.heard, known_by=""))


def _bare(duty: Duty) -> Duty:
    """A duty without what was typed into it."""
    return msgspec.structs.replace(duty, recipients=(), reason=WORDLESS if duty.reason.strip() else "")
