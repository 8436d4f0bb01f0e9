"""From answers to the body that is signed, and whether a signed body carries what its answers raise. Pure.

Everything a reader needs later stands in the body. The id's nonce, the time and who the companions are come
from the caller. Whoever signs may use another program, so what a plan leaves out is found again when it is
read; an answer that is missing counts as passed over, which is the cautious reading.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from visitsafe.checklists.assessment import NONE, Answers, Value, assess, duties, shown, split, tokens, yes_no
from visitsafe.checklists.facts import Known, in_order
from visitsafe.checklists.model import (
    DUE_BACK,
    AnswerType,
    Question,
    ReviewChecklist,
    VisitField,
)
from visitsafe.checklists.questionnaire import (
    ChecklistSet,
    Questionnaire,
    cite,
)
from visitsafe.record.bodies import (
    LADDER_ALTERED,
    Attested,
    Companion,
    Control,
    Countersigning,
    Finding,
    Ladder,
    Made,
    Needs,
    PlanBody,
    Rung,
    Sealed,
    Visit,
)
from visitsafe.record.terms import Answer, Level
from visitsafe.state.ladder import MOST_GRACE, MOST_MINUTES, WORKER
from visitsafe.state.visit import MOST_STEPS
from visitsafe.text.clock import in_minutes, to_text


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What the practitioner has settled, from the wizard or an answers file.

    Attributes:
        answers: By question id, the visit's facts among them.
        controls: Control measures, each with the rule that it answers.
        standing: For standing answers taken over: when they were given (UTC text).
        urgent: Why the visit goes before it is countersigned; empty if it does not.
        repeats: The plan id that is repeated; empty if none.
        sealed: The practitioner's tracing details, sealed already; None if they have given none.
    """

    answers: Mapping[str, Value]
    controls: Sequence[Control] = ()
    standing: Mapping[str, str] = {}
    urgent: str = ""
    repeats: str = ""
    sealed: Sealed | None = None


def compose_plan(
    checklists: ChecklistSet,
    questionnaire: Questionnaire,
    intent: Intent,
    at: datetime,
    companion: Callable[[str], Companion],
    nonce: str = "",
    known: Known = Known(),  # noqa: B008 - a tuple, which nobody can change
) -> PlanBody:
    """The body of a plan.

    Args:
        checklists: The checklists that it is made with.
        questionnaire: Their questions and rules, compiled.
        intent: What the practitioner has settled; answers that do not apply are left out.
        at: When it is signed.
        companion: Finds a person who comes along in the roster.
        nonce: For a new plan: what its id was made of.
        known: What is known of the visit and its case: its notes stand among the findings, and its facts
            count for the rules.
    """
    questionnaire = questionnaire.knowing(known.facts)
    answers, _ = split(questionnaire, intent.answers)
    findings = assess(questionnaire, answers)
    facts, rest = _facts(questionnaire, answers)
    return PlanBody(
        visit=_visit(checklists, facts, companion),
        answers=questionnaire.kept(rest),
        findings=(*findings, *known.notes),
        controls=_controls(intent.controls, findings),
        sharing=duties(checklists.sharing, questionnaire, answers, at),
        standing=_standing(questionnaire, answers, intent.standing, at),
        shown=tuple(shown(questionnaire, name, value) for name, value in rest.items()),
        checklists=_made(checklists),
        ladder=ladder_for(checklists, findings, answers),
        urgent=intent.urgent,
        repeats=intent.repeats,
        nonce=nonce,
        sealed=intent.sealed,
        review=countersigning(checklists.review) if checklists.review else msgspec.UNSET,
        facts=in_order(known.facts) or msgspec.UNSET,
    )


def countersigning(review: ReviewChecklist) -> Countersigning:
    """What deciding goes by, as a plan carries it."""
    return Countersigning(
        id=review.id,
        attest=tuple(Attested(id=one.id, text=one.text) for one in review.attest),
        conditions=tuple(
            Needs(text=one.text, levels=one.levels, rules=one.rules) for one in review.conditions
        ),
    )


