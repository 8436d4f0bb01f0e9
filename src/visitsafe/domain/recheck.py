"""Whether a signed plan carries the findings that its answers raise: whoever signs may use another program.

Pure. The questionnaire must be the one that the plan was made with. An answer that is missing, or that
its question does not offer, counts as passed over, which is the cautious reading.
"""

from visitsafe.domain.assessment import NONE, Value, assess, yes_no
from visitsafe.domain.checklist import AnswerType, Question
from visitsafe.domain.composing import answers_of
from visitsafe.domain.plan import Finding, PlanBody
from visitsafe.domain.questionnaire import Questionnaire
from visitsafe.domain.terms import Answer, Level


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
