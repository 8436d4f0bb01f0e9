"""A plan and a list of plans as JSON: what `--json` prints, documented in docs/json.md.

Fields are added, never renamed and never given another meaning. Everything here is text, numbers, lists
and mappings; times are UTC text as in the entries. Text stands as it was signed: who prints it escapes it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from visitsafe.record.bodies import (
    DebriefedBody,
    DocumentedBody,
    Filled,
    Finding,
    Gone,
    IncidentBody,
    MarkedBody,
    PlanBody,
)
from visitsafe.record.kinds import kind_words
from visitsafe.record.refs import reference
from visitsafe.record.stored import PlanRow
from visitsafe.record.terms import Kind
from visitsafe.state.after import before
from visitsafe.state.duress_followup import with_bodies
from visitsafe.state.duties import duties_of, owed, talk_by
from visitsafe.state.entry_words import reason_of, says
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_overdue, minutes_late
from visitsafe.state.phrases import answering, expired, plain_words, worst_first
from visitsafe.state.removed import REMOVED, Removed
from visitsafe.state.rules import Judged
from visitsafe.state.sharing_words import duty_shape
from visitsafe.state.visit import Alarm, Event, VisitState
from visitsafe.supervision.visit_shape import Shape, heard_shape, person_shape, way_shape
from visitsafe.team.details import is_old
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster
from visitsafe.text.clean import markdown_line
from visitsafe.text.clock import exactly, to_text
from visitsafe.text.redact import LEFT_OUT, naming, without_address


def sharing_shapes(state: PlanState, now: datetime) -> list[Shape]:
    """Every duty to share, the plan's own first, with what became of it."""
    return [{**_plain_form(one.duty), **duty_shape(one, now)} for one in duties_of(state)]


def after_shape(state: PlanState) -> Shape:
    """What was recorded after the visit; empty lists if nothing was."""
    after = state.after
    return {
        "owed": owed(state) or None,
        "talk_by": talk_by(state) or None,
        "incidents": [_incident(state, one) for one in after.incidents],
        "debriefs": [_debrief(state, one) for one in after.debriefs],
        "documents": [_document(state, one) for one in after.documents],
        "shared": [
            {**_signed(one), "happened": one.happened, **_plain_form(one.body)} for one in after.shared
        ],
        "markers": [_marker(one) for one in after.markers],
    }


def _incident(state: PlanState, said: Event[IncidentBody]) -> Shape:
    body = said.body
    return {
        **_filled(state, said),
        "near_miss": body.near_miss,
        "behaviours": list(body.behaviours),
        "hurt": body.hurt,
        "talked_over": said.id not in state.after.not_talked_over,
    }


def _debrief(state: PlanState, said: Event[DebriefedBody]) -> Shape:
    body = said.body
    return {
        **_filled(state, said),
        "next_time": body.next_time or None,
        "not_seen": body.not_seen or None,
        "effects": list(body.effects),
    }


def _document(state: PlanState, said: Event[DocumentedBody]) -> Shape:
    body = said.body
    return {
        **_filled(state, said),
        "document": body.document,
        "actions": _plain_form(body.actions),
        "review": body.review or None,
    }


def _marker(said: Event[MarkedBody]) -> Shape:
    return {**_signed(said), **_plain_form(said.body)}


def _filled(state: PlanState, said: Event[Any]) -> Shape:
    """What all forms have in common; what they say has to be shared is among the duties."""
    body: Filled = said.body
    return {
        **_signed(said),
        "happened": said.happened,
        "heard": heard_shape(state, body.heard),
        "of": body.of,
        "replaces": body.replaces or None,
        "form": _plain_form(body.form),
        "answers": _plain_form(body.answers),
        "shown": _plain_form(body.shown),
        "findings": _plain_form(body.findings),
        "before": [_before(state, one) for one in before(state.after, said.id)],
    }


def _before(state: PlanState, said: Event[Filled]) -> Shape:
    """What was corrected, in full; what it said has to be shared stays among the duties too."""
    return {
        **_plain_form(said.body),
        **_signed(said),
        "happened": said.happened,
        "heard": heard_shape(state, said.body.heard),
    }


def _signed(said: Event[Any]) -> Shape:
    return {"entry": said.id, "at": said.at, "by": person_shape(said.author, said.author.fingerprint)}