def _facts(
    questionnaire: Questionnaire, answers: Answers
) -> tuple[dict[VisitField, Value], dict[str, Value]]:
    facts: dict[VisitField, Value] = {}
    rest: dict[str, Value] = {}
    for question in questionnaire:
        if question.id not in answers:
            continue
        if question.fills:
            facts[question.fills] = answers[question.id]
        else:
            rest[question.id] = answers[question.id]
    return facts, rest


def answers_of(questionnaire: Questionnaire, body: PlanBody) -> dict[str, Value]:
    """The answers that a plan was made of, its visit's facts among them: the way back from `compose_plan`."""
    visit = body.visit
    facts: dict[VisitField, Value] = {
        VisitField.CASE: visit.case,
        VisitField.AREA: visit.area,
        VisitField.ADDRESS: visit.address,
        VisitField.START: visit.start,
        VisitField.DUE_BACK: visit.due_back,
        VisitField.PURPOSE: visit.purpose,
        VisitField.COMPANIONS: tuple(one.name for one in visit.companions)
        or (() if visit.nobody is True else ""),
    }
    filled = {question.id: facts[question.fills] for question in questionnaire if question.fills}
    return {**filled, **questionnaire.asked(body.answers)}


def _visit(
    checklists: ChecklistSet, facts: Mapping[VisitField, Value], companion: Callable[[str], Companion]
) -> Visit:
    def text(field: VisitField) -> str:
        value = facts.get(field, "")
        return value if isinstance(value, str) else "; ".join(value)

    names = facts.get(VisitField.COMPANIONS, "")
    return Visit(
        case=text(VisitField.CASE),
        area=text(VisitField.AREA),
        address=text(VisitField.ADDRESS),
        start=text(VisitField.START),
        due_back=text(VisitField.DUE_BACK),
        purpose=text(VisitField.PURPOSE),
        companions=tuple(map(companion, names)) if isinstance(names, tuple) else (),
        nobody=True if names == () else msgspec.UNSET,
        person_visited=checklists.visit.person_visited,
    )


def _controls(controls: Sequence[Control], findings: Sequence[Finding]) -> tuple[Control, ...]:
    """Control measures whose finding has gone are gone too."""
    raised = {finding.rule for finding in findings}
    return tuple(control for control in controls if control.rule in raised)


def is_safe(question: Question, value: Value) -> bool:
    """Whether an answer may stand: an unsafe or unsure one is asked again the next time."""
    return value != Answer.NOT_SURE and question.worse not in tokens(question, value)


def _standing(
    questionnaire: Questionnaire, answers: Answers, given: Mapping[str, str], at: datetime
) -> dict[str, str]:
    """When each standing answer of this plan was given: earlier, or now."""
    return {
        question.meaning: given.get(question.id, to_text(at))
        for question in questionnaire
        if question.valid_for and question.id in answers and is_safe(question, answers[question.id])
    }


def standing_in_date(
    questionnaire: Questionnaire, last: PlanBody, now: datetime
) -> dict[str, tuple[str, str]]:
    """Of a plan's standing answers those that still hold: question id to the answer and when it was given."""
    answers, given = questionnaire.asked(last.answers), questionnaire.asked(last.standing)
    return {
        one.id: (str(answers[one.id]), given[one.id])
        for one in questionnaire
        if one.valid_for
        and one.id in answers
        and is_safe(one, answers[one.id])
        and to_text(now - timedelta(days=one.valid_for)) <= given.get(one.id, "") <= to_text(now)
    }


def _made(checklists: ChecklistSet) -> tuple[Made, ...]:
    used = (
        checklists.visit,
        checklists.should_not,
        checklists.sharing,
        checklists.review,
        checklists.escalation,
    )
    return tuple(
        Made(id=checklist.id, version=checklist.version, digest=checklists.digests[checklist.id])
        for checklist in used
        if checklist is not None
    )


