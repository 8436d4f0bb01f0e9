"""The supervision pack of a case as CommonMark: its visits, what shows in them, what is open, what to ask.

Rules: the first paragraph says all that matters; whatever was signed stands as literal text; nothing is
scored, and a pattern is something to ask about. The addresses of the case stay out unless asked for, and so
does how a visit left somebody: that is theirs to tell. Who may not see something gets a history without it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from visitsafe.checklists.library import marked, past_review
from visitsafe.checklists.model import Pattern
from visitsafe.record.bodies import DebriefedBody, DocumentedBody, IncidentBody
from visitsafe.record.terms import Status
from visitsafe.state.duties import CaseHistory, each_once
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_overdue
from visitsafe.state.sharing_words import duty_shape
from visitsafe.state.visit import Event
from visitsafe.supervision.case_sections import debriefs, documents_of, incidents, marker
from visitsafe.supervision.page_record import Cited, cited_documents
from visitsafe.supervision.page_sections import Prompt, bullets, for_supervision
from visitsafe.supervision.patterns import (
    PATTERN_WORDS,
    OpenThing,
    became,
    counted,
    day_words,
    hurt_in,
    is_to_come,
    listing,
    open_things,
    things,
    was_alarmed,
    was_made,
    who_went,
)
from visitsafe.supervision.shapes import without_details
from visitsafe.supervision.visit_shape import Shape, person_shape
from visitsafe.text.clean import markdown, markdown_line
from visitsafe.text.clock import date_only, day, moment, span, to_text

COUNTED = (
    "Counted from the record alone. Each is something to ask about: there may be a good reason for it, or a "
    "report may be missing. None of it judges anybody."
)
MOST_VISITS = 30
"""How many visits the timeline shows; of more, the newest."""
Patterns = Mapping[Pattern, Sequence[str]]


def without_addresses(history: CaseHistory) -> CaseHistory:
    """The same case without the address of any of its plans, wherever a text of any of them repeats it."""
    addresses = dict.fromkeys(state.body.visit.address for state in history.plans)
    plans = []
    for state in history.plans:
        for address in addresses:
            state = without_details(_with_address(state, address))  # noqa: PLW2901 - one after the other
        plans.append(state)
    return msgspec.structs.replace(history, plans=tuple(plans))


def _with_address(state: PlanState, address: str) -> PlanState:
    visit = msgspec.structs.replace(state.body.visit, address=address)
    return msgspec.structs.replace(state, body=msgspec.structs.replace(state.body, visit=visit))


def case_page(
    history: CaseHistory,
    patterns: Patterns,
    prompts: Sequence[Prompt],
    documents: Sequence[Cited],
    now: datetime,
    zone: tzinfo,
    *,
    include_details: bool = False,
) -> str:
    """The page as markdown.

    Args:
        history: The case, as whoever reads the page may see it; with one plan at least.
        patterns: What shows in it (`case_patterns`).
        prompts: Questions for staff supervision, chosen.
        documents: Those that prompts may cite.
        now: For what is overdue, lapsed, past its day.
        zone: Whose local time is shown.
        include_details: With the addresses.
    """
    if not include_details:
        history = without_addresses(history)
    past = past_review(documents, now.date())
    prompts = [prompt._replace(source=marked(prompt.source, past)) for prompt in prompts]
    things_open = open_things(history, now, zone)
    blocks = [
        f"# Staff supervision: case {markdown_line(history.case)}",
        *_does_not_hold(history),
        _in_short(history, things_open, now, zone),
        *_open_page(things_open, zone),
        *_timeline(history, now, zone),
        *_patterns(patterns),
        *incidents(history, zone),
        *debriefs(history, zone),
        *documents_of(history, now, zone),
        *marker(history, now, zone),
        *for_supervision(prompts),
        *cited_documents([prompt.source for prompt in prompts], documents, now),
        *_how_to_check(history, now, zone, include_details=include_details),
    ]
    return "\n\n".join(blocks) + "\n"


def _does_not_hold(history: CaseHistory) -> list[str]:
    problems = [f"{state.ref}: {text}" for state in history.plans for text in state.problems]
    if history.unread:
        plans = things(history.unread, "plan", "plans")
        problems.append(f"{plans} of this case cannot be read, and nothing of it is on this page")
    if not problems:
        return []
    return [
        "**Do not rely on this page. Something in the record of this case does not hold:**",
        bullets(markdown(problem, "  ") for problem in problems),
    ]


def _in_short(history: CaseHistory, open_now: Sequence[OpenThing], now: datetime, zone: tzinfo) -> str:
    """How many visits, by whom, the last and the next, what happened, and what is open."""
    made = [state for state in history.plans if was_made(state)]
    sentences = [_how_many(history, made, now)]
    if made:
        sentences.append(f"The last one that was made was on {day(made[-1].body.visit.start, zone)}.")
    coming = next((state for state in history.plans if is_to_come(state, now)), None)
    if coming is not None:
        sentences.append(f"The next one is planned for {day(coming.body.visit.start, zone)}.")
    if history.removed:
        gone = things(history.removed, "plan is", "plans are")
        sentences.append(f"{gone} not counted: what they said was removed by rule.")
    happened = [said for _, said in history.incidents()]
    said = f"{counted(happened)}{hurt_in(happened)}" if happened else ""
    sentences.append(f"On record: {said}." if said else "No incident is on record.")
    return f"{markdown_line(' '.join(sentences))} {_open_now(open_now)}"


def _how_many(history: CaseHistory, made: Sequence[PlanState], now: datetime) -> str:
    """`5 visits were planned: 2 were made, by Sam Okafor (2); 1 was refused; 1 is to come`."""
    names = Counter(state.author.person.name for state in made)
    by = listing([f"{name} ({times})" for name, times in names.most_common()])
    rest = [state for state in history.plans if not was_made(state)]
    refused = sum(state.status is Status.REFUSED for state in rest)
    withdrawn = sum(state.status is Status.WITHDRAWN for state in rest)
    coming = sum(is_to_come(state, now) for state in rest)
    unheard = len(rest) - refused - withdrawn - coming
    parts = [
        f"{things(len(made), 'was', 'were')} made" + (f", by {by}" if made else ""),
        f"{things(refused, 'was', 'were')} refused" if refused else "",
        f"{things(withdrawn, 'was', 'were')} withdrawn" if withdrawn else "",
        f"on {unheard} nobody reported setting out" if unheard else "",
        f"{things(coming, 'is', 'are')} to come" if coming else "",
    ]
    count = things(len(history.plans), "visit was planned", "visits were planned")
    return f"{count}: {'; '.join(filter(None, parts))}."


def _open_now(found: Sequence[OpenThing]) -> str:
    if not found:
        return "**Nothing is open.**"
    late = sum(one.late for one in found)
    overdue = "" if not late else ", and overdue" if late == len(found) else f", {late} of them overdue"
    return f"**{things(len(found), 'thing is', 'things are')} open{overdue}.**"


def _open_page(found: Sequence[OpenThing], zone: tzinfo) -> list[str]:
    return ["## Open now", bullets(_open_thing(one, zone) for one in found)] if found else []


def _open_thing(one: OpenThing, zone: tzinfo) -> str:
    when = markdown_line(date_only(one.by, zone) if "T" in one.by else day_words(one.by, zone))
    by = f"Now, and by {when} at the latest, " if one.at_once else f"By {when}, " if one.by else ""
    word = f"**Overdue**, due {when}, " if one.late and one.by else by
    line = f"{word}{one.ref}: {markdown_line(one.what)}"
    return f"{line}\\\n  `{one.command}`" if one.command else line


def _timeline(history: CaseHistory, now: datetime, zone: tzinfo) -> list[str]:
    shown = history.plans[-MOST_VISITS:]
    before = len(history.plans) - len(shown)
    intro = [f"{things(before, 'earlier visit is', 'earlier visits are')} left out here."] if before else []
    return ["## The visits", *intro, bullets(_visit_page(state, now, zone) for state in shown)]


def _visit_page(state: PlanState, now: datetime, zone: tzinfo) -> str:
    when = markdown_line(span(state.body.visit.start, state.body.visit.due_back, zone))
    told = markdown_line(f"{who_went(state)}. {became(state, now, zone)}.")
    return f"**{when}** ({state.ref}): {told}"


def _patterns(patterns: Patterns) -> list[str]:
    if not patterns:
        return ["## What shows in the record", "None of the patterns that this page looks for."]
    return [
        "## What shows in the record",
        COUNTED,
        bullets(
            f"**{PATTERN_WORDS[pattern]}.** {markdown_line(' '.join(sentences))}"
            for pattern, sentences in patterns.items()
        ),
    ]


def _how_to_check(history: CaseHistory, now: datetime, zone: tzinfo, *, include_details: bool) -> list[str]:
    details = "It names addresses." if include_details else "Addresses are left out."
    made = f"Made {moment(to_text(now), zone)}. Local times: {zone}."
    return [
        "## How anyone can check this",
        "A page can be altered after it was made; the signed entries behind it cannot. To check them:",
        "\n".join(f"    visitsafe verify {state.ref}" for state in history.plans[-MOST_VISITS:]),
        f"{markdown_line(made)} {details} How a visit left somebody is not on this page: ask them.",
    ]


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
        "visits": [
            _visit_shape(state, now, zone, include_details=include_details) for state in history.plans
        ],
        "removed": history.removed,
        "unread": history.unread,
        "open": [_open_shape(one) for one in open_things(history, now, zone)],
        "patterns": [
            {"pattern": str(pattern), "evidence": list(sentences)} for pattern, sentences in patterns.items()
        ],
        "duties": [{"ref": state.ref, **duty_shape(one, now)} for state, one in each_once(history.plans)],
        "incidents": [_incident_shape(state, said) for state, said in history.incidents()],
        "debriefs": [_debrief(state, said) for state, said in history.debriefs()],
        "documents": [_document(state, said) for state, said in history.documents()],
        "marker": _marker(history),
        "prompts": [{"text": one.text, "source": one.source} for one in prompts],
        "as_of": to_text(now),
    }


def _visit_shape(state: PlanState, now: datetime, zone: tzinfo, *, include_details: bool) -> Shape:
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


def _open_shape(one: OpenThing) -> Shape:
    return {
        "ref": one.ref,
        "what": one.what,
        "by": one.by or None,
        "late": one.late,
        "command": one.command or None,
    }


def _incident_shape(state: PlanState, said: Event[IncidentBody]) -> Shape:
    return {
        **_signed(state, said),
        "near_miss": said.body.near_miss,
        "behaviours": list(said.body.behaviours),
        "hurt": said.body.hurt,
        "talked_over": said.id not in state.after.not_talked_over,
    }


def _debrief(state: PlanState, said: Event[DebriefedBody]) -> Shape:
    body = said.body
    return {
        **_signed(state, said),
        "next_time": body.next_time or None,
        "not_seen": body.not_seen or None,
    }


def _document(state: PlanState, said: Event[DocumentedBody]) -> Shape:
    body = said.body
    actions = [{"what": one.what, "who": one.who, "by": one.by or None} for one in body.actions]
    return {
        **_signed(state, said),
        "document": body.document,
        "review": body.review or None,
        "actions": actions,
    }


def _signed(state: PlanState, said: Event[Any]) -> Shape:
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
