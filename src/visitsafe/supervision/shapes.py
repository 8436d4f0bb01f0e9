"""A plan, its visit and a list of plans as JSON: what `--json` prints, documented in docs/json.md.

Fields are added, never renamed and never given another meaning. Everything here is text, numbers, lists
and mappings; times are UTC text as in the entries. Text stands as it was signed: who prints it escapes it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from visitsafe.record.bodies import (
    Filled,
    Gone,
    Heard,
    ReportBody,
)
from visitsafe.record.kinds import Kind, kind_words
from visitsafe.record.refs import reference
from visitsafe.record.stored import PlanRow
from visitsafe.state.after import before
from visitsafe.state.duties import duties_of, owed, talk_by
from visitsafe.state.entry_words import reason_of, says
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_overdue, minutes_late
from visitsafe.state.phrases import answering, expired, plain_words, went_first, worst_first
from visitsafe.state.redaction import without_details
from visitsafe.state.removed import REMOVED, Removed
from visitsafe.state.rules import Judged
from visitsafe.state.sharing_words import duty_shape
from visitsafe.state.visit import Alarm, Event, Reports
from visitsafe.state.visit_words import name_of
from visitsafe.team.details import is_old
from visitsafe.team.people import Member, person_shape
from visitsafe.team.roster import Roster
from visitsafe.text.clean import markdown_line, members, plain, things
from visitsafe.text.clock import exactly, to_text
from visitsafe.text.redact import without_address

Shape = dict[str, Any]


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
        f"What stays of it, {things(len(removed.gone), 'entry', 'entries')} without their content:",
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
    return (
        f": {things(len(removed.left), 'entry', 'entries')} came in since, and nobody can say what that means"
    )


def plan_shape(state: PlanState, now: datetime, *, include_details: bool = False) -> Shape:
    """What `show --json` prints.

    Args:
        state: The plan.
        now: For what is expired or overdue.
        include_details: With the address; otherwise it is null, and left out of every answer that names it.
    """
    state = state if include_details else without_details(state)
    body = state.body
    shape: Shape = plain({
        **members(state, "ref plan status"),
        "status_words": plain_words(state, now),
        "expired": expired(state, now),
        **_stage(state, now),
        "urgent": body.urgent or None,
        "withdrawn": state.withdrawn or None,
        "repeats": body.repeats or None,
        "author": person_shape(state.author),
        "version": state.version.id,
        "rivals": state.rivals,
        "visit": {
            **members(body.visit, "case area"),
            "address": body.visit.address if include_details else None,
            **members(body.visit, "start due_back purpose companions"),
            "company": body.company,
            "person_visited": body.visit.person_visited,
        },
        **members(body, "answers standing shown"),
        "facts": body.known,
        "findings": [
            {**plain(one), "answered_by": [members(by, "text who") for by in answering(one, body.controls)]}
            for one in worst_first(body)
        ],
        "controls": body.controls,
        "sharing": [{**plain(one.duty), **duty_shape(one, now)} for one in duties_of(state)],
        "decision": _decision(state),
        "tracing_details": _tracing(state, now),
        "ladder": body.ladder,
        "way": _way(state),
        "after": _after(state),
        "checklists": body.checklists,
        "entries": [_entry(state, judged) for judged in state.judged],
        "problems": state.problems,
        "as_of": to_text(now),
    })  # fmt: skip
    return shape


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
            **members(row, "plan status"),
            **_stage(states[row.plan], now),
            "open": row.open,
            "case": states[row.plan].body.visit.case,
            "area": without_address(row.area, states[row.plan].body.visit.address),
            **members(row, "start due_back level? urgent"),
            "author": person_shape(roster.known.get(row.by), row.by),
            **members(row, "entries newest owed?"),
        }
        for row in rows
    ]


def _decision(state: PlanState) -> Shape | None:
    if state.decision is None or state.decided is None:
        return None
    content = state.decision.entry.content
    return {
        "entry": state.decision.entry.id,
        **members(state.decided, "of decision rationale conditions purpose_met? attested"),
        "by": person_shape(state.decision.author, content.by),
        "at": content.at,
    }


def _tracing(state: PlanState, now: datetime) -> Shape | None:
    """That details are sealed, to whom, and how old they are. Never what they say."""
    sealed = state.sealed
    if sealed is None:
        return None
    return {
        **members(sealed, "of earlier given valid_until?"),
        "past_date": is_old(sealed.valid_until, now),
        "to": [person_shape(member) for member in sealed.openers],
        "not_to": [person_shape(member) for member in sealed.others],
    }


def _entry(state: PlanState, judged: Judged) -> Shape:
    content = judged.entry.content
    return {
        "id": judged.entry.id,
        **members(content, "kind at"),
        "by": person_shape(judged.author or state.people.get(content.by), content.by),
        "signature": "good",
        "counts": not judged.why_not,
        **members(judged, "why_not? doubt?"),
        "reason": reason_of(judged) or None,
        "says": says(judged, state) or None,
    }


def _way(state: PlanState) -> Shape:
    """What happened on the way; empty lists if nothing did."""
    visit = state.visit
    alarms = (one for one in visit.alarms if one.raised or one.owned or one.sent or one.over)
    return {
        "due_back": visit.due_back,
        "departed": visit.departed and visit.departed.happened,
        "back": visit.back and visit.back.happened,
        "urgent": went_first(state) or None,
        "stopped": visit.stopped,
        "duress": visit.duress is not None,
        "companions": [one.name for one in state.going.visit.companions],
        "company": state.going.company,
        "conditions_not_met": visit.unmet,
        "needs_standing_down": visit.needs_standing_down,
        "reports": [_report(state, said) for said in visit.reports],
        "alarms": [_alarm(state, one) for one in alarms],
        "drills": [{"drill": name, **_alarm(state, one)} for name, one in visit.drills.items()],
    }


def _heard(state: PlanState, heard: Heard | None) -> Shape | None:
    """Whose word it is, and how the signer knew; None if it is the signer's own."""
    if heard is None:
        return None
    return {
        "name": name_of(state, heard.person),
        "fingerprint": heard.person,
        "known_by": heard.known_by or None,
    }


