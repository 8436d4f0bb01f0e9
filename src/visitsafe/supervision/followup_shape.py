"""What was recorded after a visit as JSON, for `plan_shape`: as it was signed. Pure.

Rules as in `shapes`: fields are added, never renamed; nothing is escaped here. What was corrected
stands with what corrects it, as `before`; a document that was replaced only among the plan's entries.
"""

from datetime import datetime
from typing import Any

import msgspec

from visitsafe.record.bodies import DebriefedBody, DocumentedBody, Filled, IncidentBody, MarkedBody
from visitsafe.state.duties import duties_of, owed, talk_by
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState
from visitsafe.state.followup_earlier import before
from visitsafe.state.sharing_words import duty_shape
from visitsafe.supervision.visit_shape import Shape, heard_shape, person_shape


def sharing_shapes(state: PlanState, now: datetime) -> list[Shape]:
    """Every duty to share, the plan's own first, with what became of it."""
    return [{**_plain(one.duty), **duty_shape(one, now)} for one in duties_of(state)]


def after_shape(state: PlanState) -> Shape:
    """What was recorded after the visit; empty lists if nothing was."""
    after = state.after
    return {
        "owed": owed(state) or None,
        "talk_by": talk_by(state) or None,
        "incidents": [_incident(state, one) for one in after.incidents],
        "debriefs": [_debrief(state, one) for one in after.debriefs],
        "documents": [_document(state, one) for one in after.documents],
        "shared": [{**_signed(one), "happened": one.happened, **_plain(one.body)} for one in after.shared],
        "markers": [_marker(one) for one in after.markers],
    }


def _incident(state: PlanState, said: Said[IncidentBody]) -> Shape:
    body = said.body
    return {
        **_filled(state, said),
        "near_miss": body.near_miss,
        "behaviours": list(body.behaviours),
        "hurt": body.hurt,
        "talked_over": said.id not in state.after.not_talked_over,
    }


def _debrief(state: PlanState, said: Said[DebriefedBody]) -> Shape:
    body = said.body
    return {
        **_filled(state, said),
        "next_time": body.next_time or None,
        "not_seen": body.not_seen or None,
        "effects": list(body.effects),
    }


def _document(state: PlanState, said: Said[DocumentedBody]) -> Shape:
    body = said.body
    return {
        **_filled(state, said),
        "document": body.document,
        "actions": _plain(body.actions),
        "review": body.review or None,
    }


def _marker(said: Said[MarkedBody]) -> Shape:
    return {**_signed(said), **_plain(said.body)}


def _filled(state: PlanState, said: Said[Any]) -> Shape:
    """What all forms have in common; what they say has to be shared is among the duties."""
    body: Filled = said.body
    return {
        **_signed(said),
        "happened": said.happened,
        "heard": heard_shape(state, body.heard),
        "of": body.of,
        "replaces": body.replaces or None,
        "form": _plain(body.form),
        "answers": _plain(body.answers),
        "shown": _plain(body.shown),
        "findings": _plain(body.findings),
        "before": [_before(state, one) for one in before(state.after, said.id)],
    }


def _before(state: PlanState, said: Said[Filled]) -> Shape:
    """What was corrected, in full; what it said has to be shared stays among the duties too."""
    return {
        **_plain(said.body),
        **_signed(said),
        "happened": said.happened,
        "heard": heard_shape(state, said.body.heard),
    }


def _signed(said: Said[Any]) -> Shape:
    return {"entry": said.id, "at": said.at, "by": person_shape(said.author, said.author.fingerprint)}


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))
