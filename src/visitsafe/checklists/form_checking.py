"""What holds for a form beyond what holds for any flow of questions.

A form becomes one entry about what was: it fills no fact of a visit, keeps no standing answer, computes
nothing, and its rules point something out without weighing it. Quick enough to run before every form.
"""

from collections.abc import Iterator

from visitsafe.checklists.checklist import AnswerType, Question
from visitsafe.checklists.form_flow import FormSet
from visitsafe.checklists.forms import FormChecklist
from visitsafe.checklists.problem import Path, Problem, by_cause, place_form
from visitsafe.checklists.references import flow_references, repeated_own_ids
from visitsafe.record.kinds import Level

NOT_HERE = {
    "fills": "a form fills no fact of a visit: leave fills out",
    "valid_for": "a form keeps no standing answers: leave valid_for out",
    "propose": "nothing is computed for a form: leave propose out",
}
"""Keys of a question that only a visit checklist has."""


def form_references(form_set: FormSet) -> list[Problem]:
    """What is wrong with the ids, questions, conditions and rules of a form, in no particular order."""
    problems = [*flow_references(place_form(form_set), "form")]
    problems += [problem.below("form") for problem in _only_a_form(form_set.form)]
    return by_cause(problems)


def form_alone(form: FormChecklist) -> Iterator[Problem]:
    """What can be said about the file of a form by itself."""
    yield from repeated_own_ids(form)
    yield from _only_a_form(form)


def _only_a_form(form: FormChecklist) -> Iterator[Problem]:
    for i, section in enumerate(form.sections):
        for j, question in enumerate(section.questions):
            yield from _question(("sections", i, "questions", j), question)
    for i, rule in enumerate(form.rules):
        if rule.level is not Level.NOTE:
            sentence = f"a form points something out and weighs nothing: write level: {Level.NOTE}"
            yield Problem(("rules", i, "level"), sentence)
        if rule.suggest:
            sentence = "a form has no control measures: leave suggest out, and say it in the text"
            yield Problem(("rules", i, "suggest"), sentence, at_key=True)


def _question(path: Path, question: Question) -> Iterator[Problem]:
    for key, sentence in NOT_HERE.items():
        if getattr(question, key) is not None:
            yield Problem((*path, key), sentence, at_key=True)
    if question.answer is AnswerType.ACKNOWLEDGE:
        sentence = "a rule to keep in mind belongs before a visit: ask a question with another answer"
        yield Problem((*path, "answer"), sentence)
