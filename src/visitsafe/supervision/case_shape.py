"""A case as JSON: what `export --case CASE --format json` prints (docs/json.md). Pure and unescaped.

Rules as in `shapes`: fields are added, never renamed. The visits in short; `show REF --json` has all of one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from visitsafe.checklists.model import Pattern
from visitsafe.record.bodies import DebriefedBody, DocumentedBody, IncidentBody
from visitsafe.record.entry import to_text
from visitsafe.state.alarm import is_overdue
from visitsafe.state.case import CaseHistory
from visitsafe.state.duties import each_once
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState
from visitsafe.state.sharing_words import duty_shape
from visitsafe.supervision.case_facts import was_alarmed, was_made
from visitsafe.supervision.case_open import OpenThing, open_things
from visitsafe.supervision.case_page import without_addresses
from visitsafe.supervision.case_timeline import became
from visitsafe.supervision.page_sections import Prompt
from visitsafe.supervision.visit_shape import Shape, person_shape


def case_shape(
    history: CaseHistory,
    patterns: Mapping[Pattern, Sequence[str]],
    prompts: Sequence[Prompt],
    now: datetime,
    zone: tzinfo,
    *,
    include_details: bool = False,
) -> Shape:
    """The case as JSON; arguments as for `case_page`."""
    if not include_details:
        history = without_addresses(history)
    return {
        "case": history.case,
        "visits": [_visit(state, now, zone, include_details=include_details) for state in history.plans],
        "removed": history.removed,
        "unread": history.unread,
        "open": [_open(one) for one in open_things(history, now, zone)],
        "patterns": [
            {"pattern": str(pattern), "evidence": list(sentences)} for pattern, sentences in patterns.items()
        ],
        "duties": [{"ref": state.ref, **duty_shape(one, now)} for state, one in each_once(history.plans)],
        "incidents": [_incident(state, said) for state, said in history.incidents()],
        "debriefs": [_debrief(state, said) for state, said in history.debriefs()],
        "documents": [_document(state, said) for state, said in history.documents()],
        "marker": _marker(history),
        "prompts": [{"text": one.text, "source": one.source} for one in prompts],
        "as_of": to_text(now),
    }


def _visit(state: PlanState, now: datetime, zone: tzinfo, *, include_details: bool) -> Shape:
    visit = state.body.visit
    return {
        "ref": state.ref,
        "plan": state.plan,
        "status": str(state.status),
        "stage": str(state.visit.stage),
        "worker": person_shape(state.author, state.author.fingerprint),
        "companions": [one.name for one in state.going.visit.companions],
        "company": str(state.going.company),
        "address": (visit.address or None) if include_details else None,
        "start": visit.start,
        "due_back": state.visit.due_back,
        "made": was_made(state),
        "departed": state.visit.departed.happened if state.visit.departed else None,
        "back": state.visit.back.happened if state.visit.back else None,
        "stopped": state.visit.stopped,
        "alarm": was_alarmed(state),
        "overdue": is_overdue(state, now),
        "became": became(state, now, zone),
        "problems": list(state.problems),
    }


def _open(one: OpenThing) -> Shape:
    return {
        "ref": one.ref,
        "what": one.what,
        "by": one.by or None,
        "late": one.late,
        "command": one.command or None,
    }


def _incident(state: PlanState, said: Said[IncidentBody]) -> Shape:
    return {
        **_signed(state, said),
        "near_miss": said.body.near_miss,
        "behaviours": list(said.body.behaviours),
        "hurt": said.body.hurt,
        "talked_over": said.id not in state.after.not_talked_over,
    }


def _debrief(state: PlanState, said: Said[DebriefedBody]) -> Shape:
    body = said.body
    return {
        **_signed(state, said),
        "next_time": body.next_time or None,
        "not_seen": body.not_seen or None,
    }


def _document(state: PlanState, said: Said[DocumentedBody]) -> Shape:
    body = said.body
    actions = [{"what": one.what, "who": one.who, "by": one.by or None} for one in body.actions]
    return {
        **_signed(state, said),
        "document": body.document,
        "review": body.review or None,
        "actions": actions,
    }


def _signed(state: PlanState, said: Said[Any]) -> Shape:
    return {
        "ref": state.ref,
        "entry": said.id,
        "at": said.at,
        "happened": said.happened,
        "by": person_shape(said.author, said.author.fingerprint),
    }


def _marker(history: CaseHistory) -> Shape | None:
    said = history.marker()
    if said is None:
        return None
    body = said.body
    return {
        "found": body.found,
        "system": body.system or None,
        "reference": body.reference or None,
        "checked": body.checked,
        "review": body.review or None,
        "by": person_shape(said.author, said.author.fingerprint),
    }
