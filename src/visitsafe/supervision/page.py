"""The staff-supervision page: a plan and its decision as CommonMark, for a manager with little time.

Rules: the first paragraph says all that matters; whatever was signed stands as literal text. Personal details
stay out unless asked for. Nothing is scored. Each part is some blocks, none if there is nothing to say. Every
signature named here holds: entries that do not are no part of a plan's state, only of its problems. What
happened on the visit and afterwards stands in `page_visit`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from visitsafe.checklists.facts import differing, in_order, with_answer
from visitsafe.checklists.library import marked, marked_body, past_review
from visitsafe.record.bodies import (
    DecidedBody,
    Finding,
    KnownFact,
    Ladder,
    PlanBody,
    SharedBody,
    Shown,
    VisitBody,
)
from visitsafe.record.kinds import KINDS
from visitsafe.record.terms import Decision, Level, Status
from visitsafe.state.duties import DutyState, Met, duties_of
from visitsafe.state.entry_words import reason_of, says, sealed_words
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import Due, all_at_once, by_minute, ordinary_schedule, set_out_words, went_without
from visitsafe.state.phrases import (
    DECISION_WORDS,
    LEVEL_WORDS,
    answering,
    called,
    otherwise_went,
    plain_words,
    to_do,
    unanswered,
    who_goes,
    whose,
    worst_first,
)
from visitsafe.state.redaction import without_details
from visitsafe.state.rules import NOT_SHARE, Judged
from visitsafe.state.sharing_words import by_when, state_words
from visitsafe.state.visit import Event
from visitsafe.state.visit_words import stage_words
from visitsafe.supervision.page_visit import after_the_visit, how_it_was_watched, in_short, on_the_way
from visitsafe.text.blocks import (
    Block,
    Bullet,
    Bullets,
    Code,
    CommandLines,
    Heading,
    Kept,
    Questions,
    Quote,
    Say,
    Strong,
    Text,
    as_markdown,
    sourced,
    titled,
)
from visitsafe.text.clean import one_line, things
from visitsafe.text.clock import (
    MONTHS,
    age,
    date_only,
    day,
    exactly,
    hour,
    minutes_from,
    moment,
    span,
    to_text,
)

if TYPE_CHECKING:
    from visitsafe.checklists.model import CitedDocument

CHECKED = "A page can be altered after it was made; the signed entries behind it cannot. To check them:"


class Prompt(NamedTuple):
    """A question for staff supervision and where it comes from."""

    text: str
    source: str


def supervision_page(
    state: PlanState,
    now: datetime,
    zone: tzinfo,
    prompts: Sequence[Prompt] = (),
    documents: "Sequence[CitedDocument]" = (),
    *,
    include_details: bool = False,
    facts: Sequence[KnownFact] = (),
) -> str:
    """The page as markdown.

    Args:
        state: The plan.
        now: For what is overdue, expired, past its review date.
        zone: Whose local time is shown.
        prompts: Questions for staff supervision.
        documents: Those that the plan may cite.
        include_details: With the address.
        facts: What is known now, for a manager of a visit that is not over.
    """
    state = state if include_details else without_details(state)
    past = past_review(documents, now.date())
    state = msgspec.structs.replace(state, body=marked_body(state.body, past))
    prompts = [prompt._replace(source=marked(prompt.source, past)) for prompt in prompts]
    return as_markdown([
        Heading(f"Visit plan {state.ref}", 1),
        *does_not_hold("this page. Something in its record", state.problems),
        _in_short(state, now, zone),
        *_planned(state, now, zone),
        *_known(state.body, facts),
        *_findings(state.body),
        *_controls(state.body),
        *_decision(state, zone),
        *on_the_way(state, now, zone),
        *how_it_was_watched(state, now, zone),
        *after_the_visit(state, now, zone),
        *_sharing(state, now, zone),
        *for_supervision(prompts),
        *_questions(state.body, now, zone),
        *_escalation(state, zone),
        *_record(state),
        *_sources(state.body, prompts, documents, now),
        *_how_to_check(state, now, zone, include_details=include_details),
    ])  # fmt: skip


def does_not_hold(what: str, problems: Sequence[str]) -> Iterator[Block]:
    """That a page cannot be relied on, before everything else."""
    if problems:
        yield Say(Strong(f"Do not rely on {what} does not hold:"))
        yield Bullets(map(Kept, problems))


def _in_short(state: PlanState, now: datetime, zone: tzinfo) -> Block:
    """How it stands, whether somebody set out all the same, who, which case, when, and the worst finding."""
    visit, who = state.body.visit, state.author.person.name
    place = f" ({visit.area})" if visit.area.strip() else ""
    goes, when = who_goes(state.body), span(visit.start, visit.due_back, zone)
    verb = "planned" if state.visit.reports or state.started(to_text(now)) else "plans"
    parts = [*_standing(state, now, zone)]
    if went_without(state):
        words, reason = set_out_words(state)
        parts += [" ", Strong(f"{who} {words}:"), f" {_sentence(reason)}"]
    if stage := stage_words(state, now, zone):
        parts += [" On the way: ", Strong(stage), "" if stage.endswith("?") else "."]
    parts.append(f" {who} {verb} to visit case {visit.case}{place}, {goes}, on {when}.")
    if otherwise := otherwise_went(state):
        parts += [" ", Strong(f"As reported since: {otherwise}.")]
    parts += in_short(state)
    findings = [one for one in worst_first(state.body) if not one.from_before]
    if not findings:
        parts.append(" The checklist raised no findings.")
    else:
        level = LEVEL_WORDS[findings[0].level].lower()
        parts.append(f" Worst finding ({level}): {_sentence(findings[0].text)}")
    if findings and (count := len(unanswered(state.body))):
        parts.append(f" {things(count, 'finding has', 'findings have')} no control measure yet.")
    return Say(parts)


def _standing(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
    """How it stands, and by whom."""
    if state.decision is None or state.decided is None or state.status is Status.WITHDRAWN:
        words = plain_words(state, now)
        return [Strong(f"{words[0].upper()}{words[1:]}.")]
    count = len(state.decided.conditions)
    then = {
        Decision.RETURN: ": something has to change first",
        Decision.REFUSE: ": this visit does not go ahead",
    }
    follows = then.get(state.decided.decision, f", on {things(count, 'condition')}" if count else "")
    on = day(state.decision.entry.content.at, zone)
    return [Strong(DECISION_WORDS[state.decided.decision]), f" by {state.decision.name} on {on}{follows}."]


def _sentence(text: str) -> str:
    line = one_line(text)
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _planned(state: PlanState, now: datetime, zone: tzinfo) -> list[Block]:
    body, visit = state.body, state.body.visit
    facts = [
        ("Purpose", visit.purpose),
        ("Why it cannot wait", body.urgent),
        ("Withdrawn because", state.withdrawn),
        ("Case", visit.case),
        ("Area", visit.area),
        ("Address", visit.address),
        ("Visit to", visit.person_visited),
        ("Start", moment(visit.start, zone)),
        ("Due back", moment(visit.due_back, zone)),
        ("Who goes", f"{state.author.person.name}, {who_goes(state.body)}"),
        ("Who goes, as reported since", otherwise_went(state)),
        ("Repeats the plan", called(body.repeats)),
        ("Tracing details", sealed_words(state.sealed, now) if state.sealed else ""),
    ]
    return titled(
        "What was planned, and why", ((f"{label}: ", Kept(text)) for label, text in facts if text.strip())
    )


def _known(body: PlanBody, now: Sequence[KnownFact]) -> list[Block]:
    """What was worked out or on record when it was signed, whatever was answered, and what differs now."""
    since = ((Strong("Since it was signed:"), f" {one.text}") for one in differing(body, now))
    return titled("What was known", [*since, *(with_answer(body, one) for one in in_order(body.known))])


def _findings(body: PlanBody) -> Iterator[Block]:
    yield Heading("Findings")
    if body.findings:
        yield Bullets(_finding(body, finding) for finding in worst_first(body))
    else:
        yield Say("None: no answer raised a rule of the checklist.")


def _finding(body: PlanBody, finding: Finding) -> Bullet:
    below: list[Text] = [f"Because: {'; '.join(finding.because)}"] if finding.because else []
    answers = answering(finding, body.controls)
    below += [f"Answered by: {one.text} ({one.who.strip() or 'nobody named'})" for one in answers]
    if not answers and finding.level is not Level.NOTE:
        below.append(Strong("Nothing in the plan answers this."))
    text = Strong(f"{LEVEL_WORDS[finding.level]}."), f" {finding.text}"
    return Bullet(text, below=(*below, sourced(finding.source)))


def _controls(body: PlanBody) -> list[Block]:
    by_person: dict[str, list[Text]] = {}
    for control in body.controls:
        by_person.setdefault(one_line(control.who) or "Nobody named", []).append(Kept(control.text))
    people = (Bullet(f"{who}:", below=tuple(texts)) for who, texts in by_person.items())
    none: list[Block] = [Heading("Control measures"), Say("None was chosen.")]
    return titled("Control measures: who does what", people) or none


def _decision(state: PlanState, zone: tzinfo) -> Iterator[Block]:
    yield Heading("The manager's decision")
    if state.decision is None or state.decided is None:
        yield Say("No manager has decided on this version.")
    else:
        yield from _decided(state.decision, state.decided, zone)
        if state.decided.of != state.version.id:
            yield Say(
                "This was decided on an earlier version, and whoever decided since then had not seen it. "
                "Being the more cautious, it stands until a manager who has seen both decides again."
            )
    if state.rivals:
        signed = "The practitioner signed other versions at the same time, without having seen this one: "
        names = [part for name in state.rivals for part in (", ", Code(name))]
        yield Say([signed, *names[1:]])
    earlier = [
        (f"{_by_whom(one.body, one, zone)}: ", Kept(one.body.rationale))
        for one in state.judged
        if isinstance(one.body, DecidedBody) and not one.why_not and one != state.decision
    ]
    if earlier:
        yield Say("Other decisions on this plan, no longer or not yet in force:")
        yield Bullets(earlier)


def _decided(decision: Judged, body: DecidedBody, zone: tzinfo) -> Iterator[Block]:
    yield Say(f"{_by_whom(body, decision, zone)}.")
    yield Say("Reasons, in the manager's own words:")
    yield Quote(body.rationale)
    if body.conditions:
        yield Say("It holds only on these conditions:")
        yield Bullets(map(Kept, body.conditions))
    if body.purpose_met.strip():
        yield Say("How the purpose of the visit will be met instead:")
        yield Quote(body.purpose_met)
    if body.attested:
        yield Say("The manager confirmed:")
        yield Bullets(Kept(one.text) for one in body.attested)
    if body.decision is Decision.COUNTERSIGN:
        yield Say("It obliges nobody to go in or to stay: the worker can stop the visit at any time.")


def _by_whom(body: DecidedBody, decision: Judged, zone: tzinfo) -> str:
    return f"{DECISION_WORDS[body.decision]} by {decision.name}, {moment(decision.entry.content.at, zone)}"


def _sharing(state: PlanState, now: datetime, zone: tzinfo) -> list[Block]:
    """What has to be shared with other professionals, and what became of it."""
    others = (_became(said, zone) for said in state.after.shared if not said.body.trigger)
    duties = (_duty(one, now, zone) for one in duties_of(state))
    return titled("Telling other professionals", [*duties, *others])


def _duty(one: DutyState, now: datetime, zone: tzinfo) -> Bullet:
    duty, met, said = one.duty, one.met(now), one.said
    how: Text
    if said is not None and not one.left:
        how = _became(said, zone)
    elif met in {Met.BEFORE, Met.NOT_YET}:
        words = state_words(one, now, zone)
        how = f"{words[:1].upper()}{words[1:]}"
    elif met is Met.NOT_SHARED:
        how = Strong("Decided not to share:"), f" {duty.reason}"
    elif met is Met.DUE:
        how = Strong("Due"), f" {by_when(one, day(one.by, zone))}"
    else:
        how = Strong("Overdue"), f" since {day(one.by, zone)}; nothing here says that it was done"
    below: list[Text] = [how, f"Ground: {duty.ground}"]
    if one.left:
        below.append(("To: ", one.named_left or Strong("nobody is named yet")))
    if one.left and said is not None:
        below.append(("So far: ", *_became(said, zone)))
    return Bullet(duty.label, below=(*below, sourced(duty.source)))


def _became(said: Event[SharedBody], zone: tzinfo) -> tuple[str, ...]:
    """That it was shared, or decided otherwise, by whom and when."""
    body, who, when = said.body, said.author.person.name, moment(said.happened, zone)
    if body.decision == NOT_SHARE:
        return Strong("Decided not to share"), f", by {who}, {when}: {body.reason}"
    how = f", {body.how}" if body.how.strip() else ""
    what = f" Said: {body.what}" if body.what.strip() else ""
    return Strong("Shared"), f" by {who}, {when}{how}, with {'; '.join(body.recipients)}.{what}"


def for_supervision(prompts: Sequence[Prompt]) -> Iterator[Block]:
    """What to talk about, with room to write."""
    if prompts:
        yield Heading("For staff supervision")
        yield Questions(prompts)


def _questions(body: PlanBody, now: datetime, zone: tzinfo) -> Iterator[Block]:
    """Every question as it was shown, with its answer; standing answers with their age."""
    sections: dict[str, list[Bullet | Text]] = {}
    for shown in body.shown:
        given = body.standing.get(shown.id, "")
        sections.setdefault(one_line(shown.section) or "Questions", []).append(
            _answered(shown, given, now, zone)
        )
    known = {shown.id for shown in body.shown}
    rest: list[Bullet | Text] = [
        f"{name}: {value if isinstance(value, str) else ', '.join(value)}"
        for name, value in body.answers.items()
        if name not in known
    ]
    if rest:
        sections["Answers that were signed without their questions"] = rest
    if sections:
        yield Heading("Questions and answers")
    for title, items in sections.items():
        yield from titled(title, items, 3)


def _answered(shown: Shown, given: str, now: datetime, zone: tzinfo) -> Bullet:
    lines: list[Text] = [("Answer: ", Kept(shown.answer))]
    if given and given != to_text(now):
        lines.append(f"Standing answer, given {age(given, now)}: {date_only(given, zone)}")
    return Bullet(Kept(shown.ask), lines=(*lines, sourced(shown.source)))


def _escalation(state: PlanState, zone: tzinfo) -> Iterator[Block]:
    """Who does what if the worker does not report back, at the times at which the watch does it."""
    ladder, due_back = state.visit.ladder, state.visit.due_back
    ours = not (state.body.ladder and state.body.ladder.steps)
    grace = f", with {ladder.grace_minutes} minutes of grace" if ladder.grace_minutes > 0 else ""
    yield Heading(f"If {state.author.person.name} does not report back")
    yield Say(
        f"Due back {moment(due_back, zone)}{grace}. "
        f"The minutes are the agency's choice, not law; the last step is always a person who rings 999."
        f"{' The plan names no steps: these are ours.' if ours else ''}"
    )
    yield Bullets(_steps(dues, ladder, due_back, zone) for dues in by_minute(ordinary_schedule(state)))


def _steps(dues: Sequence[Due], ladder: Ladder, due_back: str, zone: tzinfo) -> Bullet:
    """The steps of one minute, with what each asks for."""
    minutes = minutes_from(due_back, dues[0].at) or -minutes_from(dues[0].at, due_back)
    at, steps = hour(due_back, minutes, zone), [_step(due) for due in dues]
    if len(dues) == 1:
        is_first = ladder.high_risk and dues[0].rung.id == ladder.start
        first = (" ", Strong("High risk: it starts here.")) if is_first else ()
        return Bullet((f"{at}, {steps[0]}", *first))
    why = (", ", Strong("all at once, because the risk is high")) if all_at_once(ladder, dues) else ()
    return Bullet((at, *why, ":"), lines=tuple(steps))


def _step(due: Due) -> str:
    taken = " Somebody has to say that they have taken it on." if due.rung.acknowledge else ""
    return f"{whose(due.rung.who)}: {to_do(due.rung)}{taken}"


def _record(state: PlanState) -> Iterator[Block]:
    """Who signed what, when, with which key, and whether it counts."""
    yield Heading("Who signed what")
    yield Say(
        "Each signature was checked when this page was made. Times are what the signer's own clock said."
    )
    yield Bullets(_signed(state, judged) for judged in state.judged)


def _signed(state: PlanState, judged: Judged) -> Bullet:
    content = judged.entry.content
    email = f" ({judged.author.person.email})" if judged.author else ""
    row, unknown = KINDS.get(content.kind), "(a kind this visitsafe does not know)"
    kind = row.heading if row else f"{content.kind} {unknown}"
    if isinstance(judged.body, DecidedBody):
        kind = DECISION_WORDS[judged.body.decision]
    by = ", signed by" if isinstance(judged.body, VisitBody) else " by"  # who signed need not be who went
    lines: list[Text] = []
    if said := says(judged, state):
        lines.append(f"Says: {said}")
    if reason := reason_of(judged):
        lines.append(f"Reason: {reason}")
    if judged.why_not:
        lines.append((Strong("Does not count:"), f" {judged.why_not}"))
    elif judged.doubt:
        lines.append((Strong("In doubt:"), f" {judged.doubt}"))
    lines += [f"Signature good, key {content.by}", f"Entry {judged.entry.id}"]
    return Bullet(f"{kind}{by} {judged.name}{email}, {exactly(content.at)}", lines=tuple(lines))


def _sources(
    body: PlanBody, prompts: Sequence[Prompt], documents: "Sequence[CitedDocument]", now: datetime
) -> list[Block]:
    """The documents that this page cites, and which of them are past their review date."""
    texts = [
        *(finding.source for finding in body.findings),
        *(shown.source for shown in body.shown),
        *(duty.source for duty in body.sharing),
        *(rung.source for rung in (body.ladder.steps if body.ladder else ())),
        *(prompt.source for prompt in prompts),
    ]
    return cited_documents(texts, documents, now)


def cited_documents(texts: Sequence[str], documents: "Sequence[CitedDocument]", now: datetime) -> list[Block]:
    """Those of the documents that any of these texts cites."""
    used = [document for document in documents if any(document.id in text for text in texts)]
    return titled("Sources", (_document(document, now.date()) for document in used))


def _document(document: "CitedDocument", today: date) -> Text:
    parts = [document.issuer, document.identifier or "", f"issued {_calendar(document.issued)}"]
    line = f"{document.id}: {document.title}. {', '.join(part for part in parts if part)}."
    if not document.review_date or document.review_date >= today.isoformat():
        return line
    past = f"Past its review date ({_calendar(document.review_date)}): look for a newer one."
    return f"{line} ", Strong(past)


def _calendar(text: str) -> str:
    """`2013-01-31` as `31 January 2013`, `2011-01` as `January 2011`."""
    year, month, *rest = text.split("-")
    return " ".join([*(str(int(number)) for number in rest), MONTHS[int(month) - 1], year])


def _how_to_check(state: PlanState, now: datetime, zone: tzinfo, *, include_details: bool) -> Iterator[Block]:
    """How anyone can verify, and what this page leaves out."""
    details = "The address is left out."
    if include_details:
        details = "It names the address." if state.body.visit.address.strip() else "No address was given."
    yield Heading("How anyone can check this")
    yield Say(CHECKED)
    yield CommandLines([f"visitsafe verify {state.ref}"])
    yield Say("Without visitsafe, ask for the bundle; its README says how ssh-keygen checks every entry:")
    yield CommandLines([f"visitsafe export {state.ref} --format bundle"])
    yield Say(f"Made {moment(to_text(now), zone)}. Plan {state.plan}. Local times: {zone}. {details}")