def _report(state: PlanState, said: Event[Reports]) -> Shape:
    body = said.body
    told = body if isinstance(body, ReportBody) else None
    return {
        "entry": said.id,
        **members(said, "kind happened"),
        **_at(said),
        "heard": _heard(state, body.heard),
        "past": said.id in state.visit.past,
        **members(body, "note? until? urgent?"),
        "stopped": bool(told and told.stopped),
        "duress": bool(told and told.duress),
        "conditions": [members(one, "text met?") for one in (told and told.conditions) or ()],
        "company": [members(one, "name comes") for one in (told and told.company) or ()],
        "findings": [members(one, "rule level text source") for one in (told and told.findings) or ()],
    }


def _alarm(state: PlanState, alarm: Alarm) -> Shape:
    return {
        "raised": [
            {
                "entry": one.id,
                **members(one.body, "step due"),
                **_at(one),
                **members(one.body, "unwatched_from?"),
            }
            for one in alarm.raised
        ],
        "messages": [
            {**members(one.body, "about channel round attempt outcome why?"), "at": one.at}
            for one in alarm.sent
        ],
        "acknowledged": [
            {
                "entry": one.id,
                "step": one.body.step,
                **_at(one),
                "heard": _heard(state, one.body.heard),
                "note": one.body.note or None,
            }
            for one in alarm.owned
        ],
        "ended": alarm.over
        and {
            "entry": alarm.over.id,
            "because": alarm.over.body.because,
            **_at(alarm.over),
            **members(alarm.over.body, "note? until?"),
        },
    }


def _after(state: PlanState) -> Shape:
    """What was recorded after the visit; empty lists if nothing was."""
    after = state.after
    return {
        "owed": owed(state) or None,
        "talk_by": talk_by(state) or None,
        "incidents": [
            {
                **_filled(state, one),
                **members(one.body, "near_miss behaviours hurt"),
                "talked_over": one.id not in after.not_talked_over,
            }
            for one in after.incidents
        ],
        "debriefs": [
            {**_filled(state, one), **members(one.body, "next_time? not_seen? effects")}
            for one in after.debriefs
        ],
        "documents": [
            {**_filled(state, one), **members(one.body, "document actions review?")}
            for one in after.documents
        ],
        "shared": [{**_signed(one), "happened": one.happened, **plain(one.body)} for one in after.shared],
        "markers": [{**_signed(one), **plain(one.body)} for one in after.markers],
    }


def _filled(state: PlanState, said: Event[Filled]) -> Shape:
    """What all forms have in common; what they say has to be shared is among the duties."""
    earlier = (
        {**plain(one.body), **_signed(one), "happened": one.happened, "heard": _heard(state, one.body.heard)}
        for one in before(state.after, said.id)
    )
    return {
        **_signed(said),
        "happened": said.happened,
        "heard": _heard(state, said.body.heard),
        **members(said.body, "of replaces? form answers shown findings"),
        "before": list(earlier),
    }


def _signed(said: Event[Any]) -> Shape:
    return {"entry": said.id, **_at(said)}


def _at(said: Event[Any]) -> Shape:
    return {"at": said.at, "by": person_shape(said.author)}