def _plain_form(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


People = Mapping[str, Member]
"""Everybody who ever was in the team, by fingerprint."""


def removed_line(removed: Removed) -> str:
    """The plan in one line, for lists."""
    return f"{removed.ref}  {removed.words}{_since(removed)}"


def removed_lines(removed: Removed, people: People) -> list[str]:
    """The plan for a terminal."""
    return [
        f"Visit plan {removed.ref}: {removed.words}",
        *(f"Does not hold: {problem}" for problem in removed.problems),
        *([f"Open{_since(removed)}"] if removed.left else []),
        "",
        f"What stays of it, {_entries(len(removed.gone))} without their content:",
        *(f"  {_gone(one, people)}" for one in removed.gone),
        "Signed:",
        *(
            f"  {exactly(one.entry.content.at)} {kind_words(one.entry.content.kind)}, by {one.name}"
            + (f"; does not count: {one.why_not}" if one.why_not else "")
            for one in removed.judged
        ),
        f"To check it: visitsafe verify {removed.ref}",
    ]


def removed_markdown(removed: Removed, people: People) -> str:
    """The plan as a markdown page."""
    first, *rest = [markdown_line(line.strip()) for line in removed_lines(removed, people) if line]
    return "\n".join((f"# {first}", "", *(f"- {line}" for line in rest), ""))


def removed_shape(removed: Removed, people: People) -> dict[str, Any]:
    """The plan as `show --json` prints it."""
    return {
        **_common(removed),
        "entries": [_shape(one, people) for one in removed.gone],
        "left": list(removed.left),
        "pending": list(removed.pending),
        "problems": list(removed.problems),
    }


def removed_list_shape(removed: Removed, people: People) -> dict[str, Any]:
    """The plan as `list --json` prints it, in the shape of the others."""
    planner = next((gone.by for gone in removed.gone if gone.kind == Kind.PLANNED), "")
    member = people.get(planner)
    return {
        **_common(removed),
        **dict.fromkeys(("stage", "case", "area", "level")),
        "closed": None if removed.left else removed.by[0].entry.id,
        "overdue": False,
        "minutes_late": 0,
        "urgent": False,
        "author": {"name": member.person.name if member else None, "fingerprint": planner or None},
        "entries": len(removed.gone) + len(removed.judged),
        "newest": removed.judged[-1].entry.id,
    }


def _common(removed: Removed) -> dict[str, Any]:
    body = removed.body
    return {
        "ref": removed.ref,
        "plan": removed.plan,
        "status": REMOVED,
        "status_words": removed.words,
        "open": bool(removed.left),
        "removed": {
            "at": removed.at,
            "by": {"name": removed.by[0].name, "fingerprint": removed.by[0].entry.content.by},
            "rule": body.rule,
            "days": body.days or None,
            "since": body.since or None,
            "reason": body.reason,
            "entry": removed.by[0].entry.id,
        },
        "start": body.start or None,
        "due_back": body.due_back or None,
    }


def _gone(one: Gone, people: People) -> str:
    return f"{exactly(one.at)} {kind_words(one.kind)}, by {_name(one, people)}; entry {one.id[:12]}"


def _shape(one: Gone, people: People) -> dict[str, Any]:
    member = people.get(one.by)
    name = member.person.name if member else None
    by = {"name": name, "fingerprint": one.by}
    return {"id": one.id, "kind": one.kind, "at": one.at, "by": by, "signature": None}


def _name(one: Gone, people: People) -> str:
    return people[one.by].person.name if one.by in people else one.by


def _since(removed: Removed) -> str:
    if not removed.left:
        return ""
    return f": {_entries(len(removed.left))} came in since, and nobody can say what that means"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


B = TypeVar("B", bound=msgspec.Struct)


def plan_shape(state: PlanState, now: datetime, *, include_details: bool = False) -> Shape:
    """What `show --json` prints.

    Args:
        state: The plan.
        now: For what is expired or overdue.
        include_details: With the address; otherwise it is null, and left out of every answer that names it.
    """
    state = state if include_details else without_details(state)
    body = state.body
    return {
        "ref": state.ref,
        "plan": state.plan,
        "status": str(state.status),
        "status_words": plain_words(state, now),
        "expired": expired(state, now),
        **_stage(state, now),
        "urgent": body.urgent or None,
        "withdrawn": state.withdrawn or None,
        "repeats": body.repeats or None,
        "author": person_shape(state.author, state.author.fingerprint),
        "version": state.version.id,
        "rivals": list(state.rivals),
        "visit": _visit(body, include_details=include_details),
        "answers": _plain(body.answers),
        "standing": dict(body.standing),
        "shown": _plain(body.shown),
        "facts": _plain(body.known),
        "findings": [_finding(body, finding) for finding in worst_first(body)],
        "controls": _plain(body.controls),
        "sharing": sharing_shapes(state, now),
        "decision": _decision(state),
        "tracing_details": _tracing(state, now),
        "ladder": _plain(body.ladder),
        "way": way_shape(state),
        "after": after_shape(state),
        "checklists": _plain(body.checklists),
        "entries": [_entry(state, judged) for judged in state.judged],
        "problems": list(state.problems),
        "as_of": to_text(now),
    }


def _stage(state: PlanState, now: datetime) -> Shape:
    """How far the visit has come, and whether somebody should be back."""
    return {
        "stage": str(state.visit.stage),
        "closed": state.closed or None,
        "overdue": is_overdue(state, now),
        "minutes_late": minutes_late(state, now),
        "agreed": {"start": state.facts.start, "due_back": state.visit.due_back} if state.overtaken else None,
    }


def list_shape(
    rows: Sequence[PlanRow], roster: Roster, states: Mapping[str, PlanState], now: datetime
) -> list[Shape]:
    """What `list --json` prints; `states` are those of the rows by plan id, `now` is for who is late."""
    return [
        {
            "ref": reference(row.plan),
            "plan": row.plan,
            "status": row.status,
            **_stage(states[row.plan], now),
            "open": row.open,
            "case": states[row.plan].body.visit.case,
            "area": without_address(row.area, states[row.plan].body.visit.address),
            "start": row.start,
            "due_back": row.due_back,
            "level": row.level or None,
            "urgent": row.urgent,
            "author": person_shape(roster.known.get(row.by), row.by),
            "entries": row.entries,
            "newest": row.newest,
            "owed": row.owed or None,
        }
        for row in rows
    ]


def without_details(state: PlanState) -> PlanState:
    """The same plan without the address, also where an answer or a decision repeats it or a part of it."""
    pattern = naming(state.body.visit.address)
    judged = tuple(
        msgspec.structs.replace(one, body=_without(one.body, pattern)) if one.body else one
        for one in state.judged
    )
    bodies = {one.entry.id: one for one in judged}
    body = _without(state.body, pattern)
    return msgspec.structs.replace(
        state,
        body=msgspec.structs.replace(body, visit=msgspec.structs.replace(body.visit, address="")),
        withdrawn=pattern.sub(LEFT_OUT, state.withdrawn),
        judged=judged,
        decision=bodies[state.decision.entry.id] if state.decision else None,
        visit=_visit_with(state.visit, {name: one.body for name, one in bodies.items()}),
        after=with_bodies(state.after, {name: one.body for name, one in bodies.items()}),
    )


def _visit_with(visit: VisitState, bodies: Mapping[str, Any]) -> VisitState:
    """The visit with other bodies of its entries."""

    def said(one: Event[Any]) -> Event[Any]:
        return msgspec.structs.replace(one, body=bodies.get(one.id, one.body))

    def alarm(one: Alarm) -> Alarm:
        return Alarm(
            raised=tuple(map(said, one.raised)),
            sent=tuple(map(said, one.sent)),
            owned=tuple(map(said, one.owned)),
            over=said(one.over) if one.over else None,
        )

    return msgspec.structs.replace(
        visit,
        reports=tuple(map(said, visit.reports)),
        departed=said(visit.departed) if visit.departed else None,
        back=said(visit.back) if visit.back else None,
        duress=said(visit.duress) if visit.duress else None,
        alarms=tuple(map(alarm, visit.alarms)),
        drills={name: alarm(one) for name, one in visit.drills.items()},
    )


def _without(body: B, pattern: re.Pattern[str]) -> B:
    return msgspec.convert(_substituted(msgspec.to_builtins(body), pattern), type(body))


def _substituted(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(LEFT_OUT, value)
    if isinstance(value, list | tuple):
        return [_substituted(one, pattern) for one in value]
    if isinstance(value, dict):
        return {name: _substituted(one, pattern) for name, one in value.items()}
    return value


def _visit(body: PlanBody, *, include_details: bool) -> Shape:
    visit = body.visit
    return {
        "case": visit.case,
        "area": visit.area,
        "address": visit.address if include_details else None,
        "start": visit.start,
        "due_back": visit.due_back,
        "purpose": visit.purpose,
        "companions": _plain(visit.companions),
        "company": str(body.company),
        "person_visited": visit.person_visited,
    }


def _finding(body: PlanBody, finding: Finding) -> Shape:
    answers = [{"text": control.text, "who": control.who} for control in answering(finding, body.controls)]
    return {**_plain(finding), "answered_by": answers}


def _decision(state: PlanState) -> Shape | None:
    if state.decision is None or state.decided is None:
        return None
    body = state.decided
    return {
        "entry": state.decision.entry.id,
        "of": body.of,
        "decision": str(body.decision),
        "rationale": body.rationale,
        "conditions": list(body.conditions),
        "purpose_met": body.purpose_met or None,
        "attested": _plain(body.attested),
        "by": person_shape(state.decision.author, state.decision.entry.content.by),
        "at": state.decision.entry.content.at,
    }


def _tracing(state: PlanState, now: datetime) -> Shape | None:
    """That details are sealed, to whom, and how old they are. Never what they say."""
    sealed = state.sealed
    if sealed is None:
        return None
    return {
        "of": sealed.of,
        "earlier": sealed.earlier,
        "given": sealed.given,
        "valid_until": sealed.valid_until or None,
        "past_date": is_old(sealed.valid_until, now),
        "to": [person_shape(member, member.fingerprint) for member in sealed.openers],
        "not_to": [person_shape(member, member.fingerprint) for member in sealed.others],
    }


def _entry(state: PlanState, judged: Judged) -> Shape:
    content = judged.entry.content
    return {
        "id": judged.entry.id,
        "kind": content.kind,
        "at": content.at,
        "by": person_shape(judged.author or state.people.get(content.by), content.by),
        "signature": "good",
        "counts": not judged.why_not,
        "why_not": judged.why_not or None,
        "doubt": judged.doubt or None,
        "reason": reason_of(judged) or None,
        "says": says(judged, state) or None,
    }


def _plain(value: Any) -> Any:
    """Structs, tuples and enumerations as JSON has them."""
    return msgspec.json.decode(msgspec.json.encode(value))