def _people(question: str | None, answers: Answers) -> tuple[str, ...]:
    """Those whom the answer to a question names; nobody where it was not asked."""
    named = answers.get(question or "", ())
    return named if isinstance(named, tuple) else ()


def ladder_for(checklists: ChecklistSet, findings: Sequence[Finding], answers: Answers) -> Ladder | None:
    """The escalation for a plan with these findings and answers; None if the checklist has none."""
    escalation = checklists.escalation
    if escalation is None:
        return None
    return Ladder(
        grace_minutes=escalation.grace_minutes,
        high_risk=any(finding.level in escalation.high_risk_levels for finding in findings),
        start=escalation.high_risk_step,
        steps=tuple(
            Rung(
                id=step.id,
                after=step.after,
                who=(*_people(step.person, answers), *map(str, step.who)),
                do=step.do,
                source=cite(step.source),
                acknowledge=step.acknowledge,
                counts_from=msgspec.UNSET if step.counts_from == DUE_BACK else step.counts_from,
                missing=step.missing or msgspec.UNSET,
            )
            for step in escalation.steps
        ),
    )


def ladder_altered(body: PlanBody, made: Ladder | None) -> Finding | None:
    """The finding that a plan was signed with a ladder of somebody's own, by which others may hear too late.

    Args:
        body: The plan.
        made: The ladder that its checklist makes of it; None if that is not known here. Then only what no
            checklist allows is found.
    """
    ladder = body.ladder
    if ladder is None or ladder == made:
        return None
    if made is None and not _is_absurd(ladder):
        return None
    late = [rung for rung in ladder.steps if not rung.early]  # a step that counts from the start only tells
    others = [rung.after + ladder.grace_minutes for rung in late if set(rung.who) != {WORKER}]
    told = "by it nobody but the worker is ever told"
    if others:
        told = f"by it nobody but the worker is told until {_after_due(min(others))}"
    text = f"the escalation that was signed with this plan is not its checklist's: {told}"
    return Finding(rule=LADDER_ALTERED, level=Level.STOP, text=text, source="")


def _after_due(minutes: int) -> str:
    return f"{in_minutes(minutes)} after the time due back" if minutes > 0 else "the time due back"


def _is_absurd(ladder: Ladder) -> bool:
    minutes = [rung.after for rung in ladder.steps]
    return (
        not 0 < len(minutes) <= MOST_STEPS
        or not 0 <= ladder.grace_minutes <= MOST_GRACE
        or any(abs(one) > MOST_MINUTES for one in minutes)
        or not any(rung.acknowledge and not rung.early for rung in ladder.steps)
    )


def left_out(questionnaire: Questionnaire, body: PlanBody) -> tuple[Finding, ...]:
    """The stop and control findings that the plan's answers raise and the plan does not carry, worst first.

    A finding that stands in the plan with a milder level than its rule's is left out too.
    """
    given = answers_of(questionnaire, body)
    answers = {question.id: _fitting(question, given.get(question.id, "")) for question in questionnaire}
    carried = {finding.rule: finding.level.weight for finding in body.findings}
    return tuple(
        finding
        for finding in assess(questionnaire, answers)
        if finding.level is not Level.NOTE and carried.get(finding.rule, len(Level)) > finding.level.weight
    )


def _fitting(question: Question, value: Value) -> Value:
    """The answer, or none at all if it is not one that the question offers."""
    choices = {choice.id for choice in question.choices} | {NONE}
    match question.answer:
        case AnswerType.YES_NO:
            fits = value in yes_no(question)
        case AnswerType.ACKNOWLEDGE:
            fits = value in {Answer.YES, Answer.NO}
        case AnswerType.CHOICE:
            fits = isinstance(value, str) and value in choices
        case AnswerType.CHOICES:
            fits = isinstance(value, tuple) and set(value) <= choices
        case AnswerType.PEOPLE:
            fits = isinstance(value, tuple)
        case _:
            fits = isinstance(value, str)
    return value if fits else ""
