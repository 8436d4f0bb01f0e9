"""The staff-supervision page: a plan and its decision as CommonMark, for a manager with little time.

Rules: the first paragraph says all that matters; whatever was signed stands as literal text; only headings,
lists, quotations and paragraphs, which every reader of markdown shows. Personal details stay out unless
asked for. Nothing is scored. What was asked, signed and cited stands in `page_sections`.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo

import msgspec

from visitsafe.checklists.facts import differing, in_order, with_answer
from visitsafe.checklists.library import marked, marked_body, past_review
from visitsafe.record.bodies import DecidedBody, Finding, KnownFact, PlanBody
from visitsafe.record.terms import Decision, Level, Status
from visitsafe.state.entry_words import sealed_words
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import set_out_words, went_without
from visitsafe.state.phrases import (
    DECISION_WORDS,
    LEVEL_WORDS,
    answering,
    called,
    otherwise_went,
    plain_words,
    unanswered,
    who_goes,
    worst_first,
)
from visitsafe.state.rules import Judged
from visitsafe.state.visit_words import stage_words
from visitsafe.supervision.page_followup import after_the_visit, in_short
from visitsafe.supervision.page_record import Cited, how_to_check, record, sources
from visitsafe.supervision.page_sections import (
    Prompt,
    bullets,
    cited,
    escalation,
    for_supervision,
    questions,
    quotation,
    sharing,
)
from visitsafe.supervision.page_visit import how_it_was_watched, on_the_way
from visitsafe.supervision.shapes import without_details
from visitsafe.text.clean import markdown, markdown_line
from visitsafe.text.clock import day, moment, span, to_text

__all__ = ["Cited", "Prompt", "supervision_page"]


def supervision_page(
    state: PlanState,
    now: datetime,
    zone: tzinfo,
    prompts: Sequence[Prompt] = (),
    documents: Sequence[Cited] = (),
    verification: Sequence[str] = (),
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
        verification: Sentences about what was checked when this page was made.
        include_details: With the address.
        facts: What is known now, for a manager of a visit that is not over.
    """
    state = state if include_details else without_details(state)
    past = past_review(documents, now.date())
    state = msgspec.structs.replace(state, body=marked_body(state.body, past))
    prompts = [prompt._replace(source=marked(prompt.source, past)) for prompt in prompts]
    blocks = [
        f"# Visit plan {state.ref}",
        *_does_not_hold(state),
        _in_short(state, now, zone),
        *_planned(state, now, zone),
        *_known(state.body, facts),
        *_findings(state.body),
        *_controls(state.body),
        *_decision(state, zone),
        *on_the_way(state, now, zone),
        *how_it_was_watched(state, now, zone),
        *after_the_visit(state, now, zone),
        *sharing(state, now, zone),
        *for_supervision(prompts),
        *questions(state.body, now, zone),
        *escalation(state, zone),
        *record(state, verification),
        *sources(state.body, prompts, documents, now),
        *how_to_check(state, now, zone, include_details=include_details),
    ]
    return "\n\n".join(blocks) + "\n"


def _does_not_hold(state: PlanState) -> list[str]:
    if not state.problems:
        return []
    return [
        "**Do not rely on this page. Something in its record does not hold:**",
        bullets(markdown(problem, "  ") for problem in state.problems),
    ]


def _in_short(state: PlanState, now: datetime, zone: tzinfo) -> str:
    """How it stands, whether somebody set out all the same, who, which case, when, and the worst finding."""
    visit = state.body.visit
    who, case = markdown_line(state.author.person.name), markdown_line(visit.case)
    place = f" ({markdown_line(visit.area)})" if visit.area.strip() else ""
    goes, when = markdown_line(who_goes(state.body)), span(visit.start, visit.due_back, zone)
    verb = "planned" if state.visit.reports or state.started(to_text(now)) else "plans"
    plans = f"{who} {verb} to visit case {case}{place}, {goes}, on {when}."
    if otherwise := otherwise_went(state):
        plans += f" **As reported since: {markdown_line(otherwise)}.**"
    stage = markdown_line(stage_words(state, now, zone))
    gone = [f"On the way: **{stage}**{'' if stage.endswith('?') else '.'}"] if stage else []
    after = [in_short(state)] if in_short(state) else []
    return " ".join(
        [_standing(state, now, zone), *_without(state, who), *gone, plans, *after, *_worst(state.body)]
    )


def _without(state: PlanState, who: str) -> list[str]:
    """That the worker set out although no manager agrees, and why they say that it could not wait."""
    if not went_without(state):
        return []
    words, reason = set_out_words(state)
    return [f"**{who} {markdown_line(words)}:** {_sentence(reason)}"]


def _standing(state: PlanState, now: datetime, zone: tzinfo) -> str:
    """How it stands, and by whom."""
    if state.decision is None or state.decided is None or state.status is Status.WITHDRAWN:
        words = plain_words(state, now)
        return f"**{words[0].upper()}{words[1:]}.**"
    count = len(state.decided.conditions)
    then = {
        Decision.RETURN: ": something has to change first",
        Decision.REFUSE: ": this visit does not go ahead",
    }
    follows = then.get(
        state.decided.decision, f", on {count} condition{'s' if count > 1 else ''}" if count else ""
    )
    on = day(state.decision.entry.content.at, zone)
    word = DECISION_WORDS[state.decided.decision]
    return f"**{word}** by {markdown_line(state.decision.name)} on {on}{follows}."


