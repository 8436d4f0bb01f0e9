"""The supervision pack of a case: its visits, what shows in them, what is open, what to ask.

Rules: the first paragraph says all that matters; whatever was signed stands as literal text; nothing is
scored, and a pattern is something to ask about. In short: every word stands on the page of its plan. The
addresses of the case stay out unless asked for, and so does how a visit left somebody: that is theirs to
tell. Who may not see something gets a history without it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import msgspec

from visitsafe.checklists.library import marked, past_review
from visitsafe.checklists.model import Pattern
from visitsafe.record.bodies import DebriefedBody, Filled, IncidentBody
from visitsafe.record.terms import Status
from visitsafe.state.after import CORRECTED, answered, before, words_before
from visitsafe.state.duties import ALERT, CaseHistory, Met, documents_due, each_once, not_told, talk_by
from visitsafe.state.entry_words import DOCUMENTS, incident_title
from visitsafe.state.fold import PlanState
from visitsafe.state.known import why_out_of_date
from visitsafe.state.ladder import is_overdue
from visitsafe.state.phrases import otherwise_went, who_goes
from visitsafe.state.redaction import without_details
from visitsafe.state.sharing_words import duty_shape
from visitsafe.state.visit import Event
from visitsafe.state.visit_words import late_back, stage_words, unclosed
from visitsafe.supervision.page import CHECKED, Prompt, cited_documents, does_not_hold, for_supervision
from visitsafe.supervision.page_visit import LONGEST, document_item, signed_item
from visitsafe.supervision.patterns import (
    BEHAVIOURS,
    MARKER,
    PATTERNS,
    counted,
    day_words,
    has_lapsed,
    hurt_in,
    is_to_come,
    short,
    was_alarmed,
    was_made,
)
from visitsafe.supervision.shapes import Shape
from visitsafe.team.people import person_shape
from visitsafe.text.blocks import (
    Block,
    Bullet,
    Bullets,
    Code,
    CommandLines,
    Heading,
    Say,
    Strong,
    Text,
    as_markdown,
    titled,
)
from visitsafe.text.clean import listing, members, plain, things
from visitsafe.text.clock import age, clock, date_only, day, in_minutes, moment, span, to_text

if TYPE_CHECKING:
    from visitsafe.checklists.model import CitedDocument

COUNTED = (
    "Counted from the record alone. Each is something to ask about: there may be a good reason for it, or a "
    "report may be missing. None of it judges anybody."
)
MOST_VISITS = 30
"""How many visits the timeline shows; of more, the newest."""
TOLD = ("seen-and-heard", "what-happened")
"""The questions of the incident form whose answers say what happened."""
ALSO_TOLD = frozenset({"injury", "off-work", "police"})
"""Its questions about what the injury was and means, and whether the police know."""
OF_THE_VISIT = (
    ("went", "How it went"),
    ("different", "What was different"),
    ("not-seen", "Who was not seen"),
    ("unsaid", "Left unsaid"),
    ("living-with", "What it may be like there"),
    ("next-time", "Next time"),
)
"""The questions of the debrief that are about the visit, and what they are called if it does not say."""
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


class OpenThing(msgspec.Struct, frozen=True):
    """Something that somebody still has to do.

    Attributes:
        ref: The plan's reference.
        what: What is open, a sentence without its full stop.
        by: By when, UTC text or a day; empty if there is no time for it.
        late: Whether that has passed.
        command: What to run; empty if no command settles it.
        at_once: Whether it is to be done now, and `by` is only the latest.
    """

    ref: str
    what: str
    by: str = ""
    late: bool = False
    command: str = ""
    at_once: bool = False


def _open_things(history: CaseHistory, now: datetime, zone: tzinfo) -> tuple[OpenThing, ...]:
    """Everything that is open, what is late first, then by its day.

    Args:
        history: The case, as whoever reads it may see it.
        now: For what is late.
        zone: Whose days.
    """
    found = [thing for state in history.plans for thing in _of_plan(state, now, zone)]
    found += _to_tell(history, now)
    found += _of_documents(history, now)
    return tuple(sorted(found, key=lambda one: (not one.late, one.by or "~", one.ref)))


def _of_plan(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[OpenThing]:
    yield from _of_visit(state, now, zone)
    talked = set(state.after.not_talked_over)
    talk = talk_by(state)
    for said in state.after.incidents:
        if said.id in talked:
            what = f"{incident_title(said.body)}, not talked over yet"
            yield OpenThing(state.ref, what, talk, _is_over(talk, now), f"visitsafe debrief {state.ref}")
    if talk and not talked:
        what = "The visit is to be talked over"
        yield OpenThing(state.ref, what, talk, _is_over(talk, now), f"visitsafe debrief {state.ref}")


def _to_tell(history: CaseHistory, now: datetime) -> Iterator[OpenThing]:
    for state, one in each_once(history.plans):
        if one.open:
            what = (
                f"Tell other professionals: {one.duty.label} (to: {one.named_left or 'nobody is named yet'})"
            )
            late, how = one.met(now) is Met.OVERDUE, f"visitsafe share {state.ref} --duty {one.number}"
            yield OpenThing(state.ref, what, one.by, late, how, one.duty.trigger == ALERT)


def _of_visit(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[OpenThing]:
    """The visit itself, while it goes on or waits for somebody."""
    show = f"visitsafe show {state.ref}"
    if unclosed(state, now):
        what = "Nobody has closed this visit, or said that it took place"
        yield OpenThing(state.ref, what, state.visit.due_back, late=True, command=show)
    elif state.visit.needs_standing_down or (state.visit.out and not state.closed):
        what = f"The visit goes on: {stage_words(state, now, zone)}"
        yield OpenThing(state.ref, what, state.visit.due_back, is_overdue(state, now), show)
    if state.status is Status.AWAITING and not state.settled and not has_lapsed(state, now):
        what, late = "A manager has to decide on the plan", state.started(to_text(now))
        yield OpenThing(state.ref, what, state.body.visit.start, late, f"visitsafe review {state.ref}")


def _of_documents(history: CaseHistory, now: datetime) -> Iterator[OpenThing]:
    for one in documents_due(history.plans, now):
        title = DOCUMENTS.get(one.said.body.document, one.said.body.document)
        who = f" ({one.who})" if one.who.strip() else ""
        yield OpenThing(one.state.ref, f"{title}: {one.what}{who}", one.day, late=True)
    for state, sort, _ in not_told(history):
        if sort == "meeting":
            what = "Plan what the family is told of the professionals' meeting"
            yield OpenThing(state.ref, what, command=f"visitsafe document telling {state.ref}")


def _is_over(text: str, now: datetime) -> bool:
    return bool(text) and text < to_text(now)


def _clause(text: str) -> str:
    """Somebody's words inside a sentence of ours."""
    return short(text).removesuffix(".")


