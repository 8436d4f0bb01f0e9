"""Whether a signed plan carries the findings that its answers raise: whoever signs may use another program.

Pure. The questionnaire must be the one that the plan was made with. An answer that is missing, or that
its question does not offer, counts as passed over, which is the cautious reading.
"""

from visitsafe.checklists.assessment import NONE, Value, assess, yes_no
from visitsafe.checklists.model import AnswerType, Question
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.planning.composing import answers_of
from visitsafe.record.bodies import LADDER_ALTERED, Finding, Ladder, PlanBody
from visitsafe.record.terms import Answer, Level
from visitsafe.state.ladder import MOST_GRACE, MOST_MINUTES, WORKER
from visitsafe.state.visit import MOST_STEPS
from visitsafe.text.clock import in_minutes


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