def _worst(body: PlanBody) -> list[str]:
    findings = [one for one in worst_first(body) if not one.from_before]
    if not findings:
        return ["The checklist raised no findings."]
    sentences = [f"Worst finding ({LEVEL_WORDS[findings[0].level].lower()}): {_sentence(findings[0].text)}"]
    if count := len(unanswered(body)):
        sentences.append(
            f"{count} {'finding has' if count == 1 else 'findings have'} no control measure yet."
        )
    return sentences


def _sentence(text: str) -> str:
    line = markdown_line(text)
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _planned(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
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
    lines = [f"{label}: {markdown(text, '  ')}" for label, text in facts if text.strip()]
    return ["## What was planned, and why", bullets(lines)]


def _known(body: PlanBody, now: Sequence[KnownFact]) -> list[str]:
    """What was worked out or on record when it was signed, whatever was answered, and what differs now."""
    since = [f"**Since it was signed:** {markdown_line(one.text)}" for one in differing(body, now)]
    lines = [*since, *(markdown_line(with_answer(body, one)) for one in in_order(body.known))]
    return ["## What was known", bullets(lines)] if lines else []


def _findings(body: PlanBody) -> list[str]:
    if not body.findings:
        return ["## Findings", "None: no answer raised a rule of the checklist."]
    return ["## Findings", bullets(_finding(body, finding) for finding in worst_first(body))]


def _finding(body: PlanBody, finding: Finding) -> str:
    answers = [
        f"Answered by: {markdown_line(control.text)} ({markdown_line(control.who) or 'nobody named'})"
        for control in answering(finding, body.controls)
    ]
    if not answers and finding.level is not Level.NOTE:
        answers = ["**Nothing in the plan answers this.**"]
    because = "; ".join(markdown_line(reason) for reason in finding.because)
    details = [*([f"Because: {because}"] if because else []), *answers, cited(finding.source)]
    return "\n".join(
        [
            f"**{LEVEL_WORDS[finding.level]}.** {markdown_line(finding.text)}",
            *(f"  - {detail}" for detail in details),
        ]
    )


def _controls(body: PlanBody) -> list[str]:
    if not body.controls:
        return ["## Control measures", "None was chosen."]
    by_person: dict[str, list[str]] = {}
    for control in body.controls:
        by_person.setdefault(markdown_line(control.who) or "Nobody named", []).append(control.text)
    people = (
        "\n".join([f"{who}:", *(f"  - {markdown(text, '    ')}" for text in texts)])
        for who, texts in by_person.items()
    )
    return ["## Control measures: who does what", bullets(people)]


def _decision(state: PlanState, zone: tzinfo) -> list[str]:
    blocks = ["## The manager's decision"]
    if state.decision is None or state.decided is None:
        blocks.append("No manager has decided on this version.")
    else:
        blocks += _decided(state.decision, state.decided, zone)
        if state.decided.of != state.version.id:
            blocks.append(
                "This was decided on an earlier version, and whoever decided since then had not seen it. "
                "Being the more cautious, it stands until a manager who has seen both decides again."
            )
    if state.rivals:
        blocks.append(
            "The practitioner signed other versions at the same time, without having seen this one: "
            + ", ".join(f"`{name}`" for name in state.rivals)
        )
    return blocks + _earlier(state, zone)


def _decided(decision: Judged, body: DecidedBody, zone: tzinfo) -> list[str]:
    blocks = [
        _by_whom(body, decision, zone) + ".",
        "Reasons, in the manager's own words:",
        quotation(body.rationale),
    ]
    if body.conditions:
        blocks += ["It holds only on these conditions:", bullets(markdown(c, "  ") for c in body.conditions)]
    if body.purpose_met.strip():
        blocks += ["How the purpose of the visit will be met instead:", quotation(body.purpose_met)]
    if body.attested:
        blocks += ["The manager confirmed:", bullets(markdown(one.text, "  ") for one in body.attested)]
    if body.decision is Decision.COUNTERSIGN:
        blocks.append("It obliges nobody to go in or to stay: the worker can stop the visit at any time.")
    return blocks


def _earlier(state: PlanState, zone: tzinfo) -> list[str]:
    """The decisions that counted and are no longer in force."""
    earlier = [
        f"{_by_whom(one.body, one, zone)}: {markdown(one.body.rationale, '  ')}"
        for one in state.judged
        if isinstance(one.body, DecidedBody) and not one.why_not and one != state.decision
    ]
    return (
        ["Other decisions on this plan, no longer or not yet in force:", bullets(earlier)] if earlier else []
    )


def _by_whom(body: DecidedBody, decision: Judged, zone: tzinfo) -> str:
    at = moment(decision.entry.content.at, zone)
    return f"{DECISION_WORDS[body.decision]} by {markdown_line(decision.name)}, {at}"