def case_page(
    history: CaseHistory,
    patterns: Patterns,
    prompts: Sequence[Prompt],
    documents: "Sequence[CitedDocument]",
    now: datetime,
    zone: tzinfo,
    *,
    include_details: bool = False,
) -> str:
    """The page as markdown.

    Args:
        history: The case, as whoever reads the page may see it; with one plan at least.
        patterns: What shows in it (`patterns_in`).
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
    things_open = _open_things(history, now, zone)
    return as_markdown([
        Heading(f"Staff supervision: case {history.case}", 1),
        *_does_not_hold(history),
        _in_short(history, things_open, now, zone),
        *titled("Open now", (_open_thing(one, zone) for one in things_open)),
        *_timeline(history, now, zone),
        *_patterns(patterns),
        *titled("Incidents and near misses", (_incident(*one, zone) for one in history.incidents())),
        *titled("What those who went said afterwards", (_debrief(*one, zone) for one in history.debriefs())),
        *titled("Documents", (document_item(*one, now, zone) for one in history.documents())),
        Heading("Warning marker"),
        _marker(history, now, zone),
        *for_supervision(prompts),
        *cited_documents([prompt.source for prompt in prompts], documents, now),
        *_how_to_check(history, now, zone, include_details=include_details),
    ])  # fmt: skip


def _does_not_hold(history: CaseHistory) -> Iterator[Block]:
    problems = [f"{state.ref}: {text}" for state in history.plans for text in state.problems]
    if history.unread:
        plans = things(history.unread, "plan", "plans")
        problems.append(f"{plans} of this case cannot be read, and nothing of it is on this page")
    return does_not_hold("this page. Something in the record of this case", problems)


def _in_short(history: CaseHistory, open_now: Sequence[OpenThing], now: datetime, zone: tzinfo) -> Block:
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
    return Say([f"{' '.join(sentences)} ", Strong(_open_now(open_now))])


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
        return "Nothing is open."
    late = sum(one.late for one in found)
    overdue = "" if not late else ", and overdue" if late == len(found) else f", {late} of them overdue"
    return f"{things(len(found), 'thing is', 'things are')} open{overdue}."


def _open_thing(one: OpenThing, zone: tzinfo) -> Bullet:
    when = date_only(one.by, zone) if "T" in one.by else day_words(one.by, zone)
    by = f"Now, and by {when} at the latest, " if one.at_once else f"By {when}, " if one.by else ""
    word = (Strong("Overdue"), f", due {when}, ") if one.late and one.by else (by,)
    return Bullet((*word, f"{one.ref}: {one.what}"), lines=(Code(one.command),) if one.command else ())


def _timeline(history: CaseHistory, now: datetime, zone: tzinfo) -> Iterator[Block]:
    shown = history.plans[-MOST_VISITS:]
    yield Heading("The visits")
    if before := len(history.plans) - len(shown):
        yield Say(f"{things(before, 'earlier visit is', 'earlier visits are')} left out here.")
    yield Bullets(_line(state, now, zone) for state in shown)


def _line(state: PlanState, now: datetime, zone: tzinfo) -> Text:
    when = Strong(span(state.body.visit.start, state.body.visit.due_back, zone))
    return when, f" ({state.ref}): {_who_went(state)}. {_became(state, now, zone)}."


def _patterns(patterns: Patterns) -> Iterator[Block]:
    yield Heading("What shows in the record")
    if not patterns:
        yield Say("None of the patterns that this page looks for.")
        return
    yield Say(COUNTED)
    yield Bullets(
        (Strong(f"{PATTERNS[pattern][0]}."), f" {' '.join(sentences)}")
        for pattern, sentences in patterns.items()
    )


def _how_to_check(
    history: CaseHistory, now: datetime, zone: tzinfo, *, include_details: bool
) -> Iterator[Block]:
    details = "It names addresses." if include_details else "Addresses are left out."
    yield Heading("How anyone can check this")
    yield Say(CHECKED)
    yield CommandLines(f"visitsafe verify {state.ref}" for state in history.plans[-MOST_VISITS:])
    yield Say(
        f"Made {moment(to_text(now), zone)}. Local times: {zone}. {details} "
        "How a visit left somebody is not on this page: ask them."
    )


def _incident(state: PlanState, said: Event[IncidentBody], zone: tzinfo) -> Bullet:
    """What kind, and what was seen and heard."""
    shown = {one.id: one.answer for one in answered(said.body)}
    kinds = (shown.get(BEHAVIOURS, "") if said.body.behaviours else "") or "; ".join(
        one.replace("-", " ") for one in said.body.behaviours
    )
    told = next((shown[name] for name in TOLD if shown.get(name, "").strip()), "")
    lines = [kinds, f"Seen and heard: {told}" if told else ""]
    lines += [f"{one.label}: {one.answer}" for one in answered(said.body) if one.id in ALSO_TOLD]
    waiting = [Strong("Not talked over yet.")] if said.id in state.after.not_talked_over else []
    below = (*_shortened(lines), *_before(state, said, zone), *waiting)
    return signed_item(incident_title(said.body), state, said, zone, below)


def _debrief(state: PlanState, said: Event[DebriefedBody], zone: tzinfo) -> Bullet:
    """What those who went said about the visit when they talked it over."""
    below = (*_shortened(_about_the_visit(said.body)), *_before(state, said, zone))
    return signed_item("Talked over", state, said, zone, below)


def _shortened(lines: Iterable[str]) -> Iterator[str]:
    return (short(line, LONGEST) for line in lines if line.strip())


def _before(state: PlanState, said: Event[Filled], zone: tzinfo) -> Iterator[str]:
    """What an incident said before it was corrected, in full; of a debrief, what is about the visit."""
    for old in before(state.after, said.id):
        body = old.body
        told = (
            _about_the_visit(body) if isinstance(body, DebriefedBody) else map(": ".join, words_before(body))
        )
        when = f"{CORRECTED.capitalize()} ({date_only(old.happened, zone)}, {old.author.person.name})"
        yield f"{when}: {'; '.join(told)}"


def _about_the_visit(body: DebriefedBody) -> Iterator[str]:
    shown = {one.id: one for one in answered(body)}
    own = {"not-seen": body.not_seen, "next-time": body.next_time}
    for name, label in OF_THE_VISIT:
        answer = shown[name].answer if name in shown else ""
        if words := (own.get(name, "") or answer).strip():
            yield f"{shown[name].label if name in shown else label}: {words}"


def _marker(history: CaseHistory, now: datetime, zone: tzinfo) -> Block:
    """Where a warning marker stands and how old that is, never what it says (D14)."""
    said = history.marker()
    if said is None:  # what the newest plan answers
        shown = (one.answer for one in history.plans[-1].body.shown if one.id == MARKER)
        answer = next(filter(str.strip, shown), "")
        asked = f" Whether anybody looked, by the newest plan: {short(answer)}." if answer else ""
        return Say(f"Nothing is on record about where one stands.{asked}")
    body = said.body
    who, old = said.author.person.name, age(f"{body.checked}T00:00:00Z", now)
    where = f"{body.system}, {body.reference}" if body.reference.strip() else body.system
    found = f"There is one in {where}" if body.found else "There was none"
    why = why_out_of_date(body, now.astimezone(zone).date())
    due = f"; review due on {day_words(body.review, zone)}" if body.found and body.review and not why else ""
    line = f"{found}: checked by {who} on {day_words(body.checked, zone)} ({old}){due}."
    return Say([f"{line} ", Strong(f"Out of date: {why}.")] if why else line)


def _who_went(state: PlanState) -> str:
    """`Sam Okafor, alone`."""
    planned = f" (planned: {who_goes(state.body)})" if otherwise_went(state) else ""
    return f"{state.author.person.name}, {who_goes(state.going)}{planned}"


def _became(state: PlanState, now: datetime, zone: tzinfo) -> str:
    """What became of a visit: `countersigned by Mo; set out 15:05, back 16:40; 1 incident; talked over`."""
    said = "; ".join(filter(None, (*_decided(state, now), *_went(state, now, zone), *_afterwards(state))))
    return f"{said[:1].upper()}{said[1:]}"


def _decided(state: PlanState, now: datetime) -> Iterator[str]:
    name = state.decision.name if state.decision else "a manager"
    if state.status is Status.WITHDRAWN:
        yield f"withdrawn: {_clause(state.withdrawn)}"
    elif state.status is Status.REFUSED:
        instead = _clause(state.decided.purpose_met) if state.decided else ""
        yield f"refused by {name}"
        yield f"instead: {instead}" if instead else ""
    elif state.status is Status.AWAITING:
        started = state.started(to_text(now))
        yield "no manager decided on it" if started else "waiting for a manager's decision"
    else:
        yield f"{state.status} by {name}"


def _went(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[str]:
    visit = state.visit
    if was_made(state):
        yield ", ".join(_times(state, now, zone))
        yield "broken off" if visit.stopped else ""
    elif is_to_come(state, now):
        yield "still to come"
    elif state.status not in {Status.REFUSED, Status.WITHDRAWN}:
        yield "nobody reported setting out"
    yield "an alarm was raised" if was_alarmed(state) else ""


def _times(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[str]:
    visit, day = state.visit, state.body.visit.start
    if visit.departed:
        yield f"set out {clock(visit.departed.happened, zone, day)}"
    elif not visit.out:
        yield "nobody reported setting out"
    if visit.back:
        late = late_back(state)
        yield f"back {clock(visit.back.happened, zone, day)}" + (
            f" ({in_minutes(late)} late)" if late else ""
        )
    elif not visit.closed:
        yield stage_words(state, now, zone)
    else:
        yield "stood down by somebody else, not reported back"


def _afterwards(state: PlanState) -> Iterator[str]:
    if state.after.incidents:
        yield f"{counted(state.after.incidents)}{hurt_in(state.after.incidents)}"
    if state.after.not_talked_over or talk_by(state):
        yield "not talked over yet"
    elif state.after.debriefs:
        yield "talked over"


def case_shape(
    history: CaseHistory,
    patterns: Patterns,
    prompts: Sequence[Prompt],
    now: datetime,
    zone: tzinfo,
    *,
    include_details: bool = False,
) -> Shape:
    """The case as JSON; arguments as for `case_page`."""
    if not include_details:
        history = without_addresses(history)
    shape: Shape = plain({
        "case": history.case,
        "visits": [_visit(state, now, zone, include_details=include_details) for state in history.plans],
        **members(history, "removed unread"),
        "open": [members(one, "ref what by? late command?") for one in _open_things(history, now, zone)],
        "patterns": [{"pattern": one, "evidence": sentences} for one, sentences in patterns.items()],
        "duties": [{"ref": state.ref, **duty_shape(one, now)} for state, one in each_once(history.plans)],
        "incidents": [
            {
                **_signed(state, one),
                **members(one.body, "near_miss behaviours hurt"),
                "talked_over": one.id not in state.after.not_talked_over,
            }
            for state, one in history.incidents()
        ],
        "debriefs": [
            {**_signed(state, one), **members(one.body, "next_time? not_seen?")}
            for state, one in history.debriefs()
        ],
        "documents": [
            {
                **_signed(state, one),
                **members(one.body, "document review?"),
                "actions": [members(action, "what who by?") for action in one.body.actions],
            }
            for state, one in history.documents()
        ],
        "marker": (said := history.marker())
        and {
            **members(said.body, "found system? reference? checked review?"),
            "by": person_shape(said.author),
        },
        "prompts": [members(one, "text source") for one in prompts],
        "as_of": to_text(now),
    })  # fmt: skip
    return shape


def _visit(state: PlanState, now: datetime, zone: tzinfo, *, include_details: bool) -> Shape:
    visit = state.visit
    return {
        **members(state, "ref plan status"),
        "stage": visit.stage,
        "worker": person_shape(state.author),
        "companions": [one.name for one in state.going.visit.companions],
        "company": state.going.company,
        "address": (state.body.visit.address or None) if include_details else None,
        "start": state.body.visit.start,
        "due_back": visit.due_back,
        "made": was_made(state),
        "departed": visit.departed and visit.departed.happened,
        "back": visit.back and visit.back.happened,
        "stopped": visit.stopped,
        "alarm": was_alarmed(state),
        "overdue": is_overdue(state, now),
        "became": _became(state, now, zone),
        "problems": state.problems,
    }


def _signed(state: PlanState, said: Event[Any]) -> Shape:
    return {
        "ref": state.ref,
        "entry": said.id,
        **members(said, "at happened"),
        "by": person_shape(said.author),
    }
